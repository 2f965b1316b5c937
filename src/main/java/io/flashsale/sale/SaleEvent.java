package io.flashsale.sale;

/** What the journal of the coordinator says. */
public sealed interface SaleEvent {

  /** This sale will open at its time on every node, whatever becomes of the coordinator. */
  record SaleAnnounced(Sale sale) implements SaleEvent {}

  record SaleOpened(Sale sale) implements SaleEvent {}

  record SaleClosed(long saleId) implements SaleEvent {}
}
