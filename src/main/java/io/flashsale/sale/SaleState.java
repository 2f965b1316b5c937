package io.flashsale.sale;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sales as the coordinator knows them. Pure: events in, states out.
 *
 * @param lastId the highest id that was ever given
 * @param closed closed sales, oldest first, that may have had holds when the newest sale opened
 */
public record SaleState(
    long lastId, @Nullable Sale announced, @Nullable Sale open, List<Sale> closed) {

  static final SaleState EMPTY = new SaleState(0, null, null, List.of());

  public SaleState {
    closed = List.copyOf(closed);
    Sale ended = closed.isEmpty() ? null : closed.getLast();
    mustNotOverlap(ended, open);
    mustNotOverlap(open == null ? ended : open, announced);
  }

  /**
   * At most one sale per slot, even if the clock is set back or a sale is closed before its end.
   */
  private static void mustNotOverlap(@Nullable Sale earlier, @Nullable Sale later) {
    if (earlier != null && later != null && later.opensAt().isBefore(earlier.endsAt())) {
      throw new IllegalStateException(later + " overlaps " + earlier);
    }
  }

  /**
   * The state after this event.
   *
   * @throws IllegalStateException if the journal says what can never follow
   */
  SaleState apply(SaleEvent event) {
    return switch (event) {
      case SaleEvent.SaleAnnounced e -> {
        if (announced != null || e.sale().id() != lastId + 1) {
          throw new IllegalStateException(e + " cannot follow " + this);
        }
        yield new SaleState(e.sale().id(), e.sale(), open, closed);
      }
      case SaleEvent.SaleOpened e -> {
        boolean next = announced == null && e.sale().id() == lastId + 1;
        if (open != null || !(next || e.sale().equals(announced))) {
          throw new IllegalStateException(e + " cannot follow " + this);
        }
        yield new SaleState(e.sale().id(), null, e.sale(), withHolds());
      }
      case SaleEvent.SaleClosed e -> {
        if (open == null || open.id() != e.saleId()) {
          throw new IllegalStateException(e + " cannot follow " + this);
        }
        List<Sale> more = new ArrayList<>(closed);
        more.add(open);
        yield new SaleState(lastId, announced, null, more);
      }
    };
  }

  /**
   * Those that may have had live holds when the sale before this one ended. Not when this one
   * opened: there may have been an outage between the two, in which no hold has ended.
   */
  private List<Sale> withHolds() {
    return closed.isEmpty() ? closed : withLiveHolds(closed.getLast().endsAt());
  }

  /** The closed sales that may have live holds at this time; twice their life, to be sure. */
  List<Sale> withLiveHolds(Instant time) {
    return closed.stream()
        .filter(sale -> sale.endsAt().plus(sale.holdTtl().multipliedBy(2)).isAfter(time))
        .toList();
  }
}
