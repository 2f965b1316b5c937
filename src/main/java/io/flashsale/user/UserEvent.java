package io.flashsale.user;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the journal of a user in a sale says. {@code key} is the hash of the client's
 * Idempotency-Key, so that a client that never got its answer can still learn it (rule R9).
 */
public sealed interface UserEvent {

  /**
   * All items of an attempt are held for this user: a new checkout, or more items of an open one.
   */
  record CheckedOut(
      UUID code, long holdId, List<Integer> items, Instant expiresAt, @Nullable UUID key)
      implements UserEvent {
    public CheckedOut {
      items = List.copyOf(items);
    }
  }

  /** The purchase of all the holds of a checkout. */
  record Purchased(UUID code, @Nullable UUID key) implements UserEvent {}

  /** The checkout has ended unbought; none of its holds can be bought any more. */
  record Released(UUID code, Cause cause, @Nullable UUID key) implements UserEvent {}

  /** An item asked about a hold that this user does not know: it will never buy with it. */
  record Refused(long holdId) implements UserEvent {}

  /**
   * An order was taken. It is confirmed by {@code CheckedOut} and {@code Purchased} with its code,
   * written at once.
   */
  record OrderPlaced(UUID code, int item, int limit, Instant deadline, @Nullable UUID key)
      implements UserEvent {}

  /** The order will never be bought. */
  record OrderRejected(UUID code, Order.Rejection reason) implements UserEvent {}

  /** Why a checkout ended unbought. */
  enum Cause {
    EXPIRED,
    GIVEN_UP
  }
}
