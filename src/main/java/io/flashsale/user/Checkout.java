package io.flashsale.user;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Holds of one user that are bought together or not at all.
 *
 * @param closedBy the hash of the Idempotency-Key of the request that closed it
 */
public record Checkout(
    UUID code, Instant expiresAt, List<Hold> holds, Status status, @Nullable UUID closedBy) {

  /** A checkout is open until it is purchased, expired or given up: exactly once. */
  public enum Status {
    OPEN,
    PURCHASED,
    EXPIRED,
    GIVEN_UP
  }

  /** The items that one attempt has reserved at once. */
  public record Hold(long holdId, List<Integer> items, @Nullable UUID key) {
    public Hold {
      items = List.copyOf(items);
      if (items.isEmpty()) {
        throw new IllegalArgumentException("A hold has at least one item");
      }
    }
  }

  public Checkout {
    holds = List.copyOf(holds);
    if (holds.isEmpty()) {
      throw new IllegalArgumentException("A checkout has at least one hold");
    }
  }

  public boolean isOpen() {
    return status == Status.OPEN;
  }

  /** Neither bought nor to be bought any more. */
  public boolean isReleased() {
    return status == Status.EXPIRED || status == Status.GIVEN_UP;
  }

  /** Service, not safety (rule R8): only the journal ends a checkout. */
  public boolean isOverdue(Instant now) {
    return isOpen() && !now.isBefore(expiresAt);
  }

  public List<Integer> items() {
    return itemsUpTo(holds.size() - 1);
  }

  /** Those that it had when this hold joined it, the first one being number 0. */
  List<Integer> itemsUpTo(int number) {
    if (number == 0) {
      return holds.getFirst().items();
    }
    return holds.stream().limit(number + 1L).flatMap(hold -> hold.items().stream()).toList();
  }

  Checkout with(Hold hold) {
    List<Hold> more = new ArrayList<>(holds);
    more.add(hold);
    return new Checkout(code, expiresAt, more, status, closedBy);
  }

  Checkout closed(Status how, @Nullable UUID by) {
    return new Checkout(code, expiresAt, holds, how, by);
  }
}
