package io.flashsale.sale;

import java.time.Instant;

/**
 * A sale that an operator has asked for. It gets its id, and the rest of its terms, when it is
 * announced or opened.
 *
 * @param resumesAt when sales of slots may open again: the slot that it ends in had its sale, or
 *     this is it
 */
public record ExtraSale(Instant opensAt, Instant endsAt, int items, Instant resumesAt) {

  public ExtraSale {
    if (!opensAt.isBefore(endsAt) || resumesAt.isBefore(endsAt) || items < 1) {
      throw new IllegalArgumentException(
          "No extra sale can last from " + opensAt + " to " + endsAt + " with " + items);
    }
  }

  /** Whether it is this sale that was announced, or opened, in time or late. */
  boolean became(Sale sale) {
    return sale.slot().equals(opensAt) && sale.endsAt().equals(endsAt);
  }

  boolean overlaps(ExtraSale other) {
    return opensAt.isBefore(other.endsAt) && other.opensAt.isBefore(endsAt);
  }
}
