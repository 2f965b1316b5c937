package io.flashsale.sale;

import java.time.Duration;
import java.time.Instant;

/**
 * A sale and its terms, as journaled by the coordinator. The terms never change once announced,
 * except that an operator may bring the end of the open sale forward.
 *
 * @param slot the start of the slot that this sale is the sale of; of an extra sale, its own start
 * @param opensAt the slot's start, or later if the slot had begun before the system came up
 * @param endsAt the end of the slot: the next sale opens; holds may be bought until they expire
 */
public record Sale(
    long id,
    Instant slot,
    Instant opensAt,
    Instant endsAt,
    int items,
    int userLimit,
    Duration holdTtl) {

  /**
   * No sale has more items: so many bits every node keeps and sends of it, see {@link SoldItems}.
   */
  public static final int MOST_ITEMS = 1_000_000;

  public Sale {
    if (id < 1 || items < 1 || userLimit < 1 || holdTtl.isNegative() || holdTtl.isZero()) {
      throw new IllegalArgumentException("No sale can have these terms: " + id + ", " + items);
    }
    if (opensAt.isBefore(slot) || !opensAt.isBefore(endsAt)) {
      throw new IllegalArgumentException(
          "Sale " + id + " cannot last from " + opensAt + " to " + endsAt + " in slot " + slot);
    }
  }

  /** The same sale with an earlier end. */
  public Sale endingAt(Instant end) {
    return new Sale(id, slot, opensAt, end, items, userLimit, holdTtl);
  }

  /** By this node's clock. */
  public boolean isOpen(Instant now) {
    return !now.isBefore(opensAt) && now.isBefore(endsAt);
  }
}
