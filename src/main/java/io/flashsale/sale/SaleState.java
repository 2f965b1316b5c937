package io.flashsale.sale;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sales as the coordinator knows them. Pure: events in, states out.
 *
 * @param lastId the highest id that was ever given
 * @param closed closed sales, oldest first, that may have had holds when the newest sale opened
 * @param scheduled extra sales that are not announced yet, by their time
 * @param resumesAt no sale of a slot opens before, because of a sale that was closed or was an
 *     extra one; null if nothing is in the way
 */
public record SaleState(
    long lastId,
    @Nullable Sale announced,
    @Nullable Sale open,
    List<Sale> closed,
    List<ExtraSale> scheduled,
    @Nullable Instant resumesAt) {

  static final SaleState EMPTY = new SaleState(0, null, null, List.of());

  /** Extra sales that wait for their time. */
  static final int MOST_SCHEDULED = 32;

  public SaleState {
    closed = List.copyOf(closed);
    scheduled = List.copyOf(scheduled);
    Sale ended = closed.isEmpty() ? null : closed.getLast();
    mustNotOverlap(ended, open);
    mustNotOverlap(open == null ? ended : open, announced);
  }

  SaleState(long lastId, @Nullable Sale announced, @Nullable Sale open, List<Sale> closed) {
    this(lastId, announced, open, closed, List.of(), null);
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
        yield new SaleState(
            e.sale().id(), e.sale(), open, closed, after(e.sale()), resumesAfter(e.sale()));
      }
      case SaleEvent.SaleOpened e -> {
        boolean next = announced == null && e.sale().id() == lastId + 1;
        if (open != null || !(next || e.sale().equals(announced))) {
          throw new IllegalStateException(e + " cannot follow " + this);
        }
        yield new SaleState(
            e.sale().id(),
            null,
            e.sale(),
            withHolds(),
            after(e.sale()),
            next ? resumesAfter(e.sale()) : resumesAt);
      }
      case SaleEvent.SaleClosed e -> {
        if (open == null || open.id() != e.saleId()) {
          throw new IllegalStateException(e + " cannot follow " + this);
        }
        List<Sale> more = new ArrayList<>(closed);
        more.add(open);
        yield new SaleState(lastId, announced, null, more, scheduled, resumesAt);
      }
      case SaleEvent.SaleShortened e -> onShortened(e);
      case SaleEvent.SaleScheduled e -> onScheduled(e);
    };
  }

  private SaleState onShortened(SaleEvent.SaleShortened e) {
    if (open == null
        || open.id() != e.saleId()
        || !e.endsAt().isBefore(open.endsAt())
        || !e.endsAt().isAfter(open.opensAt())) {
      throw new IllegalStateException(e + " cannot follow " + this);
    }
    // The rest of its time stays empty. If the next sale is announced, that one decides.
    Instant end = open.endsAt();
    Instant resumes =
        announced != null || (resumesAt != null && resumesAt.isAfter(end)) ? resumesAt : end;
    return new SaleState(lastId, announced, open.endingAt(e.endsAt()), closed, scheduled, resumes);
  }

  private SaleState onScheduled(SaleEvent.SaleScheduled e) {
    List<ExtraSale> more = new ArrayList<>(scheduled);
    more.add(e.extra());
    more.sort(Comparator.comparing(ExtraSale::opensAt));
    if (more.size() > MOST_SCHEDULED
        || e.extra().opensAt().isBefore(busyUntil())
        || scheduled.stream().anyMatch(e.extra()::overlaps)) {
      throw new IllegalStateException(e + " cannot follow " + this);
    }
    return new SaleState(lastId, announced, open, closed, more, resumesAt);
  }

  /** An extra sale is no longer scheduled once it has an id, or a later sale was there instead. */
  private List<ExtraSale> after(Sale sale) {
    return scheduled.stream().filter(extra -> extra.endsAt().isAfter(sale.endsAt())).toList();
  }

  private @Nullable Instant resumesAfter(Sale sale) {
    return scheduled.stream()
        .filter(
            extra ->
                extra.endsAt().equals(sale.endsAt()) && !sale.opensAt().isBefore(extra.opensAt()))
        .map(ExtraSale::resumesAt)
        .findAny()
        .orElse(null);
  }

  /** The sale that opened last, be it open or closed; null before the first. */
  @Nullable Sale last() {
    if (open != null) {
      return open;
    }
    return closed.isEmpty() ? null : closed.getLast();
  }

  /** No extra sale can begin before. */
  Instant busyUntil() {
    Sale last = announced != null ? announced : last();
    return last == null ? Instant.MIN : last.endsAt();
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
