package io.flashsale.sale;

import io.flashsale.wire.CborSerializable;
import org.jspecify.annotations.Nullable;

/** What the coordinator answers to an operator. Whatever is not {@link Refused} is durable. */
public sealed interface SaleDecision extends CborSerializable {

  /** It has no id before it is announced. */
  record Scheduled(ExtraSale sale) implements SaleDecision {}

  /** Announced, or open. */
  record Planned(Sale sale, boolean open) implements SaleDecision {}

  /** It ends at its {@code endsAt}, which every node hears before. */
  record Closing(Sale sale) implements SaleDecision {}

  /**
   * Nothing has changed.
   *
   * @param parameter what is wrong with the request, or null if it is not the request
   */
  record Refused(Reason reason, @Nullable String parameter, String detail)
      implements SaleDecision {}

  /** Why an operator is refused. */
  enum Reason {
    INVALID,
    OVERLAPS,
    NOT_OPEN,
    UNKNOWN
  }
}
