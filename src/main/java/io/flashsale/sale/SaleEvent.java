package io.flashsale.sale;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What the journal of the coordinator says. */
public sealed interface SaleEvent {

  /** This sale will open at its time on every node, whatever becomes of the coordinator. */
  record SaleAnnounced(Sale sale) implements SaleEvent {}

  record SaleOpened(Sale sale) implements SaleEvent {}

  record SaleClosed(long saleId) implements SaleEvent {}

  /**
   * An operator closes the open sale: it ends at this time, before the one it was opened with.
   *
   * @param asked null if the request had no key
   */
  record SaleShortened(long saleId, Instant endsAt, @Nullable Asked asked) implements SaleEvent {}

  /**
   * An operator wants this sale besides those of the slots.
   *
   * @param asked null if the request had no key
   */
  record SaleScheduled(ExtraSale extra, @Nullable Asked asked) implements SaleEvent {}
}
