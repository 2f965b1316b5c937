package io.flashsale.user;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import akka.persistence.typed.PersistenceId;
import io.flashsale.TestClock;
import io.flashsale.TestNode;
import io.flashsale.item.Item;
import io.flashsale.item.ItemId;
import io.flashsale.tracing.Tracing;
import io.flashsale.user.UserCommand.AskOutcome;
import io.flashsale.user.UserCommand.CheckOut;
import io.flashsale.user.UserCommand.GiveUp;
import io.flashsale.user.UserCommand.Purchase;
import io.flashsale.user.UserCommand.Show;
import io.flashsale.user.UserCommand.Terms;
import io.flashsale.user.UserReply.Reason;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A user, and the world as it sees it: items that say what the test says, and a client. */
final class UserWorld implements User.Surroundings {

  static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  static final Duration TTL = Duration.ofSeconds(60);
  static final Instant EXPIRY = NOON.plus(TTL);
  static final long SALE = 7;
  static final Terms TERMS = new Terms(10, TTL);
  static final UUID UNKNOWN = new UUID(1, 1);

  /** The smallest ids do not fit 32 bits. */
  private static final AtomicLong NUMBERS = new AtomicLong(1L << 40);

  private static final Terms NOTHING = new Terms(0, TTL);

  record Sent(ItemId item, Item.Command command) {}

  final TestNode node;
  final UserId id = new UserId(SALE, NUMBERS.getAndIncrement());
  final String persistenceId = "User|" + id;
  final TestClock clock = new TestClock(NOON);
  final TestProbe<UserReply> client;

  /** How often the user has stopped. */
  final AtomicInteger stops = new AtomicInteger();

  private final List<Sent> sent = new CopyOnWriteArrayList<>();
  private final RandomGenerator random = new SplittableRandom(id.number());

  /** As between nodes. */
  volatile boolean lossy;

  volatile Tracing tracing = Tracing.OFF;

  private volatile @Nullable CompletionStage<Long> reading;
  private volatile CompletionStage<List<UserEvent>> earlier =
      CompletableFuture.completedFuture(List.of());

  /** The keys that were looked for in earlier sales. */
  final List<UUID> asked = new CopyOnWriteArrayList<>();

  @Override
  public Tracing tracing() {
    return tracing;
  }

  private @Nullable EventSourcedBehaviorTestKit<UserCommand, UserEvent, UserState> kit;
  private @Nullable ActorRef<UserCommand> user;

  private UserWorld(TestNode node) {
    this.node = node;
    client = node.probe();
  }

  /** The user runs in the test kit, which checks that commands and events can be serialized. */
  static UserWorld tested(TestNode node) {
    UserWorld world = new UserWorld(node);
    world.kit = node.tested(User.create(world.id, world));
    return world;
  }

  /** The user runs free, so that the test can look on while it writes. */
  static UserWorld free(TestNode node, UserEvent... journal) {
    UserWorld world = new UserWorld(node);
    if (journal.length > 0) {
      node.write(world.persistenceId, (Object[]) journal);
    }
    world.user = node.spawn(world.shardOfOne());
    world.settle();
    return world;
  }

  /** Recovers while the one before is still there, as on the other side of a partition. */
  void startNextIncarnation() {
    user = node.spawn(shardOfOne());
    settle();
  }

  /**
   * Starts the user when something is sent to it, and again when it has stopped, as a shard does.
   */
  private Behavior<UserCommand> shardOfOne() {
    return Behaviors.setup(context -> new ShardOfOne(context, this));
  }

  private static final class ShardOfOne extends AbstractBehavior<UserCommand> {
    private final UserWorld world;
    private @Nullable ActorRef<UserCommand> running;

    private ShardOfOne(ActorContext<UserCommand> context, UserWorld world) {
      super(context);
      this.world = world;
    }

    @Override
    public Receive<UserCommand> createReceive() {
      return newReceiveBuilder()
          .onMessage(UserCommand.class, this::forward)
          .onSignal(
              Terminated.class,
              _ -> {
                running = null;
                world.stops.incrementAndGet();
                return this;
              })
          .build();
    }

    private Behavior<UserCommand> forward(UserCommand command) {
      ActorRef<UserCommand> user = running;
      if (user == null) {
        user = getContext().spawnAnonymous(RepeatedLeave.to(User.create(world.id, world)));
        getContext().watch(user);
        running = user;
      }
      user.tell(command);
      return this;
    }
  }

  // ---------------------------------------------------------------- what the user sees

  @Override
  public InstantSource clock() {
    return clock;
  }

  @Override
  public RandomGenerator random() {
    return random;
  }

  @Override
  public void tell(ItemId item, Item.Command command) {
    sent.add(new Sent(item, command));
  }

  @Override
  public boolean losesMessages() {
    return lossy;
  }

  @Override
  public CompletionStage<Long> highestSequenceNr(PersistenceId wanted) {
    assertThat(wanted.id()).isEqualTo(persistenceId);
    CompletionStage<Long> scripted = reading;
    return scripted != null
        ? scripted
        : CompletableFuture.completedFuture((long) node.events(persistenceId).size());
  }

  @Override
  public CompletionStage<List<UserEvent>> earlier(UserId user, UUID key) {
    assertThat(user).isEqualTo(id);
    asked.add(key);
    return earlier;
  }

