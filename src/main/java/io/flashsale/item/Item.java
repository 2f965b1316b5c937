package io.flashsale.item;

import akka.actor.NotInfluenceReceiveTimeout;
import akka.actor.typed.ActorRef;
import akka.actor.typed.BackoffSupervisorStrategy;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.PreRestart;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.cluster.sharding.typed.javadsl.ClusterSharding;
import akka.cluster.sharding.typed.javadsl.EntityTypeKey;
import akka.persistence.typed.PersistenceId;
import akka.persistence.typed.RecoveryCompleted;
import akka.persistence.typed.SnapshotSelectionCriteria;
import akka.persistence.typed.internal.JournalFailureException;
import akka.persistence.typed.javadsl.CommandHandlerWithReply;
import akka.persistence.typed.javadsl.EventHandler;
import akka.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import akka.persistence.typed.javadsl.Recovery;
import akka.persistence.typed.javadsl.ReplyEffect;
import akka.persistence.typed.javadsl.SignalHandler;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.flashsale.tracing.Step;
import io.flashsale.tracing.Tracing;
import io.flashsale.wire.CborSerializable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * One item of one sale. It is held by at most one hold, and obeys what the journal of the user who
 * holds it has decided: it never frees itself, it asks.
 */
public final class Item
    extends EventSourcedBehaviorWithEnforcedReplies<Item.Command, ItemEvent, ItemState> {

  public static final EntityTypeKey<Command> TYPE = EntityTypeKey.create(Command.class, "Item");

  /** An item of a sale that is over, and that nobody holds, leaves memory after this time. */
  static final Duration IDLE = Duration.ofSeconds(20);

  /**
   * A failed or conflicting write, or a failed recovery: forget everything volatile and replay. An
   * item restarts by itself, because a hold must be watched.
   */
  private static final BackoffSupervisorStrategy ON_JOURNAL_FAILURE =
      SupervisorStrategy.restartWithBackoff(Duration.ofMillis(50), Duration.ofSeconds(2), 0.2)
          .withLogLevel(Level.DEBUG) // thousands fail together when the database is away
          .withCriticalLogLevel(
              Level.ERROR, 50); // an outage of minutes, or an item that cannot be recovered

  /**
   * The first question that is not answered is repeated after this time, later ones after up to
   * four times as long.
   */
  private static final Duration ASK_AGAIN = Duration.ofMillis(250);

  /** Streams are short: looking for a snapshot would cost more than it saves. */
  public static final Recovery NO_SNAPSHOTS =
      Recovery.withSnapshotSelectionCriteria(SnapshotSelectionCriteria.none());

  public sealed interface Command extends CborSerializable {}

  /**
   * Hold the item for this attempt. Answered with {@link Reply.Held} once the hold is durable, or
   * with {@link Reply.Refused}.
   *
   * @param trace the step that asks for it, if it is followed; no byte on the wire if not
   */
  public record Reserve(
      UUID code,
      long holdId,
      long userId,
      Instant expiresAt,
      ActorRef<Reply> replyTo,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String trace)
      implements Command {

    /** One that is not followed. */
    public Reserve(
        UUID code, long holdId, long userId, Instant expiresAt, ActorRef<Reply> replyTo) {
      this(code, holdId, userId, expiresAt, replyTo, null);
    }
  }

  /**
   * The hold is bought. No answer; ignored unless the item is held by this very hold.
   *
   * @param trace as of a reservation
   */
  public record Confirm(
      long holdId, @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String trace)
      implements Command {

    /** One that is not followed. */
    public Confirm(long holdId) {
      this(holdId, null);
    }
  }

  /** The hold will never be bought. No answer; ignored unless held by this very hold. */
  public record Release(long holdId) implements Command {}

  /**
   * Be in memory, and know the whole journal, so that a hold that is live there is watched.
   *
   * @param highest the highest sequence number in the journal, some time ago; 0 if nobody has
   *     looked
   */
  public record Wake(long highest, ActorRef<Awake> replyTo)
      implements Command, NotInfluenceReceiveTimeout {}

  private static final class OvertakenException extends RuntimeException {
    private static final long serialVersionUID = 1;

    OvertakenException() {
      super("Somebody else has written", null, false, false);
    }
  }

  private enum Tick implements Command {
    ASK_OUTCOME,
    IDLE
  }

  /** The answer to {@link Wake}. */
  public record Awake(long saleId, int item) implements CborSerializable {}

  /** Answers to {@link Reserve}. */
  public sealed interface Reply extends CborSerializable {
    long holdId();

    int item();

    record Held(long holdId, int item) implements Reply {}

    /**
     * Not held for this attempt.
     *
     * @param own whether another hold of the same user is in the way
     */
    record Refused(long holdId, int item, Reason reason, boolean own) implements Reply {}
  }

  /** Why an item cannot be held. */
  public enum Reason {
    RESERVED,
    SOLD
  }

  /** What an item needs of the world around it. */
  public interface Surroundings {
    InstantSource clock();

    /** Asks the user whether this hold is bought or released; the answer may never come. */
    void askOutcome(ItemId item, ItemState.Held held);

    /** Told on every node where a sold item is in memory. */
    void sold(ItemId item);

    /** Told after the commit, and when an item that is held recovers. */
    default void held(ItemId item, Instant expiresAt) {}

    /** Told after the commit. */
    default void released(ItemId item) {}

    /** It leaves memory, or recovers anew. */
    default void gone(ItemId item) {}

    /** Whether the sale is over, as far as this node knows. */
    LongPredicate saleIsOver();

    /** The journal plugin; "" is the configured one. */
    default String journalPlugin() {
      return "";
    }

    default Tracing tracing() {
      return Tracing.OFF;
    }
  }

  private final ItemId id;
  private final Surroundings surroundings;
  private final TimerScheduler<Command> timers;
  private final ActorContext<Command> context;
  private final ActorRef<ClusterSharding.ShardCommand> shard;
  private int questions;
  private boolean leaving;
  private Step step = Step.NONE; // of the write that is being waited for, or of the last one

  /** Whose events are those of an item. */
  public static PersistenceId persistenceId(ItemId id) {
    return PersistenceId.of(TYPE.name(), id.toString());
  }

  public static Behavior<Command> create(
      ItemId id, Surroundings surroundings, ActorRef<ClusterSharding.ShardCommand> shard) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(timers -> new Item(id, surroundings, context, timers, shard)));
  }

  private Item(
      ItemId id,
      Surroundings surroundings,
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      ActorRef<ClusterSharding.ShardCommand> shard) {
    super(persistenceId(id), ON_JOURNAL_FAILURE);
    this.id = id;
    this.surroundings = surroundings;
    this.context = context;
    this.timers = timers;
    this.shard = shard;
  }

  @Override
  public ItemState emptyState() {
    return new ItemState.Available();
  }

  @Override
  public EventHandler<ItemState, ItemEvent> eventHandler() {
    return ItemState::apply;
  }

  @Override
  public CommandHandlerWithReply<Command, ItemEvent, ItemState> commandHandler() {
    return this::onCommand;
  }

  @Override
  public String journalPluginId() {
    return surroundings.journalPlugin();
  }

  @Override
  public Recovery recovery() {
    return NO_SNAPSHOTS;
  }

  @Override
  public SignalHandler<ItemState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::onRecovered)
        .onSignal(PostStop.class, (_, _) -> gone())
        .onSignal(PreRestart.class, (_, _) -> gone())
        .build();
  }

  private void onRecovered(ItemState state) {
    switch (state) {
      case ItemState.Available _ -> {}
      case ItemState.Held held -> watch(held);
      case ItemState.Sold _ -> surroundings.sold(id);
    }
    context.setReceiveTimeout(IDLE, Tick.IDLE);
  }

  private void gone() {
    surroundings.gone(id);
    step.failed(); // unless it has ended
  }

  private ReplyEffect<ItemEvent, ItemState> onCommand(ItemState state, Command command) {
    return switch (state) {
      case ItemState.Available _ ->
          switch (command) {
            case Reserve c -> hold(c);
            case Confirm _, Release _ -> Effect().noReply();
            case Wake c -> wake(c);
            case Tick.ASK_OUTCOME -> Effect().noReply();
            case Tick.IDLE -> leaveIfOver();
          };
      case ItemState.Held held ->
          switch (command) {
            case Reserve c -> refuseWhileHeld(held, c);
            case Confirm c -> sell(held, c);
            case Release c -> free(held, c);
            case Wake c -> wake(c);
            case Tick.ASK_OUTCOME -> ask(held);
            case Tick.IDLE -> Effect().noReply();
          };
      case ItemState.Sold sold ->
          switch (command) {
            case Reserve c -> refuse(c, Reason.SOLD, sold.userId() == c.userId());
            case Confirm _, Release _ -> Effect().noReply();
            case Wake c -> wake(c);
            case Tick.ASK_OUTCOME -> Effect().noReply();
            case Tick.IDLE -> leaveIfOver();
          };
    };
  }

  private ReplyEffect<ItemEvent, ItemState> wake(Wake c) {
    long known = lastSequenceNumber(context);
    if (c.highest() > known && !leaving) {
      // An INSERT that was late, or another incarnation: its hold is watched by nobody (I7). As
      // after a write that has conflicted with it.
      throw new JournalFailureException(
          persistenceId(), known, "The journal has " + c.highest(), new OvertakenException());
    }
    return Effect().reply(c.replyTo(), new Awake(id.saleId(), id.number()));
  }

  private ReplyEffect<ItemEvent, ItemState> hold(Reserve c) {
    if (leaving) {
      // A write that failed now would lose the stop message that is on its way (Akka 2.8.5), and
      // the item would be unreachable for ever. The attempt ends by its own time.
      return Effect().noReply();
    }
    ItemEvent reserved = new ItemEvent.Reserved(c.code(), c.holdId(), c.userId(), c.expiresAt());
    step = step("item hold", c.trace()).writing();
    return Effect()
        .persist(reserved)
        .thenRun(
            state -> {
              step.end();
              watch((ItemState.Held) state);
            })
        .thenReply(c.replyTo(), _ -> new Reply.Held(c.holdId(), id.number()));
  }

  private ReplyEffect<ItemEvent, ItemState> refuseWhileHeld(ItemState.Held held, Reserve c) {
    boolean own = held.userId() == c.userId();
    if (own && held.holdId() == c.holdId() && held.code().equals(c.code())) {
      return Effect().reply(c.replyTo(), new Reply.Held(c.holdId(), id.number()));
    }
    if (own) {
      // The user may have died between reserving and CheckedOut: then it is an orphan, and the next
      // try gets the item.
      surroundings.askOutcome(id, held);
    }
    return refuse(c, Reason.RESERVED, own);
  }

  private ReplyEffect<ItemEvent, ItemState> refuse(Reserve c, Reason reason, boolean own) {
    step("item hold", c.trace()).end(reason);
    return Effect().reply(c.replyTo(), new Reply.Refused(c.holdId(), id.number(), reason, own));
  }

  private ReplyEffect<ItemEvent, ItemState> sell(ItemState.Held held, Confirm c) {
    if (held.holdId() != c.holdId()) {
      return Effect().noReply(); // about an earlier hold: obeying would be ABA
    }
    step = step("item sell", c.trace()).writing();
    return Effect()
        .persist(new ItemEvent.Sold(held.code(), held.holdId(), held.userId()))
        .thenRun(
            _ -> {
              step.end();
              timers.cancel(Tick.ASK_OUTCOME);
              surroundings.sold(id);
            })
        .thenNoReply();
  }

  private ReplyEffect<ItemEvent, ItemState> free(ItemState.Held held, Release c) {
    if (held.holdId() != c.holdId()) {
      return Effect().noReply(); // about an earlier hold: obeying would be ABA
    }
    return Effect()
        .persist(new ItemEvent.Released(held.holdId()))
        .thenRun(
            _ -> {
              timers.cancel(Tick.ASK_OUTCOME);
              surroundings.released(id);
            })
        .thenNoReply();
  }

  private Step step(String name, @Nullable String trace) {
    return surroundings.tracing().step(name, trace).with("flashsale.item", id.number());
  }

  private void watch(ItemState.Held held) {
    questions = 0;
    surroundings.held(id, held.expiresAt());
    Duration left = Duration.between(surroundings.clock().instant(), held.expiresAt());
    timers.startSingleTimer(Tick.ASK_OUTCOME, left.isPositive() ? left : Duration.ZERO);
  }

  private ReplyEffect<ItemEvent, ItemState> ask(ItemState.Held held) {
    surroundings.askOutcome(id, held);
    timers.startSingleTimer(
        Tick.ASK_OUTCOME, ASK_AGAIN.multipliedBy(1L << Math.min(questions++, 2)));
    return Effect().noReply();
  }

  private ReplyEffect<ItemEvent, ItemState> leaveIfOver() {
    if (surroundings.saleIsOver().test(id.saleId())) {
      leaving = true;
      shard.tell(new ClusterSharding.Passivate<>(context.getSelf()));
    }
    return Effect().noReply();
  }
}
