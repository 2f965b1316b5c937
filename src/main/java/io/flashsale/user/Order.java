package io.flashsale.user;

import java.time.Instant;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One item that is to be bought for its user, without the user waiting for it. It is pending until
 * it is confirmed or rejected: exactly once.
 *
 * @param code of the order, and of the checkout that it becomes when it is confirmed
 * @param limit items of a user, by the terms of the sale
 * @param deadline the order is not begun after it, but rejected
 * @param rejection why it was rejected; null unless it was
 * @param key the hash of the Idempotency-Key of the request
 */
public record Order(
    UUID code,
    int item,
    int limit,
    Instant deadline,
    Status status,
    @Nullable Rejection rejection,
    @Nullable UUID key) {

  /** What has become of it. */
  public enum Status {
    PENDING,
    CONFIRMED,
    REJECTED
  }

  /** Why an order is not bought. The names are in journals for ever. */
  public enum Rejection {
    /** Somebody held the item when its turn came. */
    ITEM_RESERVED,
    ITEM_SOLD,
    LIMIT_REACHED,
    /** It could not be worked off before its deadline. */
    TIMED_OUT;

    /** As clients are told. */
    public String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  public Order {
    if ((status == Status.REJECTED) != (rejection != null)) {
      throw new IllegalArgumentException("Rejected for a reason, or not: " + code);
    }
  }

  public boolean isPending() {
    return status == Status.PENDING;
  }

  Order ended(Status how, @Nullable Rejection why) {
    if (!isPending()) {
      throw new IllegalStateException(how + " cannot follow " + this);
    }
    return new Order(code, item, limit, deadline, how, why, key);
  }
}
