package io.flashsale.sale;

import io.flashsale.item.ItemId;
import io.flashsale.metrics.Histogram;
import io.flashsale.metrics.Metrics;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * The holds of the items that live on this node, for those who watch it: nothing is decided by it.
 * An item that dies with a hold takes it along, and tells when it has recovered. At most one hold
 * per item that is in memory.
 */
public final class LiveHolds {

  /** A hold that has ended later than this is late (I7). */
  private static final Duration LATE = Duration.ofSeconds(1);

  private final InstantSource clock;
  private final Map<ItemId, Instant> ends = new ConcurrentHashMap<>();
  private final LongAdder begun = new LongAdder();
  private final LongAdder sold = new LongAdder();
  private final LongAdder released = new LongAdder();
  private final LongAdder gone = new LongAdder();
  private final Histogram lag = Histogram.ofTimes();

  public LiveHolds(InstantSource clock) {
    this.clock = clock;
  }

  /** An item is held, or was when it recovered. */
  public void held(ItemId item, Instant expiresAt) {
    if (ends.put(item, expiresAt) == null) {
      begun.increment();
    }
  }

  /** The hold of the item was bought; known already if the item has just recovered. */
  public void sold(ItemId item) {
    if (ends.remove(item) != null) {
      sold.increment();
    }
  }

  /** The hold of the item was given up, or has expired. */
  public void released(ItemId item) {
    Instant end = ends.remove(item);
    if (end == null) {
      return;
    }
    released.increment();
    Duration late = Duration.between(end, clock.instant());
    if (!late.isNegative()) {
      lag.record(late);
    }
  }

  /** The item leaves memory. */
  public void gone(ItemId item) {
    if (ends.remove(item) != null) {
      gone.increment();
    }
  }

  /** Another number whenever a hold has begun, ended or left; for those who look now and then. */
  public long version() {
    return begun.sum() + sold.sum() + released.sum() + gone.sum();
  }

  /** The numbers of the items of a sale that are held here: reads all holds, of all sales. */
  public BitSet items(long saleId) {
    BitSet held = new BitSet();
    for (ItemId item : ends.keySet()) {
      if (item.saleId() == saleId) {
        held.set(item.number());
      }
    }
    return held;
  }

  /** Holds that live. */
  public int live() {
    return ends.size();
  }

  /** Holds that should have ended. */
  public long overdue() {
    Instant late = clock.instant().minus(LATE);
    return ends.values().stream().filter(end -> end.isBefore(late)).count();
  }

  /** Items that were sold while they lived here. */
  public long soldHere() {
    return sold.sum();
  }

  public void show(Metrics metrics) {
    metrics.gauge("holds_live", "Items on this node that are held", this::live);
    metrics.gauge(
        "holds_overdue",
        "Items on this node whose hold should have ended more than a second ago",
        this::overdue);
    metrics.counter("holds", "Holds that began on this node, or were recovered by it", begun::sum);
    String help = "Holds that ended on this node, by how";
    metrics.counter("holds_ended", help, sold::sum, "how", "sold");
    metrics.counter("holds_ended", help, released::sum, "how", "released");
    metrics.histogram(
        "hold_expiry_lag_seconds",
        "From the time at which a hold expires to the commit that frees its item",
        () -> lag);
  }
}
