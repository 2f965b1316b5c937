package io.flashsale.sale;

import io.flashsale.wire.CborSerializable;
import org.jspecify.annotations.Nullable;

/** What the coordinator answers to an operator. */
public sealed interface SaleDecision extends CborSerializable {

  /** Durable. It has no id before it is announced. */
  record Scheduled(ExtraSale sale) implements SaleDecision {}

  /** Durable: it has its id, and is announced, open or over. */
  record Planned(Sale sale, Status status) implements SaleDecision {}

  /** Durable: it ends at its {@code endsAt}, which every node hears before. */
  record Closing(Sale sale) implements SaleDecision {}

  /**
   * Nothing has changed, and the journal says so: this is no word of a coordinator whose time is
   * over.
   *
   * @param parameter what is wrong with the request, or null if it is not the request
   */
  record Refused(Reason reason, @Nullable String parameter, String detail)
      implements SaleDecision {}

  /** Nobody knows whether it was done: to be repeated with the same key. */
  record OutcomeUnknown() implements SaleDecision {}

  /** How far an extra sale has come. */
  enum Status {
    ANNOUNCED,
    OPEN,
    ENDED
  }

  /** Why an operator is refused. */
  enum Reason {
    INVALID,
    OVERLAPS,
    TOO_MANY,
    NOT_OPEN,
    UNKNOWN,
    KEY_REUSED
  }
}
