package io.flashsale.sale;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When which sale is announced, opened and closed. Slots are multiples of the period since the
 * epoch (UTC). Pure: what is due is a function of the state and the time.
 *
 * @param announceAhead how long before it opens the next sale is announced
 */
public record SaleSchedule(
    Duration period, Duration announceAhead, int items, int userLimit, Duration holdTtl) {

  public SaleSchedule {
    if (period.toMillis() < 1 || announceAhead.compareTo(period) > 0) {
      throw new IllegalArgumentException("No schedule: " + period + ", " + announceAhead);
    }
  }

  /** The next events to be written at this time; none if nothing is due. */
  List<SaleEvent> due(SaleState state, Instant now) {
    Sale open = state.open();
    Sale announced = state.announced();
    List<SaleEvent> events = new ArrayList<>();
    if (announced != null && !now.isBefore(announced.opensAt())) {
      // All nodes have opened it by their clocks. If the coordinator comes late, it still was a
      // sale.
      close(open, events);
      events.add(new SaleEvent.SaleOpened(announced));
    } else if (open == null && announced == null) {
      events.add(new SaleEvent.SaleOpened(sale(state.lastId() + 1, open, now)));
    } else if (open != null && announced == null && !now.isBefore(open.endsAt())) {
      // Nobody was there to announce the next one: slots that were missed are skipped.
      close(open, events);
      events.add(new SaleEvent.SaleOpened(sale(state.lastId() + 1, open, now)));
    } else if (open != null
        && announced == null
        && !now.isBefore(open.endsAt().minus(announceAhead))) {
      events.add(new SaleEvent.SaleAnnounced(sale(state.lastId() + 1, open, open.endsAt())));
    }
    return events;
  }

  /** When something is due next, if the clock runs evenly until then. */
  Instant nextDue(SaleState state) {
    if (state.announced() != null) {
      return state.announced().opensAt();
    }
    return state.open() != null ? state.open().endsAt().minus(announceAhead) : Instant.EPOCH;
  }

  private static void close(@Nullable Sale open, List<SaleEvent> events) {
    if (open != null) {
      events.add(new SaleEvent.SaleClosed(open.id()));
    }
  }

  private Sale sale(long id, @Nullable Sale before, Instant opensAt) {
    Instant slot = slotAt(opensAt);
    Instant endsAt = slot.plus(period);
    if (before != null && before.endsAt().isAfter(slot)) {
      slot = before.endsAt(); // the period was changed: a new slot begins where the old one ended
    }
    return new Sale(id, slot, opensAt, endsAt, items, userLimit, holdTtl);
  }

  private Instant slotAt(Instant time) {
    long millis = period.toMillis();
    return Instant.ofEpochMilli(Math.floorDiv(time.toEpochMilli(), millis) * millis);
  }
}
