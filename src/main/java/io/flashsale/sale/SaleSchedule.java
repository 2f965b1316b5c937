package io.flashsale.sale;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When which sale is announced, opened and closed. Slots are multiples of the period since the
 * epoch (UTC), and each has at most one sale; extra sales stand between them, and a sale that would
 * reach into one ends where it begins. Pure: what is due is a function of the state and the time.
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

  /**
   * A sale that is closed ends so much later: all nodes ask within this time, and end it together.
   */
  static final Duration NOTICE = Duration.ofSeconds(2);

  /**
   * Closed sales whose holds may live: so many can be told apart by their codes, with room for
   * those of the slots (CheckoutCode.SALES). Only who opens and closes sales all the time has more.
   */
  static final int MOST_WITH_HOLDS = 256;

  /** An extra sale lasts no longer, and begins no later from now. */
  static final Duration MOST = Duration.ofDays(366);

  /** The next events to be written at this time; none if nothing is due. */
  List<SaleEvent> due(SaleState state, Instant now) {
    Sale open = state.open();
    Sale announced = state.announced();
    List<SaleEvent> events = new ArrayList<>();
    Sale next = announced != null ? announced : next(state, now);
    if (!now.isBefore(next.opensAt())) {
      // If it was announced, all nodes have opened it by their clocks: it still was a sale, however
      // late the coordinator comes. If not, nobody was there, and slots that were missed are
      // skipped.
      close(open, events);
      events.add(new SaleEvent.SaleOpened(next));
      return events;
    }
    if (open != null && !now.isBefore(open.endsAt())) {
      close(open, events); // and none follows at once
    }
    if (announced == null && !now.isBefore(next.opensAt().minus(announceAhead))) {
      events.add(new SaleEvent.SaleAnnounced(next));
    }
    return events;
  }

  /** When something is due next, if the clock runs evenly until then. */
  Instant nextDue(SaleState state) {
    Sale open = state.open();
    Sale last = state.last();
    Sale announced = state.announced();
    Instant due = Instant.EPOCH;
    if (announced != null) {
      due = announced.opensAt();
    } else if (last != null) {
      due = next(state, last.endsAt()).opensAt().minus(announceAhead);
    }
    return open != null && open.endsAt().isBefore(due) ? open.endsAt() : due;
  }

  private static void close(@Nullable Sale open, List<SaleEvent> events) {
    if (open != null) {
      events.add(new SaleEvent.SaleClosed(open.id()));
    }
  }

  /** The sale after the last one: an extra one, or that of a slot, whichever may be first. */
  private Sale next(SaleState state, Instant now) {
    Sale last = state.last();
    Instant from = last == null ? now : later(now, last.endsAt());
    Instant regular = state.resumesAt() == null ? from : later(from, state.resumesAt());
    long id = state.lastId() + 1;
    for (ExtraSale extra : state.scheduled()) {
      if (!from.isBefore(extra.endsAt())) {
        continue; // missed
      }
      if (extra.opensAt().isAfter(regular)) {
        Sale sale = sale(id, last, regular);
        return sale.endsAt().isAfter(extra.opensAt()) ? sale.endingAt(extra.opensAt()) : sale;
      }
      Instant opensAt = later(extra.opensAt(), from);
      return new Sale(
          id, extra.opensAt(), opensAt, extra.endsAt(), extra.items(), userLimit, holdTtl);
    }
    return sale(id, last, regular);
  }

  private Sale sale(long id, @Nullable Sale before, Instant opensAt) {
    Instant slot = slotAt(opensAt);
    Instant endsAt = slot.plus(period);
    if (before != null && before.endsAt().isAfter(slot)) {
      slot = before.endsAt(); // the period was changed: a new slot begins where the old one ended
    }
    return new Sale(id, slot, opensAt, endsAt, items, userLimit, holdTtl);
  }

  /**
   * Whether there may be an extra sale.
   *
   * @param opensAt null for now
   * @param endsAt null for the start of the next slot
   * @param wanted items, or null for as many as others have
   * @return {@link SaleDecision.Scheduled} if there may
   */
  SaleDecision extra(
      SaleState state,
      @Nullable Instant opensAt,
      @Nullable Instant endsAt,
      @Nullable Integer wanted,
      Instant now) {
    Instant start = opensAt == null ? now : opensAt;
    if (start.isBefore(now) || start.isAfter(now.plus(MOST))) {
      return invalid("started_at", "is not between now and a year from now");
    }
    Instant end = endsAt == null ? slotAt(start).plus(period) : endsAt;
    Duration least = later(Duration.ofSeconds(1), holdTtl.dividedBy(100));
    if (end.isBefore(start.plus(least)) || end.isAfter(start.plus(MOST))) {
      return invalid("ended_at", "is not from " + least + " to a year after the start");
    }
    // In a slot that has begun before it, there was a sale, or this is it.
    Instant slot = slotAt(end);
    Instant resumesAt = slot.isAfter(start) ? end : slot.plus(period);
    ExtraSale extra = new ExtraSale(start, end, wanted == null ? items : wanted, resumesAt);
    if (state.scheduled().contains(extra)) {
      return new SaleDecision.Scheduled(extra); // asked for again
    }
    if (start.isBefore(state.busyUntil())) {
      return overlaps("Another sale is open or announced until " + state.busyUntil());
    }
    for (ExtraSale other : state.scheduled()) {
      if (extra.overlaps(other)) {
        return overlaps(
            "Another sale is scheduled from " + other.opensAt() + " to " + other.endsAt());
      }
    }
    if (state.scheduled().size() >= SaleState.MOST_SCHEDULED) {
      return tooMany("So many sales are scheduled already: " + SaleState.MOST_SCHEDULED);
    }
    return state.withLiveHolds(now).size() < MOST_WITH_HOLDS
        ? new SaleDecision.Scheduled(extra)
        : tooMany("So many sales have ended lately, with holds that may live: " + MOST_WITH_HOLDS);
  }

  /**
   * Whether a sale may be closed, and when it ends.
   *
   * @return {@link SaleDecision.Closing} if it may: with the end that it has, if that is near
   */
  SaleDecision closing(SaleState state, long saleId, Instant now) {
    Sale open = state.open();
    if (open == null || open.id() != saleId) {
      boolean known = saleId >= 1 && saleId <= state.lastId();
      return new SaleDecision.Refused(
          known ? SaleDecision.Reason.NOT_OPEN : SaleDecision.Reason.UNKNOWN,
          null,
          "Sale " + saleId + " is not the open one");
    }
    Instant end = later(now, open.opensAt()).plus(NOTICE); // the clock may have been set back
    return new SaleDecision.Closing(end.isBefore(open.endsAt()) ? open.endingAt(end) : open);
  }

  private static SaleDecision tooMany(String detail) {
    return new SaleDecision.Refused(SaleDecision.Reason.TOO_MANY, null, detail);
  }

  private static SaleDecision invalid(String parameter, String detail) {
    return new SaleDecision.Refused(SaleDecision.Reason.INVALID, parameter, detail);
  }

  private static SaleDecision overlaps(String detail) {
    return new SaleDecision.Refused(SaleDecision.Reason.OVERLAPS, null, detail);
  }

  private static <T extends Comparable<T>> T later(T one, T other) {
    return one.compareTo(other) < 0 ? other : one;
  }

  private Instant slotAt(Instant time) {
    long millis = period.toMillis();
    return Instant.ofEpochMilli(Math.floorDiv(time.toEpochMilli(), millis) * millis);
  }
}
