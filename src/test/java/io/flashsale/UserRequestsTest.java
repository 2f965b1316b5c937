package io.flashsale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.cluster.sharding.typed.testkit.javadsl.TestEntityRef;
import io.flashsale.user.User;
import io.flashsale.user.UserCommand;
import io.flashsale.user.UserCommand.CheckOut;
import io.flashsale.user.UserCommand.Purchase;
import io.flashsale.user.UserCommand.Show;
import io.flashsale.user.UserCommand.Terms;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import io.flashsale.user.UserReply.Reason;
import io.flashsale.user.UserReply.Rejected;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Between nodes a request may get lost: it is sent again, and done once. */
class UserRequestsTest {

  private static final TestNode NODE = new TestNode();
  private static final UserId USER = new UserId(1, 7);
  private static final UUID CODE = new UUID(1, 1);
  private static final UUID KEY = new UUID(1, 2);
  private static final Duration WITHIN = Duration.ofMillis(2_500);
  private static final Duration AGAIN = Duration.ofSeconds(1);
  private static final Terms TERMS = new Terms(10, WITHIN);

  private final TestProbe<UserCommand> user = NODE.probe();

  @AfterAll
  static void stop() {
    NODE.close();
  }

  private UserRequests requests(@Nullable Duration again) {
    return new UserRequests(
        _ -> TestEntityRef.of(User.TYPE, USER.toString(), user.getRef()),
        NODE.system().scheduler(),
        WITHIN,
        again);
  }

  private CompletableFuture<UserReply> checkOut(UserRequests requests, @Nullable UUID key) {
    return requests
        .ask(USER, replyTo -> new CheckOut(List.of(3), null, key, TERMS, replyTo))
        .toCompletableFuture();
  }

  @Test
  void whatIsNotAnsweredIsSentAgainUnderItsKey() {
    var answer = checkOut(requests(AGAIN), KEY);
    CheckOut first = user.expectMessageClass(CheckOut.class);
    assertThat(first.key()).isEqualTo(KEY);

    NODE.pass(AGAIN);

    user.expectMessage(first);
    UserReply reply = new UserReply.Released(CODE);
    first.replyTo().tell(reply);
    assertThat(answer.join()).isEqualTo(reply);
    NODE.pass(AGAIN);
    user.expectNoMessage();
  }

  @Test
  void whatHasNoKeyGetsOne() {
    var requests = requests(AGAIN);
    var _ = checkOut(requests, null);
    requests.ask(USER, replyTo -> new Purchase(CODE, null, replyTo));

    CheckOut checkOut = user.expectMessageClass(CheckOut.class);
    Purchase purchase = user.expectMessageClass(Purchase.class);

    assertThat(checkOut.key()).isNotNull().isNotEqualTo(purchase.key());
    assertThat(purchase.key()).isNotNull();
    NODE.pass(AGAIN);
    assertThat(List.of(user.receiveMessage(), user.receiveMessage()))
        .containsExactlyInAnyOrder(checkOut, purchase);
  }

  @Test
  void failsIfNobodyAnswers() {
    var answer = checkOut(requests(AGAIN), KEY);
    NODE.pass(AGAIN.multipliedBy(2));
    user.receiveSeveralMessages(3);

    assertThat(answer).isNotDone();
    NODE.pass(WITHIN.minus(AGAIN.multipliedBy(2)));

    assertThatThrownBy(answer::join).hasCauseInstanceOf(TimeoutException.class);
    NODE.pass(WITHIN);
    user.expectNoMessage();
  }

  @Test
  void anAttemptForWhichAnItemIsTooLateIsFollowedByAnotherOne() {
    var answer = checkOut(requests(AGAIN), KEY);
    UserReply late = new Rejected(Reason.OVERLOADED);
    user.expectMessageClass(CheckOut.class).replyTo().tell(late);

    CheckOut second = user.expectMessageClass(CheckOut.class);
    assertThat(second.key()).isEqualTo(KEY);
    assertThat(answer).isNotDone();
    second.replyTo().tell(late);

    assertThat(answer.join()).isEqualTo(late);
    NODE.pass(AGAIN);
    user.expectNoMessage();
  }

  @Test
  void onANodeThatIsAloneNoOtherAttemptIsMade() {
    var answer = checkOut(requests(null), KEY);
    UserReply late = new Rejected(Reason.OVERLOADED);

    user.expectMessageClass(CheckOut.class).replyTo().tell(late);

    assertThat(answer.join()).isEqualTo(late);
    user.expectNoMessage();
  }

  @Test
  void whatDoesNothingIsSentOnce() {
    requests(AGAIN).ask(USER, replyTo -> new Show(CODE, replyTo));
    user.expectMessageClass(Show.class);

    NODE.pass(AGAIN);

    user.expectNoMessage();
  }

  @Test
  void onANodeThatIsAloneNothingGetsLostAndNoKeyIsMade() {
    var _ = checkOut(requests(null), null);

    assertThat(user.expectMessageClass(CheckOut.class).key()).isNull();
    NODE.pass(AGAIN);
    user.expectNoMessage();
  }
}
