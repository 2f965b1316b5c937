package io.flashsale.item;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.cluster.sharding.typed.javadsl.ClusterSharding;
import akka.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import io.flashsale.TestClock;
import io.flashsale.TestNode;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** An item, and the world as it sees it. */
final class ItemWorld implements Item.Surroundings {

  static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  static final Duration TTL = Duration.ofSeconds(60);
  static final Instant EXPIRY = NOON.plus(TTL);
  static final long SALE = 7;
  static final long USER = 1L << 40;
  static final UUID CODE = new UUID(0, 1);

  private static final AtomicInteger NUMBERS = new AtomicInteger();

  final TestNode node;
  final ItemId id = new ItemId(SALE, NUMBERS.getAndIncrement());
  final String persistenceId = "Item|" + id;
  final TestClock clock = new TestClock(NOON);
  final TestProbe<Item.Reply> user;
  final TestProbe<ClusterSharding.ShardCommand> shard;
  final List<ItemId> sold = new CopyOnWriteArrayList<>();
  volatile boolean saleIsOver;

  private final List<ItemState.Held> asked = new CopyOnWriteArrayList<>();
  private final TestProbe<Item.Awake> knocker;
  private @Nullable EventSourcedBehaviorTestKit<Item.Command, ItemEvent, ItemState> kit;
  private @Nullable ActorRef<Item.Command> item;

  private ItemWorld(TestNode node) {
    this.node = node;
    user = node.probe();
    shard = node.probe();
    knocker = node.probe();
  }

  /** The item runs in the test kit, which checks that commands and events can be serialized. */
  static ItemWorld tested(TestNode node) {
    ItemWorld world = new ItemWorld(node);
    world.kit = node.tested(Item.create(world.id, world, world.shard.getRef()));
    world.kit().getState(); // recovered: its timers run
    return world;
  }

  /** The item runs free, so that the test can look on while it writes. */
  static ItemWorld free(TestNode node, ItemEvent... journal) {
    ItemWorld world = new ItemWorld(node);
    if (journal.length > 0) {
      node.write(world.persistenceId, (Object[]) journal);
    }
    world.item = node.spawn(Item.create(world.id, world, world.shard.getRef()));
    world.settle();
    return world;
  }

  // ---------------------------------------------------------------- what the item sees

  @Override
  public InstantSource clock() {
    return clock;
  }

  @Override
  public void askOutcome(ItemId about, ItemState.Held held) {
    assertThat(about).isEqualTo(id);
    asked.add(held);
  }

  @Override
  public void sold(ItemId which) {
    sold.add(which);
  }

  @Override
  public LongPredicate saleIsOver() {
    return saleId -> saleId == SALE && saleIsOver;
  }

  // ---------------------------------------------------------------- what the test does

  EventSourcedBehaviorTestKit<Item.Command, ItemEvent, ItemState> kit() {
    EventSourcedBehaviorTestKit<Item.Command, ItemEvent, ItemState> it = kit;
    if (it == null) {
      throw new IllegalStateException("This item runs free");
    }
    return it;
  }

  void tell(Item.Command command) {
    ActorRef<Item.Command> free = item;
    if (free != null) {
      free.tell(command);
    } else {
      kit().runCommand(command);
    }
  }

  /** Until the item has worked off what it was told. */
  void settle() {
    tell(new Item.Wake(0, knocker.getRef()));
    node.passUntil(this::hasAnswered);
  }

  private boolean hasAnswered() {
    try {
      return knocker
          .receiveMessage(Duration.ofMillis(100))
          .equals(new Item.Awake(id.saleId(), id.number()));
    } catch (AssertionError nothingYet) {
      return false;
    }
  }

  /** No command comes, but for those of timers: a command would put off the item's leaving. */
  void pass(Duration duration) {
    clock.advance(duration);
    node.pass(duration);
    if (kit != null) {
      kit().getState();
    } else {
      settle();
    }
  }

  Item.Reserve reserve(long holdId) {
    return reserve(holdId, USER);
  }

  Item.Reserve reserve(long holdId, long userId) {
    return new Item.Reserve(CODE, holdId, userId, EXPIRY, user.getRef());
  }

  void heldBy(long holdId) {
    tell(reserve(holdId));
    expectHeld(holdId);
  }

  void expectHeld(long holdId) {
    user.expectMessage(new Item.Reply.Held(holdId, id.number()));
  }

  void expectRefused(long holdId, Item.Reason reason) {
    user.expectMessage(new Item.Reply.Refused(holdId, id.number(), reason, false));
  }

  /** What is in the way is the asking user's own. */
  void expectRefusedForItsOwn(long holdId, Item.Reason reason) {
    user.expectMessage(new Item.Reply.Refused(holdId, id.number(), reason, true));
  }

  // ---------------------------------------------------------------- what the test sees

  /** The questions since the last time. */
  List<ItemState.Held> takeAsked() {
    List<ItemState.Held> taken = new ArrayList<>(asked);
    asked.clear();
    return taken;
  }

  void expectUserHeardNothing() {
    Item.Reply mark = new Item.Reply.Held(-1, -1);
    user.getRef().tell(mark);
    user.expectMessage(mark);
  }

  void expectNotPassivated() {
    ClusterSharding.ShardCommand mark = new ClusterSharding.Passivate<>(user.getRef());
    shard.getRef().tell(mark);
    shard.expectMessage(mark);
  }

  List<Object> events() {
    return node.events(persistenceId);
  }

  ItemState state() {
    return kit().getState();
  }

  static ItemState.Held held(long holdId) {
    return new ItemState.Held(CODE, holdId, USER, EXPIRY);
  }

  static ItemEvent.Reserved reserved(long holdId) {
    return new ItemEvent.Reserved(CODE, holdId, USER, EXPIRY);
  }
}
