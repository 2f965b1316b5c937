package io.flashsale.live;

import java.time.Duration;
import java.util.BitSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Which items are held on the other nodes, as each of them says of its own. A node of which nothing
 * is heard for a while is forgotten: it has been lost, or has no items any more. One set for each
 * node of the cluster.
 */
final class HeldElsewhere {

  /** Three times as long as from one word to the next. */
  static final Duration FORGET_AFTER = Duration.ofSeconds(6);

  private record Said(long saleId, BitSet items, long at) {}

  private final LongSupplier nanoTime;
  private final Map<String, Said> byNode = new ConcurrentHashMap<>();
  private final AtomicLong version = new AtomicLong();

  HeldElsewhere(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** All that is held on a node of this sale; what it said before counts no more. */
  void said(String node, long saleId, BitSet items) {
    Said before = byNode.put(node, new Said(saleId, items, nanoTime.getAsLong()));
    if (before == null || before.saleId != saleId || !before.items.equals(items)) {
      version.incrementAndGet();
    }
  }

  void forgetTheSilent() {
    long now = nanoTime.getAsLong();
    if (byNode.values().removeIf(said -> now - said.at > FORGET_AFTER.toNanos())) {
      version.incrementAndGet();
    }
  }

  /** Another number whenever something has changed. */
  long version() {
    return version.get();
  }

  void addTo(BitSet held, long saleId) {
    for (Said said : byNode.values()) {
      if (said.saleId == saleId) {
        held.or(said.items);
      }
    }
  }
}
