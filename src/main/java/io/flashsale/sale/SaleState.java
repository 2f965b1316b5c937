package io.flashsale.sale;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The sales as the coordinator knows them. Pure: events in, states out.
 *
 * @param lastId the highest id that was ever given
 * @param closed closed sales, oldest first, that may have had holds when the newest sale opened
 * @param scheduled extra sales that are not announced yet, by their time
 * @param resumesAt no sale of a slot opens before, because of a sale that was closed or was an
 *     extra one; null if nothing is in the way
 * @param done what operators have asked for with a key, oldest first
 */
public record SaleState(
    long lastId,
    @Nullable Sale announced,
    @Nullable Sale open,
    List<Sale> closed,
    List<ExtraSale> scheduled,
    @Nullable Instant resumesAt,
    List<Done> done) {

  static final SaleState EMPTY = new SaleState(0, null, null, List.of());

  /** Extra sales that wait for their time. */
  static final int MOST_SCHEDULED = 32;

  /** Requests of operators that are remembered by their keys. */
  static final int MOST_DONE = 64;

  /**
   * A node that has not heard that a sale was closed may sell it so much longer: then it has heard
   * it, or has been downed (docs/adr/0009).
   */
  private static final Duration OUT_OF_TOUCH = Duration.ofSeconds(30);

  public SaleState {
    closed = List.copyOf(closed);
    scheduled = List.copyOf(scheduled);
    done = List.copyOf(done);
    Sale ended = closed.isEmpty() ? null : closed.getLast();
    mustNotOverlap(ended, open);
    mustNotOverlap(open == null ? ended : open, announced);
  }

  SaleState(long lastId, @Nullable Sale announced, @Nullable Sale open, List<Sale> closed) {
    this(lastId, announced, open, closed, List.of(), null, List.of());
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
            e.sale().id(),
            e.sale(),
            open,
            closed,
            after(e.sale()),
            resumesAfter(e.sale()),
            becoming(e.sale()));
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
            next ? resumesAfter(e.sale()) : resumesAt,
            becoming(e.sale()));
      }
      case SaleEvent.SaleClosed e -> {
        if (open == null || open.id() != e.saleId()) {
          throw new IllegalStateException(e + " cannot follow " + this);
        }
        List<Sale> more = new ArrayList<>(closed);
        more.add(open);
        yield new SaleState(lastId, announced, null, more, scheduled, resumesAt, done);
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
    Sale shortened = open.endingAt(e.endsAt());
    return new SaleState(
        lastId,
        announced,
        shortened,
        closed,
        scheduled,
        resumes,
        remembering(e.asked(), null, shortened));
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
    return new SaleState(
        lastId, announced, open, closed, more, resumesAt, remembering(e.asked(), e.extra(), null));
  }

  private List<Done> remembering(
      @Nullable Asked asked, @Nullable ExtraSale extra, @Nullable Sale sale) {
    if (asked == null) {
      return done;
    }
    return Stream.concat(done.stream(), Stream.of(new Done(asked, extra, sale)))
        .skip(Math.max(0, done.size() + 1 - MOST_DONE))
        .toList();
  }

  private List<Done> becoming(Sale sale) {
    return done.stream().map(one -> one.becoming(sale)).toList();
  }

  /**
   * The answer to a request that was done before; null if its key, or that it has none, says that
   * it was not.
   */
  @Nullable SaleDecision repeated(@Nullable Asked asked) {
    if (asked == null) {
      return null;
    }
    for (Done one : done) {
      if (one.asked().key().equals(asked.key())) {
        return one.asked().equals(asked)
            ? answer(one)
            : new SaleDecision.Refused(
                SaleDecision.Reason.KEY_REUSED, null, "The key was used for another request");
      }
    }
    return null;
  }

  private SaleDecision answer(Done one) {
    ExtraSale extra = one.extra();
    Sale sale = one.sale();
    if (extra == null) {
      return new SaleDecision.Closing(Objects.requireNonNull(sale));
    }
    return sale == null ? new SaleDecision.Scheduled(extra) : planned(sale);
  }

  private SaleDecision planned(Sale sale) {
    if (open != null && open.id() == sale.id()) {
      return new SaleDecision.Planned(open, SaleDecision.Status.OPEN);
    }
    boolean isNext = announced != null && announced.id() == sale.id();
    return new SaleDecision.Planned(
        sale, isNext ? SaleDecision.Status.ANNOUNCED : SaleDecision.Status.ENDED);
  }

  /** The answer to an operator whose sale was scheduled a moment ago. */
  SaleDecision planned(ExtraSale extra) {
    return Stream.of(open, announced)
        .flatMap(Stream::ofNullable)
        .filter(extra::became)
        .findAny()
        .map(this::planned)
        .orElseGet(() -> new SaleDecision.Scheduled(extra));
  }

  /** An extra sale is no longer scheduled once it has an id, or a later sale was there instead. */
  private List<ExtraSale> after(Sale sale) {
    return scheduled.stream().filter(extra -> extra.endsAt().isAfter(sale.endsAt())).toList();
  }

  private @Nullable Instant resumesAfter(Sale sale) {
    return scheduled.stream()
        .filter(extra -> extra.became(sale))
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

  /**
   * The closed sales that may have live holds at this time; twice their life, to be sure, and not
   * less than what a node may go on that has not heard of a closing.
   */
  List<Sale> withLiveHolds(Instant time) {
    return closed.stream().filter(sale -> livingUntil(sale).isAfter(time)).toList();
  }

  private static Instant livingUntil(Sale sale) {
    Duration ttl = sale.holdTtl();
    Duration more = ttl.compareTo(OUT_OF_TOUCH) < 0 ? OUT_OF_TOUCH : ttl;
    return sale.endsAt().plus(ttl).plus(more);
  }
}
