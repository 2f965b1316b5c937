package io.flashsale.simulation;

import static io.flashsale.simulation.Ledger.mustBe;

import io.flashsale.sale.Asked;
import io.flashsale.sale.ExtraSale;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleCoordinator;
import io.flashsale.sale.SaleDecision;
import io.flashsale.sale.SaleEvent;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the journal says of the sales, and whether operators are told the truth. */
final class SaleLedger {

  /** A sale that is closed ends so much later, by the clock of who closes it. */
  private static final Duration NOTICE = Duration.ofSeconds(2);

  private final World world;
  private final Duration period;
  private final List<Sale> announced = new ArrayList<>();
  private final List<Sale> opened = new ArrayList<>(); // with the ends that they have now
  private final List<Sale> told = new ArrayList<>(); // and with those that they had
  private final List<ExtraSale> wanted = new ArrayList<>();
  private final Set<UUID> keys = new HashSet<>();
  private final Map<Long, Instant> closings = new HashMap<>(); // sale id to when first asked for
  private int closed;

  SaleLedger(World world, Duration period) {
    this.world = world;
    this.period = period;
  }

  int opened() {
    return opened.size();
  }

  /** Opened because somebody wanted them. */
  int extra() {
    return (int) opened.stream().filter(this::isExtra).count();
  }

  /** Of a sale that is announced or open. */
  int items(long saleId) {
    return announced.stream()
        .filter(sale -> sale.id() == saleId)
        .findAny()
        .orElseGet(() -> opened.get((int) saleId - 1))
        .items();
  }

  void apply(SaleEvent event) {
    switch (event) {
      case SaleEvent.SaleAnnounced e -> announced.add(e.sale());
      case SaleEvent.SaleOpened e -> open(e.sale());
      case SaleEvent.SaleClosed e -> {
        closed++;
        mustBe(e.saleId() == closed && closed == opened.size(), "I6", e);
      }
      case SaleEvent.SaleShortened e -> {
        remember(e.asked());
        Sale sale = opened.getLast();
        mustBe(e.saleId() == sale.id() && closed < opened.size(), "I6", sale, e);
        mustBe(e.endsAt().isBefore(sale.endsAt()), "I6", sale, e);
        mustBe(!e.endsAt().isBefore(earliestEnd(e.saleId())), "EndsLater", closings, e);
        opened.set(opened.size() - 1, sale.endingAt(e.endsAt()));
        told.add(opened.getLast());
      }
      case SaleEvent.SaleScheduled e -> {
        remember(e.asked());
        for (Sale sale : opened) {
          mustBe(!e.extra().opensAt().isBefore(sale.endsAt()), "I6", sale, e);
        }
        for (ExtraSale other : wanted) {
          boolean inItsTime = overlap(e.extra(), other.opensAt(), other.endsAt());
          mustBe(!inItsTime || hasOpened(other), "I6", other, e);
        }
        wanted.add(e.extra());
      }
    }
  }

  /**
   * All nodes can hear of a closing before it happens: nobody has decided it before it was asked.
   */
  private Instant earliestEnd(long saleId) {
    Instant asked = closings.get(saleId);
    if (asked == null) {
      throw new Breach("I6", "Nobody has asked to close sale " + saleId);
    }
    Instant byThatClock = asked.minusNanos(world.faults.skew * 1_000);
    return byThatClock.truncatedTo(ChronoUnit.MILLIS).plus(NOTICE);
  }

  private void remember(@Nullable Asked asked) {
    if (asked != null) {
      mustBe(keys.add(asked.key()), "R9", "twice by key", asked);
    }
  }

  private void open(Sale sale) {
    mustBe(sale.id() == opened.size() + 1, "I6", sale);
    mustBe(closed == opened.size(), "I6", opened, sale);
    Instant latest = world.time().plusNanos(world.faults.skew * 1_000);
    mustBe(!sale.opensAt().isAfter(latest), "I6", "too early", sale);
    for (Sale before : opened) {
      mustBe(!before.slot().equals(sale.slot()), "I6", before, sale);
      mustBe(!sale.opensAt().isBefore(before.endsAt()), "I6", before, sale);
      // What an operator leaves of a slot stays empty.
      boolean sameSlot = slot(before) == slot(sale);
      mustBe(!sameSlot || isExtra(before) || isExtra(sale), "I6", before, sale);
    }
    for (ExtraSale extra : wanted) {
      boolean isThis = is(sale, extra);
      boolean inItsTime = overlap(extra, sale.opensAt(), sale.endsAt());
      // What is left of its time when it was closed is free.
      mustBe(
          isThis || !inItsTime || hasOpened(extra), "I6", extra, "is wanted, and there is", sale);
    }
    mustBe(
        announced.stream()
            .allMatch(promised -> promised.id() != sale.id() || promised.equals(sale)),
        "I6",
        announced,
        sale);
    opened.add(sale);
    told.add(sale);
  }

  private long slot(Sale sale) {
    return Math.floorDiv(sale.opensAt().toEpochMilli(), period.toMillis());
  }

  private boolean isExtra(Sale sale) {
    return wanted.stream().anyMatch(extra -> is(sale, extra));
  }

  private boolean hasOpened(ExtraSale extra) {
    return opened.stream().anyMatch(sale -> is(sale, extra));
  }

  private static boolean is(Sale sale, ExtraSale extra) {
    return sale.slot().equals(extra.opensAt());
  }

  private static boolean overlap(ExtraSale extra, Instant from, Instant until) {
    return extra.opensAt().isBefore(until) && from.isBefore(extra.endsAt());
  }

  // ---------------------------------------------------------------- what is said

  /** An operator asks for this, perhaps once more. */
  void asked(SaleCoordinator.Request request) {
    if (request instanceof SaleCoordinator.CloseSale c) {
      closings.putIfAbsent(c.saleId(), world.time());
    }
  }

  /** What a node takes for a sale is journaled (I8). */
  void saidToBeOpen(SaleCoordinator.Sales sales) {
    mustBe(sales.open() == null || told.contains(sales.open()), "I8", sales);
    mustBe(sales.announced() == null || announced.contains(sales.announced()), "I8", sales);
  }

  boolean isDone(@Nullable Asked asked) {
    return asked != null && keys.contains(asked.key());
  }

  /** The sale that is open and not yet closed, 0 for none. */
  long openId() {
    return closed < opened.size() ? opened.size() : 0;
  }

  /**
   * The answer must be true.
   *
   * @param doneBefore whether the journal knew the key before the request was sent
   * @param openBefore the sale that was open then
   */
  void check(
      SaleCoordinator.Request request, SaleDecision said, boolean doneBefore, long openBefore) {
    switch (said) {
      case SaleDecision.Scheduled(ExtraSale extra) ->
          mustBe(wanted.contains(extra), "I5", request, said);
      case SaleDecision.Planned(Sale sale, SaleDecision.Status status) -> {
        boolean open = status != SaleDecision.Status.ANNOUNCED;
        mustBe(told.contains(sale) || (!open && announced.contains(sale)), "I5", request, said);
      }
      case SaleDecision.Closing(Sale sale) -> mustBe(told.contains(sale), "I5", request, said);
      case SaleDecision.Refused refused -> {
        mustBe(!doneBefore, "R9", request, said);
        mustBe(refused.reason() != SaleDecision.Reason.KEY_REUSED, "R9", request, said);
        boolean isOpen =
            request instanceof SaleCoordinator.CloseSale c
                && c.saleId() == openBefore
                && c.saleId() == openId();
        mustBe(!isOpen, "R2", request, said);
      }
      case SaleDecision.OutcomeUnknown _ -> {}
    }
  }
}
