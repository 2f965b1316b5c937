package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;

import akka.http.javadsl.model.HttpRequest;
import io.flashsale.item.ItemId;
import io.flashsale.sale.Boards;
import io.flashsale.user.UserReply;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A storm on an item that is held: who is asked, and who is refused unasked. */
class CheckoutHeldTest extends WithCheckoutRoutes {

  private static final Duration REMEMBERED = Duration.ofMillis(100);

  @Test
  void aHeldItemCostsOneQuestionIn100Milliseconds() {
    usersRefuse(UserReply.Reason.ITEM_RESERVED);

    for (int i = 0; i < 10; i++) {
      for (int user = 0; user < 1_000; user++) {
        refused(checkOut(user, 1));
      }
      pass(REMEMBERED);
    }

    assertThat(asked).hasSize(10);
  }

  @Test
  void otherItemsAreAskedForMeanwhile() {
    usersRefuse(UserReply.Reason.ITEM_RESERVED);
    refused(checkOut(1, 1));

    refused(checkOut(2, 2));
    refused(checkOut(3, 0));

    assertThat(asked).hasSize(3);
  }

  @Test
  void itIsRememberedFrom100MillisecondsAfterTheAnswer() {
    CompletableFuture<UserReply> answer = usersThink();
    var first = routes().handle(checkOut(1, 1));
    pass(REMEMBERED.multipliedBy(5));
    answer.complete(new UserReply.Rejected(UserReply.Reason.ITEM_RESERVED));
    refused(join(first));

    pass(REMEMBERED.minusNanos(1));
    refused(checkOut(2, 1));
    assertThat(asked).hasSize(1);

    pass(Duration.ofNanos(1));
    refused(checkOut(3, 1));
    assertThat(asked).hasSize(1 + 1);
  }

  @Test
  void othersAreRefusedWhileOneAsks() {
    mark(1);
    pass(REMEMBERED);
    CompletableFuture<UserReply> answer = usersThink();

    var asker = routes().handle(checkOut(1, 1));
    refused(checkOut(2, 1));
    pass(REMEMBERED.minusNanos(1));
    refused(checkOut(3, 1));
    assertThat(asked).hasSize(2);

    answer.complete(new UserReply.CheckedOut(CODE, List.of(1), EXPIRES));
    assertThat(join(asker).status().intValue()).isEqualTo(200);
  }

  @Test
  void anotherAsksIfTheFirstHasNoAnswerIn100Milliseconds() {
    mark(1);
    pass(REMEMBERED);
    CompletableFuture<UserReply> answer = usersThink();
    var slow = routes().handle(checkOut(1, 1));

    pass(REMEMBERED);
    var next = routes().handle(checkOut(2, 1));

    assertThat(asked).hasSize(3);
    answer.complete(new UserReply.Rejected(UserReply.Reason.ITEM_RESERVED));
    refused(join(slow));
    refused(join(next));
  }

  /** Whoever is at his limit, for instance, cannot keep others from an item that is free. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "ITEM_RESERVED")
  void anyOtherAnswerIsTheEndOfIt(UserReply.Reason reason) {
    mark(1);
    pass(REMEMBERED);

    usersRefuse(reason);
    answer(checkOut(1, 1));
    usersSay(new UserReply.CheckedOut(CODE, List.of(1), EXPIRES));

    assertThat(answer(checkOut(2, 1)).status().intValue()).isEqualTo(200);
  }

  @Test
  void noAnswerIsTheEndOfItToo() {
    mark(1);
    pass(REMEMBERED);

    reply = CompletableFuture.failedFuture(new TimeoutException("ask"));
    problem(answer(checkOut(1, 1)), 503, "outcome-unknown");
    problem(answer(checkOut(2, 1)), 503, "outcome-unknown");

    assertThat(asked).hasSize(3);
  }

  @Test
  void thatNobodyCanBeAskedIsTheEndOfItToo() {
    mark(1);
    pass(REMEMBERED);

    CheckoutRoutes unable =
        new CheckoutRoutes(
            availability,
            Access.OPEN,
            board,
            (_, _) -> {
              throw new IllegalStateException("secret of the server");
            },
            pastSales,
            akka.stream.Materializer.matFromSystem(testKit.system()),
            held,
            REMEMBERED);
    problem(answer(unable, checkOut(1, 1)), 503, "outcome-unknown");
    refused(checkOut(2, 1));

    assertThat(asked).hasSize(2);
  }

  @Test
  void whoeverGotTheItemIsFollowedByAQuestion() {
    mark(1);
    pass(REMEMBERED);

    usersSay(new UserReply.CheckedOut(CODE, List.of(1), EXPIRES));
    assertThat(answer(checkOut(1, 1)).status().intValue()).isEqualTo(200);
    usersRefuse(UserReply.Reason.ITEM_RESERVED);
    refused(checkOut(2, 1));
    refused(checkOut(3, 1));

    assertThat(asked).hasSize(3);
  }

  // ---------------------------------------------------------------- what goes before

  @Test
  void soldIsSaidOfAnItemThatWasHeld() {
    mark(1);

    board.sold().add(new ItemId(3, 1));

    problem(answer(checkOut(1, 1)), 409, "item-sold");
  }

  @Test
  void aRequestWithAKeyIsAlwaysAskedAndLeavesNoMark() {
    usersRefuse(UserReply.Reason.ITEM_RESERVED);
    refused(keyed(checkOut(1, 1), "key"));
    mark(1);

    refused(keyed(checkOut(1, 1), "key"));
    refused(keyed(checkOut(1, 1), "key"));

    assertThat(asked).hasSize(4);
  }

  /** Otherwise whoever gives keys would keep it refused, or free, for all the others. */
  @Test
  void theAnswerToARequestWithAKeyRemovesNoMark() {
    mark(1);
    usersRefuse(UserReply.Reason.LIMIT_REACHED);

    answer(keyed(checkOut(1, 1), "key"));

    refused(checkOut(2, 1));
    assertThat(asked).hasSize(2);
  }

