package io.flashsale.sale;

import io.flashsale.metrics.Metrics;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot.UnknownDataPointSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees on this node how a sale goes: whether it opened on time, when it was sold out, and how it
 * ended. It looks ten times a second, so that no request has to do anything for it.
 */
public final class SaleWatch {

  private static final Logger log = LoggerFactory.getLogger(SaleWatch.class);

  /** How often to {@link #look}: a tenth of the shortest delay that anybody would notice. */
  public static final Duration EVERY = Duration.ofMillis(100);

  /** After so many looks a node that has just come knows what others have sold. */
  private static final int UNTIL_KNOWN = 20;

  private final InstantSource clock;
  private final SaleBoard board;
  private final LiveHolds holds;
  private volatile boolean watching;
  private volatile double openDelay;
  private volatile double soldOutAfter;
  private @Nullable Sale seen; // of the one who looks
  private int looksAtUnsold;

  public SaleWatch(InstantSource clock, SaleBoard board, LiveHolds holds) {
    this.clock = clock;
    this.board = board;
    this.holds = holds;
  }

  /** To be called every now and then, by one thread at a time. */
  public void look() {
    Sale open = board.open();
    Sale before = seen;
    if (open == null || before == null || open.id() != before.id()) {
      if (before != null) {
        ended(before);
      }
      if (open != null) {
        opened(open);
      }
    } else if (!board.sold().all(open)) {
      looksAtUnsold++;
    } else if (soldOutAfter == 0 && looksAtUnsold >= UNTIL_KNOWN) { // and not before this node came
      soldOutAfter = seconds(Duration.between(open.opensAt(), clock.instant()));
      log.info(
          "Sale {} is sold out, {} s after it opened",
          open.id(),
          String.format(Locale.ROOT, "%.1f", soldOutAfter));
    }
    seen = open;
    watching |= board.isInformed();
  }

  /**
   * A node that comes in the middle of a sale has not seen it open, and the first sale of all opens
   * when the system does.
   */
  private void opened(Sale sale) {
    soldOutAfter = 0;
    Instant now = clock.instant();
    boolean seenToOpen = watching && sale.id() > 1;
    looksAtUnsold = seenToOpen ? UNTIL_KNOWN : 0;
    openDelay = seenToOpen ? seconds(Duration.between(sale.slot(), now)) : 0;
    if (seenToOpen) {
      log.info(
          "Sale {} opened here {} s after its slot",
          sale.id(),
          String.format(Locale.ROOT, "%.2f", openDelay));
    }
  }

  private void ended(Sale sale) {
    int sold = board.sold().count(sale.id());
    log.info("Sale {} has ended: {} of {} items are sold", sale.id(), sold, sale.items());
  }

  /** In seconds; 0 if it is not, or was before this node could see it. */
  double soldOutAfter() {
    return soldOutAfter;
  }

  private static double seconds(Duration duration) {
    return Math.max(0, duration.toNanos() / 1e9);
  }

  // ---------------------------------------------------------------- what Prometheus hears

  public void show(Metrics metrics) {
    metrics.gauge(
        "sale_open", "Whether a sale is open on this node", () -> is(board.open() != null));
    metrics.gauge(
        "sale_paused",
        "Whether no sale is open because an operator has closed the last one",
        () -> is(board.isPaused()));
    metrics.gauge("sale_id", "The id of the open sale; 0 if there is none", this::openId);
    metrics.gauge(
        "sale_items_sold",
        "Items of the open sale that are sold in the whole cluster, as far as this node has heard",
        this::sold);
    metrics.gauge("sale_stock", "Items of the open sale that are not sold", () -> items() - sold());
    metrics.gauge(
        "sale_open_delay_seconds",
        "From the slot of the open sale to the moment this node had it open; 0 if it opened before"
            + " the node came",
        () -> openDelay);
    metrics.gauge(
        "sale_sold_out_seconds",
        "From the opening of the open sale to its last item being sold; 0 if there are some left,"
            + " or if the node came later",
        this::soldOutAfter);
    metrics.gauge(
        "sale_end_seconds", "Until the open sale ends; 0 if none is open", this::untilEnd);
    metrics.gauge(
        "sale_next_announced",
        "Whether the next sale is announced",
        () -> is(board.next() != null));
    metrics.gauge(
        "sale_next_seconds", "Until the announced sale opens; 0 if none is", this::untilNext);
    metrics.add(
        () ->
            List.of(
                total(
                    "sale_items_total", "Items of the open sale; 0 if there is none", this::items),
                total(
                    "sale_items_sold_total",
                    "Items that were sold by this node",
                    holds::soldHere)));
  }

  /**
   * Names of long standing. Neither is a counter by its type: the one is none, and as a counter the
   * other would have the name of sale_items_sold in OpenMetrics, which names counters without
   * {@code _total} (docs/adr/0016).
   */
  private static MetricSnapshot total(String name, String help, LongSupplier value) {
    return UnknownSnapshot.builder()
        .name(name)
        .help(help)
        .dataPoint(UnknownDataPointSnapshot.builder().value((double) value.getAsLong()).build())
        .build();
  }

  private static double is(boolean so) {
    return so ? 1 : 0;
  }

  private long openId() {
    Sale open = board.open();
    return open == null ? 0 : open.id();
  }

  private int items() {
    Sale open = board.open();
    return open == null ? 0 : open.items();
  }

  private int sold() {
    return board.sold().count(openId());
  }

  private double untilEnd() {
    Sale open = board.open();
    return open == null ? 0 : seconds(Duration.between(clock.instant(), open.endsAt()));
  }

  private double untilNext() {
    Sale next = board.next();
    return next == null ? 0 : seconds(Duration.between(clock.instant(), next.opensAt()));
  }
}
