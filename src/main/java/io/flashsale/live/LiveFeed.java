package io.flashsale.live;

import io.flashsale.sale.LiveHolds;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import java.time.Duration;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What all clients of this node are shown. It is read from what the node knows anyway, so that
 * nothing that is bought or held has to do anything for it; it is made once for all clients, and
 * not at all while there are none.
 */
public final class LiveFeed {

  /** How often to {@link #look}: that is next to nothing while there is nothing new. */
  static final Duration LOOK_EVERY = Duration.ofMillis(25);

  /** What has changed is shown at once, and what changes then after this time. */
  static final Duration EVERY = Duration.ofMillis(100);

  /** The bitmaps are some KB, and no eye sees more. */
  static final Duration ITEMS_EVERY = Duration.ofMillis(250);

  /** Also if nothing has changed: who hears nothing for longer is not connected. */
  static final Duration AT_LEAST_EVERY = Duration.ofSeconds(5);

  private final String node;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final SaleBoard board;
  private final LiveHolds holds;
  private final HeldElsewhere elsewhere;
  private final Broadcast broadcast;
  private final LiveMetrics metrics = new LiveMetrics();
  private final AtomicInteger watchingItems = new AtomicInteger();
  private final AtomicInteger followers = new AtomicInteger();
  private volatile boolean leaving;

  private volatile @Nullable Shown stock;
  private volatile @Nullable Shown items;
  private @Nullable LiveMessage toldStock; // of the one who looks
  private @Nullable LiveMessage toldItems;

  /** Of what something was made: the same again if it is equal. */
  private record Facts(
      @Nullable Sale open, @Nullable Sale next, int sold, long held, long heldElsewhere) {}

  private record Shown(Facts facts, long at, LiveMessage message) {}

  /**
   * The feed of a node.
   *
   * @param node the name that clients are told
   * @param most clients at a time
   * @param nanoTime never goes back
   */
  public LiveFeed(
      String node,
      int most,
      InstantSource clock,
      LongSupplier nanoTime,
      SaleBoard board,
      LiveHolds holds) {
    this.node = node;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.board = board;
    this.holds = holds;
    this.elsewhere = new HeldElsewhere(nanoTime);
    this.broadcast = new Broadcast(most, nanoTime);
  }

  // ---------------------------------------------------------------- for those who connect

  /** Whether there are as many clients as there may be. */
  public boolean isFull() {
    return broadcast.isFull();
  }

  /** No more clients; those that there are hear that the node leaves. */
  public void leave() {
    leaving = true;
    broadcast.tellAll();
  }

  public LiveMetrics metrics() {
    return metrics;
  }

  // ---------------------------------------------------------------- for each client

  boolean isLeaving() {
    return leaving;
  }

  Broadcast broadcast() {
    return broadcast;
  }

  /** Clients that want to see the items. */
  AtomicInteger watchingItems() {
    return watchingItems;
  }

  /** Clients that want to hear of orders. */
  AtomicInteger followers() {
    return followers;
  }

  LiveMessage hello() {
    return LiveMessage.connection(node, clock.instant());
  }

  /** What is to be shown, the same object until there is something else. */
  LiveMessage stock() {
    Shown shown = stock;
    return shown == null ? refreshed().message : shown.message;
  }

  /** Null if nobody has wanted it yet. */
  @Nullable LiveMessage items() {
    Shown shown = items;
    return shown == null ? null : shown.message;
  }

  /** For a client that has just come: nobody may have looked for long. */
  void refresh() {
    var _ = refreshed();
  }

  // ---------------------------------------------------------------- for the keeper

  int clients() {
    return broadcast.size();
  }

  HeldElsewhere elsewhere() {
    return elsewhere;
  }

  /** Sees whether there is something new, and tells the clients. By one thread at a time. */
  void look() {
    elsewhere.forgetTheSilent();
    if (broadcast.size() == 0 || !broadcast.isReady()) {
      return;
    }
    refresh();
    LiveMessage newStock = stock();
    LiveMessage newItems = items();
    if (newStock != toldStock || newItems != toldItems) {
      toldStock = newStock;
      toldItems = newItems;
      broadcast.begin();
    }
  }

  private synchronized Shown refreshed() {
    long now = nanoTime.getAsLong();
    Shown before = stock;
    if (before != null && now - before.at < EVERY.toNanos()) {
      refreshItems(before.facts, now, null);
      return before;
    }
    Facts facts = facts();
    if (before != null
        && facts.equals(before.facts)
        && now - before.at < AT_LEAST_EVERY.toNanos()) {
      refreshItems(facts, now, null);
      return before;
    }
    Seen seen = see(facts.open);
    Shown shown =
        new Shown(
            facts,
            now,
            LiveMessage.stock(
                facts.open,
                facts.next,
                seen.sold.cardinality(),
                seen.held.cardinality(),
                clock.instant()));
    stock = shown;
    refreshItems(facts, now, seen);
    return shown;
  }

  private void refreshItems(Facts facts, long now, @Nullable Seen seen) {
    Shown before = items;
    if (watchingItems.get() == 0
        || (before != null
            && (facts.equals(before.facts) || now - before.at < ITEMS_EVERY.toNanos()))) {
      return;
    }
    Seen both = seen == null ? see(facts.open) : seen;
    items = new Shown(facts, now, LiveMessage.items(facts.open, both.sold, both.held));
  }

  private Facts facts() {
    Sale open = board.open();
    return new Facts(
        open,
        board.next(),
        open == null ? 0 : board.sold().count(open.id()),
        holds.version(),
        elsewhere.version());
  }

  /** Sold goes before held: an item hears of its own sale a moment after the buyer. */
  private record Seen(BitSet sold, BitSet held) {}

  private Seen see(@Nullable Sale open) {
    if (open == null) {
      return new Seen(new BitSet(), new BitSet());
    }
    BitSet sold = board.sold().items(open.id());
    BitSet held = holds.items(open.id());
    elsewhere.addTo(held, open.id());
    held.andNot(sold);
    return new Seen(sold, held);
  }
}
