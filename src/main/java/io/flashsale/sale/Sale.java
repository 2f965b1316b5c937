package io.flashsale.sale;

import java.time.Duration;
import java.time.Instant;

/**
 * A sale and its terms, as journaled by the coordinator. The terms never change once announced.
 *
 * @param slot the start of the slot that this sale is the sale of
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

  /** By this node's clock. */
  public boolean isOpen(Instant now) {
    return !now.isBefore(opensAt) && now.isBefore(endsAt);
  }
}
