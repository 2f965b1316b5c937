package io.flashsale.live;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.receptionist.Receptionist;
import akka.actor.typed.receptionist.ServiceKey;
import io.flashsale.sale.LiveHolds;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import io.flashsale.wire.CborSerializable;
import java.time.Duration;
import java.util.BitSet;
import java.util.Set;

/**
 * Keeps the feed of a node going: looks whether there is something new, and tells the other nodes
 * which items are held on this one. No node knows that of all items, and who watches wants to.
 *
 * <p>Nodes whose feed is watched are listed with the Receptionist, and only they are told: all that
 * is held, whenever that has changed and now and then in any case. So nothing depends on a message
 * arriving, and while nobody watches nothing is sent.
 */
public final class LiveKeeper {

  /** A node that is not heard of for three times as long is forgotten: {@link HeldElsewhere}. */
  static final Duration TELL_AT_LEAST_EVERY = Duration.ofSeconds(2);

  /** A node stays listed for so long after its last client: clients come back. */
  static final Duration LISTED_AFTER_THE_LAST = Duration.ofSeconds(30);

  static final ServiceKey<Message> KEY = ServiceKey.create(Message.class, "live-feed");

  /** What the actor hears. */
  public sealed interface Message {}

  /**
   * What another node says of its items.
   *
   * @param node who says it
   * @param items those of the sale that it holds: item {@code i} is bit {@code i % 8} of byte
   *     {@code i / 8}
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  public record Held(String node, long saleId, byte[] items) implements Message, CborSerializable {}

  private record Listed(Receptionist.Listing listing) implements Message {}

  private enum Tick implements Message {
    LOOK
  }

  private final LiveFeed feed;
  private final SaleBoard board;
  private final LiveHolds holds;
  private final ActorContext<Message> context;
  private final String node;
  private Set<ActorRef<Message>> watched = Set.of();
  private boolean listed;
  private long lastWatched;
  private long toldAt;
  private long toldVersion;
  private long toldSale;

  /**
   * The behaviour of the keeper. If it fails it is to be restarted.
   *
   * @param node unique in the cluster
   */
  public static Behavior<Message> create(
      String node, LiveFeed feed, SaleBoard board, LiveHolds holds) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  LiveKeeper keeper = new LiveKeeper(node, feed, board, holds, context);
                  timers.startTimerWithFixedDelay(Tick.LOOK, LiveFeed.LOOK_EVERY);
                  context
                      .getSystem()
                      .receptionist()
                      .tell(
                          Receptionist.subscribe(
                              KEY,
                              context.messageAdapter(Receptionist.Listing.class, Listed::new)));
                  return Behaviors.receiveMessage(keeper::onMessage);
                }));
  }

  private LiveKeeper(
      String node, LiveFeed feed, SaleBoard board, LiveHolds holds, ActorContext<Message> context) {
    this.node = node;
    this.feed = feed;
    this.board = board;
    this.holds = holds;
    this.context = context;
  }

  private Behavior<Message> onMessage(Message message) {
    switch (message) {
      case Tick.LOOK -> {
        list();
        tellTheOthers();
        feed.look();
      }
      case Listed(Receptionist.Listing listing) -> {
        watched = listing.getServiceInstances(KEY);
        toldAt = 0; // who has just come is told at once
      }
      case Held(String from, long saleId, byte[] items) -> {
        if (!from.equals(node)) {
          feed.elsewhere().said(from, saleId, BitSet.valueOf(items));
        }
      }
    }
    return Behaviors.same();
  }

  private void list() {
    long now = System.nanoTime();
    if (feed.clients() > 0) {
      lastWatched = now;
      if (!listed) {
        listed = true;
        context.getSystem().receptionist().tell(Receptionist.register(KEY, context.getSelf()));
      }
    } else if (listed && now - lastWatched > LISTED_AFTER_THE_LAST.toNanos()) {
      listed = false;
      context.getSystem().receptionist().tell(Receptionist.deregister(KEY, context.getSelf()));
    }
  }

  private void tellTheOthers() {
    boolean others = watched.size() > (listed ? 1 : 0);
    Sale open = board.open();
    if (!others || open == null) {
      return;
    }
    long now = System.nanoTime();
    long version = holds.version();
    boolean changed = version != toldVersion || open.id() != toldSale;
    Duration pause = changed ? LiveFeed.EVERY : TELL_AT_LEAST_EVERY;
    if (toldAt != 0 && now - toldAt < pause.toNanos()) {
      return;
    }
    toldAt = now;
    toldVersion = version;
    toldSale = open.id();
    Held held = new Held(node, open.id(), holds.items(open.id()).toByteArray());
    for (ActorRef<Message> other : watched) {
      if (!other.equals(context.getSelf())) {
        other.tell(held);
      }
    }
  }
}