  @Test
  void anAdditionIsAlwaysAskedAndLeavesNoMark() {
    HttpRequest addition = post("/checkout?user_id=7&item_id=1&code=" + CODE);
    usersRefuse(UserReply.Reason.ITEM_RESERVED);
    refused(addition);
    mark(1);

    refused(addition);

    assertThat(asked).hasSize(3);
  }

  @Test
  void theNextSaleBeginsWithoutMarks() {
    mark(1);
    var next = sale(4, NOON, 2);

    refused(answer(routes(Boards.showing(clock(), next, null, List.of(OPEN))), checkOut(1, 1)));
    assertThat(asked).hasSize(2);
    refused(answer(routes(Boards.showing(clock(), next, null, List.of(OPEN))), checkOut(2, 1)));
    assertThat(asked).hasSize(2);
  }

  // ---------------------------------------------------------------- several items

  @Test
  void aCheckoutIsRefusedIfOneOfItsItemsIsHeld() {
    mark(2);

    refused(checkOut(1, 1, 2, 3));

    assertThat(asked).hasSize(1);
  }

  @Test
  void oneHeldItemKeepsACheckoutFromAskingForAnotherThatIsDue() {
    mark(1);
    pass(REMEMBERED.dividedBy(2));
    mark(2);
    pass(REMEMBERED.dividedBy(2));

    refused(checkOut(1, 1, 2));
    assertThat(asked).hasSize(2);

    refused(checkOut(2, 1)); // it is still due
    assertThat(asked).hasSize(3);
  }

  /** It is not said which of them is held. */
  @Test
  void aCheckoutOfSeveralItemsMarksNone() {
    usersRefuse(UserReply.Reason.ITEM_RESERVED);
    refused(checkOut(1, 1, 2));

    refused(checkOut(2, 1));
    refused(checkOut(3, 2));

    assertThat(asked).hasSize(3);
  }

  /** Or whoever names a free item together with a held one could keep it refused. */
  @Test
  void aCheckoutOfSeveralItemsThatAskedInVainLeavesNoMark() {
    mark(1);
    pass(REMEMBERED);
    usersRefuse(UserReply.Reason.ITEM_RESERVED);
    refused(checkOut(1, 1, 2));

    usersSay(new UserReply.CheckedOut(CODE, List.of(1), EXPIRES));

    assertThat(answer(checkOut(2, 1)).status().intValue()).isEqualTo(200);
  }

  @Test
  void othersAreRefusedWhileACheckoutOfSeveralItemsAsks() {
    mark(1);
    mark(2);
    pass(REMEMBERED);
    CompletableFuture<UserReply> answer = usersThink();

    var asker = routes().handle(checkOut(1, 1, 2, 3));
    refused(checkOut(2, 1));
    refused(checkOut(3, 2, 4));
    assertThat(asked).hasSize(3);

    answer.complete(new UserReply.Rejected(UserReply.Reason.LIMIT_REACHED));
    problem(join(asker), 409, "limit-reached");
  }

  // ---------------------------------------------------------------- shorthands

  private void mark(int item) {
    usersRefuse(UserReply.Reason.ITEM_RESERVED);
    refused(checkOut(99, item));
  }

  private CompletableFuture<UserReply> usersThink() {
    var answer = new CompletableFuture<UserReply>();
    reply = answer;
    return answer;
  }

  private void pass(Duration time) {
    nanoTime.addAndGet(time.toNanos());
  }

  private void refused(HttpRequest request) {
    refused(answer(request));
  }

  private static void refused(akka.http.javadsl.model.HttpResponse response) {
    problem(response, 409, "item-reserved");
  }

  private static HttpRequest checkOut(int user, int... items) {
    StringBuilder uri = new StringBuilder("/checkout?user_id=" + user);
    for (int item : items) {
      uri.append("&item_id=").append(item);
    }
    return post(uri.toString());
  }
}
