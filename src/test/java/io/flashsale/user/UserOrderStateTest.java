package io.flashsale.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.flashsale.user.UserEvent.CheckedOut;
import io.flashsale.user.UserEvent.OrderPlaced;
import io.flashsale.user.UserEvent.OrderRejected;
import io.flashsale.user.UserEvent.Purchased;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An order in the fold over the journal. */
class UserOrderStateTest {

  private static final UUID CODE = new UUID(0, 1);
  private static final UUID OTHER = new UUID(0, 2);
  private static final UUID KEY = new UUID(9, 1);
  private static final Instant DEADLINE = Instant.parse("2026-03-01T12:00:30Z");
  private static final OrderPlaced PLACED = new OrderPlaced(CODE, 3, 10, DEADLINE, KEY);
  private static final CheckedOut CHECKED_OUT =
      new CheckedOut(CODE, 11, List.of(3), DEADLINE, null);
  private static final Purchased PURCHASED = new Purchased(CODE, null);

  @Test
  void anOrderIsPendingAndHoldsNothing() {
    UserState state = after(PLACED);

    assertThat(state.order(CODE))
        .isEqualTo(new Order(CODE, 3, 10, DEADLINE, Order.Status.PENDING, null, KEY));
    assertThat(state.count()).isZero();
    assertThat(state.owning(3)).isEmpty();
    assertThat(state.checkout(CODE)).isNull();
  }

  @Test
  void thePurchaseUnderItsCodeConfirmsIt() {
    UserState state = after(PLACED, CHECKED_OUT, PURCHASED);

    assertThat(state.order(CODE))
        .isEqualTo(new Order(CODE, 3, 10, DEADLINE, Order.Status.CONFIRMED, null, KEY));
    assertThat(state.count()).isOne();
  }

  @Test
  void thePurchaseOfAnotherCodeDoesNot() {
    UserState state =
        after(
            PLACED,
            new CheckedOut(OTHER, 11, List.of(3), DEADLINE, null),
            new Purchased(OTHER, KEY));

    assertThat(state.orders().get(CODE)).matches(Order::isPending);
  }

  @ParameterizedTest
  @EnumSource
  void aRejectionEndsItAndSaysWhy(Order.Rejection why) {
    UserState state = after(PLACED, new OrderRejected(CODE, why));

    assertThat(state.order(CODE))
        .isEqualTo(new Order(CODE, 3, 10, DEADLINE, Order.Status.REJECTED, why, KEY));
  }

  @Test
  void itEndsOnce() {
    OrderRejected rejected = new OrderRejected(CODE, Order.Rejection.ITEM_SOLD);

    impossible(after(PLACED, rejected), rejected);
    impossible(after(PLACED, rejected), CHECKED_OUT);
    impossible(after(PLACED, CHECKED_OUT), rejected);
    impossible(after(PLACED, CHECKED_OUT, PURCHASED), rejected);
  }

  @Test
  void itBeginsOnceAndUnderACodeOfItsOwn() {
    impossible(after(PLACED), PLACED);
    impossible(after(CHECKED_OUT), PLACED);
    impossible(UserState.EMPTY, new OrderRejected(CODE, Order.Rejection.TIMED_OUT));
  }

  @Test
  void itsKeyIsFoundWhateverBecameOfIt() {
    UserState rejected = after(PLACED, new OrderRejected(CODE, Order.Rejection.ITEM_SOLD));

    assertThat(after(PLACED).byKey(KEY)).containsInstanceOf(UserState.Done.Placed.class);
    assertThat(rejected.byKey(KEY)).containsInstanceOf(UserState.Done.Placed.class);
    assertThat(rejected.byKey(OTHER)).isEmpty();
  }

  @Test
  void orIsRejectedForAReasonAndOnlyThen() {
    for (Order.Status status : Order.Status.values()) {
      boolean rejected = status == Order.Status.REJECTED;
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  new Order(
                      CODE,
                      3,
                      1,
                      DEADLINE,
                      status,
                      rejected ? null : Order.Rejection.ITEM_SOLD,
                      null));
    }
  }

  private static UserState after(UserEvent... events) {
    UserState state = UserState.EMPTY;
    for (UserEvent event : events) {
      state = state.apply(event);
    }
    return state;
  }

  private static void impossible(UserState state, UserEvent event) {
    assertThatIllegalStateException().isThrownBy(() -> state.apply(event));
  }
}
