package io.flashsale.http;

import io.flashsale.readside.SaleQueries;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Sales that have opened, from this node's board and the journal. */
record KnownSales(SaleBoard board, SaleQueries queries) {

  /** The open sale may be known here before its journal entry is written. */
  CompletionStage<Optional<Sale>> find(long id) {
    Sale open = board.open();
    return open != null && open.id() == id
        ? CompletableFuture.completedFuture(Optional.of(open))
        : queries.sale(id);
  }
}
