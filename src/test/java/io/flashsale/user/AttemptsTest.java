package io.flashsale.user;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.typed.ActorRef;
import io.flashsale.TestNode;
import io.flashsale.tracing.Step;
import io.flashsale.user.UserCommand.CheckOut;
import io.flashsale.user.UserCommand.Terms;
import io.flashsale.user.UserReply.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class AttemptsTest {

  private static final TestNode NODE = new TestNode();
  private static final ActorRef<UserReply> CLIENT = NODE.<UserReply>probe().getRef();
  private static final UUID CODE = new UUID(0, 1);
  private static final UUID KEY = new UUID(9, 1);
  private static final Instant EXPIRES_AT = Instant.parse("2026-03-01T12:01:00Z");

  private final Attempts attempts = new Attempts();

  @AfterAll
  static void stop() {
    NODE.close();
  }

  @Test
  void nothingIsRefusedAtFirst() {
    assertThat(attempts.refusal(UserState.EMPTY, wanted(null, 1, 2, 3))).isNull();
  }

  @Test
  void anAttemptWaitsForEachOfItsItems() {
    CheckOut request = wanted(KEY, 1, 2);
    attempts.begin(11, CODE, EXPIRES_AT, request, Step.NONE);

    Attempts.Attempt attempt = attempt(11);

    assertThat(attempt.unanswered()).containsExactlyInAnyOrder(1, 2);
    assertThat(attempt.code()).isEqualTo(CODE);
    assertThat(attempt.expiresAt()).isEqualTo(EXPIRES_AT);
    assertThat(attempt.request()).isEqualTo(request);
    assertThat(attempt.isAddition()).isFalse();
    assertThat(attempts.get(12)).isNull();
  }

  @Test
  void anAttemptUnderACodeIsAnAddition() {
    attempts.begin(
        11, CODE, EXPIRES_AT, new CheckOut(List.of(1), CODE, null, terms(), CLIENT), Step.NONE);

    assertThat(attempt(11).isAddition()).isTrue();
  }

  @Test
  void anAttemptIsRemovedOnce() {
    attempts.begin(11, CODE, EXPIRES_AT, wanted(null, 1), Step.NONE);

    assertThat(attempts.remove(11)).isNotNull();
    assertThat(attempts.remove(11)).isNull();
    assertThat(attempts.get(11)).isNull();
  }

  @Test
  void clearForgetsAll() {
    attempts.begin(11, CODE, EXPIRES_AT, wanted(KEY, 1, 2, 3), Step.NONE);
    attempts.begin(12, CODE, EXPIRES_AT, wanted(null, 4, 5), Step.NONE);

    attempts.clear();

    assertThat(attempts.get(11)).isNull();
    assertThat(attempts.refusal(UserState.EMPTY, wanted(KEY, 1, 2, 3, 4, 5))).isNull();
  }

  @Test
  void theLimitCountsAllThatIsPending() {
    attempts.begin(11, CODE, EXPIRES_AT, wanted(null, 1, 2), Step.NONE);
    attempts.begin(12, CODE, EXPIRES_AT, wanted(null, 3), Step.NONE);

    assertThat(attempts.refusal(UserState.EMPTY, wanted(null, 4, 5))).isNull();
    assertThat(attempts.refusal(UserState.EMPTY, wanted(null, 4, 5, 6)))
        .isEqualTo(Reason.LIMIT_REACHED);
  }

  @Test
  void theLimitCountsWhatIsHeldAndBoughtToo() {
    UserState state = held(4, 5);
    attempts.begin(11, CODE, EXPIRES_AT, wanted(null, 1, 2), Step.NONE);

    assertThat(attempts.refusal(state, wanted(null, 3))).isNull();
    assertThat(attempts.refusal(state, wanted(null, 3, 6))).isEqualTo(Reason.LIMIT_REACHED);
    assertThat(attempts.refusal(bought(state), wanted(null, 3, 6))).isEqualTo(Reason.LIMIT_REACHED);
  }

  @Test
  void itemsOfTheUserAreReservedOrSold() {
    UserState state = held(4, 5);

    assertThat(attempts.refusal(state, wanted(null, 1, 5))).isEqualTo(Reason.ITEM_RESERVED);
    assertThat(attempts.refusal(bought(state), wanted(null, 1, 5))).isEqualTo(Reason.ITEM_SOLD);
  }

  @Test
  void pendingItemsAreReserved() {
    attempts.begin(11, CODE, EXPIRES_AT, wanted(null, 1, 2), Step.NONE);

    assertThat(attempts.refusal(UserState.EMPTY, wanted(null, 2, 3)))
        .isEqualTo(Reason.ITEM_RESERVED);
  }

  @Test
  void aKeyIsInUseWhileItIsPending() {
    attempts.begin(11, CODE, EXPIRES_AT, wanted(KEY, 1), Step.NONE);

    assertThat(attempts.refusal(UserState.EMPTY, wanted(KEY, 1))).isEqualTo(Reason.KEY_IN_USE);
    assertThat(attempts.use(KEY)).isTrue();
    assertThat(attempts.use(null)).isFalse();
    assertThat(attempts.refusal(UserState.EMPTY, wanted(null, 2))).isNull();
    attempts.remove(11);
    assertThat(attempts.refusal(UserState.EMPTY, wanted(KEY, 1))).isNull();
  }

  @Test
  void aPendingKeyIsOfItsOwnRequestOnly() {
    attempts.begin(11, CODE, EXPIRES_AT, wanted(KEY, 1, 2), Step.NONE);

    assertThat(attempts.refusal(UserState.EMPTY, wanted(KEY, 2, 1))).isEqualTo(Reason.KEY_IN_USE);
    assertThat(attempts.refusal(UserState.EMPTY, wanted(KEY, 2))).isEqualTo(Reason.KEY_REUSED);
    assertThat(
            attempts.refusal(
                UserState.EMPTY, new CheckOut(List.of(1, 2), CODE, KEY, terms(), CLIENT)))
        .isEqualTo(Reason.KEY_REUSED);
  }

  private Attempts.Attempt attempt(long holdId) {
    return Objects.requireNonNull(attempts.get(holdId));
  }

  private static CheckOut wanted(@Nullable UUID key, Integer... items) {
    return new CheckOut(List.of(items), null, key, terms(), CLIENT);
  }

  private static Terms terms() {
    return new Terms(5, Duration.ofSeconds(60));
  }

  private static UserState held(Integer... items) {
    return UserState.EMPTY.apply(
        new UserEvent.CheckedOut(CODE, 1, List.of(items), EXPIRES_AT, null));
  }

  private static UserState bought(UserState state) {
    return state.apply(new UserEvent.Purchased(CODE, null));
  }
}