  /** What is found of earlier sales. */
  void earlierIs(CompletionStage<List<UserEvent>> result) {
    earlier = result;
  }

  void journalIsRead(CompletionStage<Long> result) {
    reading = result;
  }

  // ---------------------------------------------------------------- what the test does

  EventSourcedBehaviorTestKit<UserCommand, UserEvent, UserState> kit() {
    EventSourcedBehaviorTestKit<UserCommand, UserEvent, UserState> it = kit;
    if (it == null) {
      throw new IllegalStateException("This user runs free");
    }
    return it;
  }

  void tell(UserCommand command) {
    ActorRef<UserCommand> free = user;
    if (free != null) {
      free.tell(command);
    } else {
      kit().runCommand(command);
    }
  }

  /** Until the user has worked off what it was told, and what it has told itself. */
  void settle() {
    for (int i = 0; i < 2; i++) {
      if (user != null) {
        TestProbe<UserReply> knocker = node.probe();
        node.passUntil(() -> answers(knocker));
      } else {
        kit().getState();
      }
    }
  }

  /** Knocks again each time: a user that stops loses what it has not worked off. */
  private boolean answers(TestProbe<UserReply> knocker) {
    tell(new CheckOut(List.of(999_999), null, null, NOTHING, knocker.getRef()));
    try {
      return knocker
          .receiveMessage(Duration.ofMillis(100))
          .equals(new UserReply.Rejected(Reason.LIMIT_REACHED));
    } catch (AssertionError nothingYet) {
      return false;
    }
  }

  void pass(Duration duration) {
    clock.advance(duration);
    node.pass(duration);
    settle();
  }

  CheckOut checkOut(Integer... items) {
    return new CheckOut(List.of(items), null, null, TERMS, client.getRef());
  }

  CheckOut checkOut(UUID key, Integer... items) {
    return new CheckOut(List.of(items), null, key, TERMS, client.getRef());
  }

  CheckOut add(UUID code, Integer... items) {
    return new CheckOut(List.of(items), code, null, TERMS, client.getRef());
  }

  Purchase purchase(UUID code) {
    return new Purchase(code, null, client.getRef());
  }

  GiveUp giveUp(UUID code) {
    return new GiveUp(code, null, client.getRef());
  }

  Show show(UUID code) {
    return new Show(code, client.getRef());
  }

  /** The user is told, and asks items. What it has sent before is forgotten. */
  List<Sent> asking(CheckOut command) {
    sent.clear();
    tell(command);
    settle();
    List<Sent> asked = takeSent();
    assertThat(asked).extracting(Sent::command).allMatch(Item.Reserve.class::isInstance);
    assertThat(asked).hasSameSizeAs(command.items());
    return asked;
  }

  /** These items hold. */
  void hold(List<Sent> asked) {
    asked.forEach(
        question -> {
          Item.Reserve reserve = reserve(question);
          reserve.replyTo().tell(new Item.Reply.Held(reserve.holdId(), question.item().number()));
        });
  }

  void refuse(Sent question, Item.Reason why) {
    refuse(question, why, false);
  }

  void refuse(Sent question, Item.Reason why, boolean own) {
    Item.Reserve reserve = reserve(question);
    reserve
        .replyTo()
        .tell(new Item.Reply.Refused(reserve.holdId(), question.item().number(), why, own));
  }

  /** A new checkout of these items; its code. */
  UUID checkedOut(Integer... items) {
    return checkedOut(checkOut(items));
  }

  UUID checkedOut(CheckOut command) {
    hold(asking(command));
    return client.expectMessageClass(UserReply.CheckedOut.class).code();
  }

  void expect(UserReply reply) {
    client.expectMessage(reply);
  }

  void expectRejected(Reason reason) {
    client.expectMessage(new UserReply.Rejected(reason));
  }

  // ---------------------------------------------------------------- what the test sees

  /** What was sent since the last time. */
  List<Sent> takeSent() {
    List<Sent> taken = new ArrayList<>(sent);
    sent.removeAll(taken);
    return taken;
  }

  List<Object> events() {
    return node.events(persistenceId);
  }

  /** The client has heard nothing, now that the user has worked off what it was told. */
  void expectClientHeardNothing() {
    UserReply mark = new UserReply.Released(UUID.randomUUID());
    client.getRef().tell(mark);
    client.expectMessage(mark);
  }

  void expectNothingSent() {
    assertThat(sent).isEmpty();
  }

  static Item.Reserve reserve(Sent question) {
    assertThat(question.command()).isInstanceOf(Item.Reserve.class);
    return (Item.Reserve) question.command();
  }

  static long holdId(List<Sent> asked) {
    return reserve(asked.getFirst()).holdId();
  }

  static Sent sent(int item, Item.Command command) {
    return new Sent(new ItemId(SALE, item), command);
  }

  static List<Sent> releases(long holdId, Integer... items) {
    return Arrays.stream(items).map(item -> sent(item, new Item.Release(holdId))).toList();
  }

  static List<Sent> confirms(long holdId, Integer... items) {
    return Arrays.stream(items).map(item -> sent(item, new Item.Confirm(holdId))).toList();
  }

  static AskOutcome askOutcome(UUID code, long holdId, int item) {
    return new AskOutcome(code, holdId, item);
  }

  UserEvent.CheckedOut lastCheckedOut() {
    return (UserEvent.CheckedOut) events().getLast();
  }
}
