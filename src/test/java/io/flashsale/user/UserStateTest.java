package io.flashsale.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.flashsale.user.Checkout.Status;
import io.flashsale.user.UserEvent.Cause;
import io.flashsale.user.UserEvent.CheckedOut;
import io.flashsale.user.UserEvent.Purchased;
import io.flashsale.user.UserEvent.Refused;
import io.flashsale.user.UserEvent.Released;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UserStateTest {

  private static final UUID CODE = new UUID(0, 1);
  private static final UUID OTHER_CODE = new UUID(0, 2);
  private static final UUID KEY = new UUID(9, 1);
  private static final UUID OTHER_KEY = new UUID(9, 2);
  private static final Instant EXPIRES_AT = Instant.parse("2026-03-01T12:01:00Z");

  @Test
  void startsWithNothing() {
    assertThat(UserState.EMPTY.count()).isZero();
    assertThat(UserState.EMPTY.checkout(CODE)).isNull();
    assertThat(UserState.EMPTY.owning(0)).isEmpty();
    assertThat(UserState.EMPTY.byHold(0)).isEmpty();
    assertThat(UserState.EMPTY.byKey(KEY)).isEmpty();
  }

  @Test
  void checkedOutOpensACheckout() {
    UserState state = after(checkedOut(CODE, 11, KEY, 3, 5));

    assertThat(state.checkout(CODE))
        .isEqualTo(
            new Checkout(
                CODE,
                EXPIRES_AT,
                List.of(new Checkout.Hold(11, List.of(3, 5), KEY)),
                Status.OPEN,
                null));
  }

  @Test
  void moreItemsJoinAnOpenCheckoutAsAHoldOfTheirOwn() {
    UserState state = after(checkedOut(CODE, 11, KEY, 3, 5), checkedOut(CODE, 12, OTHER_KEY, 4));

    assertThat(checkout(state, CODE).holds())
        .containsExactly(
            new Checkout.Hold(11, List.of(3, 5), KEY),
            new Checkout.Hold(12, List.of(4), OTHER_KEY));
    assertThat(checkout(state, CODE).items()).containsExactly(3, 5, 4);
    assertThat(state.count()).isEqualTo(3);
  }

  @Test
  void moreItemsNeverResetTheTimer() {
    UserState state =
        after(
            checkedOut(CODE, 11, null, 3),
            new CheckedOut(CODE, 12, List.of(4), EXPIRES_AT.plusSeconds(30), null));

    assertThat(checkout(state, CODE).expiresAt()).isEqualTo(EXPIRES_AT);
  }

  @Test
  void purchasedClosesTheWholeCheckoutUnderTheKeyOfThePurchase() {
    UserState state =
        after(
            checkedOut(CODE, 11, KEY, 3),
            checkedOut(CODE, 12, KEY, 4),
            new Purchased(CODE, OTHER_KEY));

    assertThat(checkout(state, CODE).status()).isEqualTo(Status.PURCHASED);
    assertThat(checkout(state, CODE).closedBy()).isEqualTo(OTHER_KEY);
    assertThat(checkout(state, CODE).items()).containsExactly(3, 4);
  }

  @ParameterizedTest
  @EnumSource
  void releasedClosesTheCheckoutAndSaysWhy(Cause cause) {
    UserState state = after(checkedOut(CODE, 11, KEY, 3), new Released(CODE, cause, OTHER_KEY));

    assertThat(checkout(state, CODE).status())
        .isEqualTo(
            switch (cause) {
              case EXPIRED -> Status.EXPIRED;
              case GIVEN_UP -> Status.GIVEN_UP;
            });
    assertThat(checkout(state, CODE).closedBy()).isEqualTo(OTHER_KEY);
  }

  @Test
  void countIsOpenAndPurchasedItemsButNotReleasedOnes() {
    UserState state =
        after(
            checkedOut(uuid(1), 11, null, 1, 2, 3),
            checkedOut(uuid(2), 12, null, 4, 5),
            checkedOut(uuid(3), 13, null, 6),
            new Purchased(uuid(2), null),
            expired(uuid(3)));

    assertThat(state.count()).isEqualTo(5);
    assertThat(state.apply(expired(uuid(1))).count()).isEqualTo(2);
  }

  @Test
  void owningFindsOpenAndPurchasedCheckoutsButNotReleasedOnes() {
    UserState open = after(checkedOut(CODE, 11, null, 3), checkedOut(CODE, 12, null, 4));

    assertThat(open.owning(4)).contains(checkout(open, CODE));
    assertThat(open.owning(5)).isEmpty();
    UserState purchased = open.apply(new Purchased(CODE, null));
    assertThat(purchased.owning(4)).contains(checkout(purchased, CODE));
    assertThat(open.apply(expired(CODE)).owning(4)).isEmpty();
  }

  @Test
  void byHoldFindsEveryHoldOfEveryCheckoutWhateverBecameOfIt() {
    UserState state =
        after(
            checkedOut(CODE, 11, null, 3),
            checkedOut(CODE, 12, null, 4),
            checkedOut(OTHER_CODE, 13, null, 5),
            expired(CODE),
            new Purchased(OTHER_CODE, null));

    assertFound(state, 11, CODE);
    assertFound(state, 12, CODE);
    assertFound(state, 13, OTHER_CODE);
    assertThat(state.byHold(14)).isEmpty();
  }

  @Test
  void byKeyFindsTheHoldOfTheRequestWhateverBecameOfIt() {
    UserState state =
        after(checkedOut(CODE, 11, KEY, 3), checkedOut(CODE, 12, OTHER_KEY, 4), expired(CODE));

    assertThat(state.byKey(OTHER_KEY))
        .contains(new UserState.Done.CheckedOut(checkout(state, CODE), 1));
    assertThat(state.byKey(uuid(99))).isEmpty();
  }

  @Test
  void noKeyFindsNothing() {
    assertThat(after(checkedOut(CODE, 11, null, 3)).byKey(null)).isEmpty();
  }

  @Test
  void byKeyFindsWhatThePurchaseHasClosed() {
    UserState state = after(checkedOut(CODE, 11, KEY, 3), new Purchased(CODE, OTHER_KEY));

    assertThat(state.byKey(OTHER_KEY)).contains(new UserState.Done.Closed(checkout(state, CODE)));
    assertThat(state.byKey(KEY)).contains(new UserState.Done.CheckedOut(checkout(state, CODE), 0));
  }

  @Test
  void aHoldHasTheItemsOfThoseBeforeItToo() {
    UserState state =
        after(
            checkedOut(CODE, 11, KEY, 3, 5),
            checkedOut(CODE, 12, OTHER_KEY, 4),
            checkedOut(CODE, 13, null, 7));

    assertThat(checkout(state, CODE).itemsUpTo(0)).containsExactly(3, 5);
    assertThat(checkout(state, CODE).itemsUpTo(1)).containsExactly(3, 5, 4);
    assertThat(checkout(state, CODE).itemsUpTo(2)).isEqualTo(checkout(state, CODE).items());
  }

  @Test
  void aPurchasedCheckoutIsNeverJoinedOrClosedAgain() {
    UserState state = after(checkedOut(CODE, 11, KEY, 3), new Purchased(CODE, null));

    impossible(state, checkedOut(CODE, 12, KEY, 4));
    impossible(state, new Purchased(CODE, null));
    impossible(state, new Released(CODE, Cause.EXPIRED, null));
    impossible(state, new Released(CODE, Cause.GIVEN_UP, null));
  }

  @ParameterizedTest
  @EnumSource
  void aReleasedCheckoutIsNeverJoinedOrClosedAgain(Cause cause) {
    UserState state = after(checkedOut(CODE, 11, KEY, 3), new Released(CODE, cause, null));

    impossible(state, checkedOut(CODE, 12, KEY, 4));
    impossible(state, new Purchased(CODE, null));
    impossible(state, new Released(CODE, Cause.EXPIRED, null));
    impossible(state, new Released(CODE, Cause.GIVEN_UP, null));
  }

  @Test
  void whatWasNeverCheckedOutIsNotClosed() {
    impossible(UserState.EMPTY, new Purchased(CODE, null));
    impossible(UserState.EMPTY, new Released(CODE, Cause.EXPIRED, null));
  }

  @Test
  void anItemNeverStandsInTwoLiveCheckouts() {
    UserState open = after(checkedOut(CODE, 11, null, 3, 4));

    impossible(open, checkedOut(OTHER_CODE, 12, null, 5, 4));
    impossible(open.apply(new Purchased(CODE, null)), checkedOut(OTHER_CODE, 12, null, 4));
  }

  @Test
  void anItemNeverStandsTwiceInACheckout() {
    impossible(UserState.EMPTY, checkedOut(CODE, 11, null, 3, 3));
    impossible(after(checkedOut(CODE, 11, null, 3)), checkedOut(CODE, 12, null, 3));
  }

  @Test
  void anItemOfAReleasedCheckoutMayBeCheckedOutAgain() {
    UserState state =
        after(checkedOut(CODE, 11, null, 3), expired(CODE), checkedOut(OTHER_CODE, 12, null, 3));

    assertThat(state.owning(3)).contains(checkout(state, OTHER_CODE));
    assertThat(state.count()).isOne();
  }

  @Test
  void aHoldStandsInOneCheckoutOnly() {
    UserState open = after(checkedOut(CODE, 11, null, 3));

    impossible(open, checkedOut(CODE, 11, null, 4));
    impossible(open, checkedOut(OTHER_CODE, 11, null, 4));
    impossible(open.apply(expired(CODE)), checkedOut(OTHER_CODE, 11, null, 4));
  }

  @Test
  void aRefusedHoldIsNeverCheckedOut() {
    UserState state = after(new Refused(11));

    impossible(state, checkedOut(CODE, 11, null, 3));
    assertThat(state.apply(checkedOut(CODE, 12, null, 3)).count()).isOne();
  }

  @Test
  void aHoldThatIsCheckedOutIsNeverRefused() {
    UserState open = after(checkedOut(CODE, 11, null, 3), checkedOut(CODE, 12, null, 4));

    impossible(open, new Refused(12));
    impossible(open.apply(new Purchased(CODE, null)), new Refused(11));
    impossible(open.apply(expired(CODE)), new Refused(11));
  }

  @Test
  void aCheckoutHasAtLeastOneItem() {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> UserState.EMPTY.apply(checkedOut(CODE, 11, null)));
  }

  @Test
  void isOverdueFromTheInstantOfItsExpiryWhileOpen() {
    UserState state = after(checkedOut(CODE, 11, null, 3));

    assertThat(checkout(state, CODE).isOverdue(EXPIRES_AT.minusNanos(1))).isFalse();
    assertThat(checkout(state, CODE).isOverdue(EXPIRES_AT)).isTrue();
    UserState purchased = state.apply(new Purchased(CODE, null));
    assertThat(checkout(purchased, CODE).isOverdue(EXPIRES_AT)).isFalse();
    UserState released = state.apply(expired(CODE));
    assertThat(checkout(released, CODE).isOverdue(EXPIRES_AT)).isFalse();
  }

  @Test
  void anEventChangesNoEarlierState() {
    UserState before = after(checkedOut(CODE, 11, KEY, 3), new Refused(99));
    UserState copy = after(checkedOut(CODE, 11, KEY, 3), new Refused(99));

    UserState unused =
        before
            .apply(checkedOut(CODE, 12, null, 4))
            .apply(checkedOut(OTHER_CODE, 13, null, 5))
            .apply(new Refused(98))
            .apply(expired(CODE));

    assertThat(unused).isNotEqualTo(before);
    assertThat(before).isEqualTo(copy);
    assertThat(UserState.EMPTY.checkouts()).isEmpty();
  }

  @Test
  void nobodyCanChangeAStateFromOutside() {
    UserState state = after(checkedOut(CODE, 11, KEY, 3));

    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> state.checkouts().remove(CODE));
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> UserState.EMPTY.checkouts().put(CODE, checkout(state, CODE)));
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> state.refused().add(1L));
  }

  @Test
  void forgetsTheCheckoutThatWasReleasedFirst() {
    UserState state = UserState.EMPTY;
    for (int n = 0; n <= UserState.REMEMBERED; n++) {
      state = state.apply(checkedOut(uuid(n), n, null, n));
    }
    // Released in another order than checked out.
    for (int n = UserState.REMEMBERED; n > 0; n--) {
      state = state.apply(expired(uuid(n)));
    }
    assertThat(state.checkouts()).hasSize(UserState.REMEMBERED + 1);

    state = state.apply(expired(uuid(0)));

    assertThat(state.checkouts()).hasSize(UserState.REMEMBERED);
    assertThat(state.checkout(uuid(UserState.REMEMBERED))).isNull();
    assertThat(state.byHold(UserState.REMEMBERED)).isEmpty();
    assertThat(checkout(state, uuid(0)).isReleased()).isTrue();
  }

  @Test
  void neverForgetsAnOpenOrPurchasedCheckout() {
    UserState state =
        after(
            checkedOut(uuid(1_000), 1_000, null, 1),
            checkedOut(uuid(1_001), 1_001, null, 2),
            new Purchased(uuid(1_001), null));
    for (int n = 0; n < 3 * UserState.REMEMBERED; n++) {
      state = state.apply(checkedOut(uuid(n), n, null, 5)).apply(expired(uuid(n)));
    }

    assertThat(checkout(state, uuid(1_000)).isOpen()).isTrue();
    assertThat(checkout(state, uuid(1_001)).status()).isEqualTo(Status.PURCHASED);
    assertThat(state.checkouts()).hasSize(2 + UserState.REMEMBERED);
    assertThat(state.count()).isEqualTo(2);
  }

  @Test
  void forgetsTheHoldThatWasRefusedFirst() {
    UserState state = UserState.EMPTY;
    for (int n = 0; n < 3 * UserState.REMEMBERED; n++) {
      state = state.apply(new Refused(n));
    }

    assertThat(state.refused())
        .containsExactlyElementsOf(
            LongStream.range(2 * UserState.REMEMBERED, 3 * UserState.REMEMBERED).boxed().toList());
  }

  @Test
  void aForgottenHoldMayBeRefusedOnceMore() {
    UserState state = after(checkedOut(CODE, 5_000, null, 5), expired(CODE), new Refused(5_001));
    for (int n = 0; n < UserState.REMEMBERED; n++) {
      state =
          state
              .apply(checkedOut(uuid(100 + n), n, null, 5))
              .apply(expired(uuid(100 + n)))
              .apply(new Refused(1_000 + n));
    }
    assertThat(state.byHold(5_000)).isEmpty();
    assertThat(state.refused()).doesNotContain(5_001L);

    assertThat(state.apply(new Refused(5_000)).apply(new Refused(5_001)).refused())
        .endsWith(5_000L, 5_001L)
        .hasSize(UserState.REMEMBERED);
  }

  private static UserState after(UserEvent... events) {
    UserState state = UserState.EMPTY;
    for (UserEvent event : events) {
      state = state.apply(event);
    }
    return state;
  }

  private static CheckedOut checkedOut(
      UUID code, long holdId, @Nullable UUID key, Integer... items) {
    return new CheckedOut(code, holdId, Arrays.asList(items), EXPIRES_AT, key);
  }

  private static Released expired(UUID code) {
    return new Released(code, Cause.EXPIRED, null);
  }

  private static UUID uuid(long n) {
    return new UUID(1, n);
  }

  private static Checkout checkout(UserState state, UUID code) {
    Checkout checkout = state.checkout(code);
    if (checkout == null) {
      throw new AssertionError("No checkout " + code + " in " + state);
    }
    return checkout;
  }

  private static void assertFound(UserState state, long holdId, UUID code) {
    assertThat(state.byHold(holdId))
        .hasValueSatisfying(
            found -> {
              assertThat(found.hold().holdId()).isEqualTo(holdId);
              assertThat(found.checkout()).isEqualTo(checkout(state, code));
            });
  }

  private static void impossible(UserState state, UserEvent event) {
    assertThatIllegalStateException().isThrownBy(() -> state.apply(event));
  }
}
