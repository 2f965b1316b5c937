package io.flashsale.sale;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.BackoffSupervisorStrategy;
import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.cluster.ClusterEvent;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.ClusterSingleton;
import akka.cluster.typed.SingletonActor;
import akka.cluster.typed.Subscribe;
import akka.persistence.typed.PersistenceId;
import akka.persistence.typed.RecoveryCompleted;
import akka.persistence.typed.internal.JournalFailureException;
import akka.persistence.typed.javadsl.CommandHandlerWithReply;
import akka.persistence.typed.javadsl.EffectBuilder;
import akka.persistence.typed.javadsl.EventHandler;
import akka.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import akka.persistence.typed.javadsl.Recovery;
import akka.persistence.typed.javadsl.ReplyEffect;
import akka.persistence.typed.javadsl.SignalHandler;
import io.flashsale.item.Item;
import io.flashsale.wire.CborSerializable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * Opens one sale per slot, for the whole cluster: a singleton whose journal fences off a second
 * one. It is on the path of no request: nodes learn of a sale before it opens, and open it by their
 * own clocks ({@link SaleBoard}).
 */
public final class SaleCoordinator
    extends EventSourcedBehaviorWithEnforcedReplies<SaleCoordinator.Command, SaleEvent, SaleState> {

  public static final String PERSISTENCE_ID = "SaleCoordinator";

  /** The clock may be set: nothing is trusted to stay due at a time that is further off. */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

  /** Its only child must go on when the coordinator recovers after a failure. */
  private static final BackoffSupervisorStrategy ON_JOURNAL_FAILURE =
      SupervisorStrategy.restartWithBackoff(Duration.ofMillis(50), Duration.ofSeconds(2), 0.2)
          .withStopChildren(false)
          .withLogLevel(Level.WARN);

  public sealed interface Command extends CborSerializable {}

  /** Answered with what is durable now. */
  public record GetSales(ActorRef<Sales> replyTo) implements Command {}

  /** What operators see: answered with what is durable now. */
  public record GetPlans(ActorRef<Plans> replyTo) implements Command {}

  /** What an operator asks for; with a key it is done once, however often it is asked. */
  public sealed interface Request extends Command {
    @Nullable Asked asked();

    ActorRef<SaleDecision> replyTo();
  }

  /**
   * An operator wants an extra sale: {@link SaleDecision.Scheduled}, {@link SaleDecision.Planned}
   * or {@link SaleDecision.Refused}.
   *
   * @param opensAt null for now
   * @param endsAt null for the start of the next slot
   * @param items null for as many as others have
   */
  public record OpenSale(
      @Nullable Instant opensAt,
      @Nullable Instant endsAt,
      @Nullable Integer items,
      @Nullable Asked asked,
      ActorRef<SaleDecision> replyTo)
      implements Request {}

  /** An operator closes the open sale: {@link SaleDecision.Closing} or a refusal. */
  public record CloseSale(long saleId, @Nullable Asked asked, ActorRef<SaleDecision> replyTo)
      implements Request {}

  /**
   * The journal was read before a request is refused.
   *
   * @param known how far this coordinator's log went when it wanted to refuse
   * @param highestSequenceNr -1 if it could not be read
   */
  private record JournalRead(
      Request request, SaleDecision.Refused refused, long known, long highestSequenceNr)
      implements Command {}

  /** Says how far the journal goes, by a read of its own. */
  @FunctionalInterface
  public interface Head {
    CompletionStage<Long> highestSequenceNr(PersistenceId id);
  }

  private enum Tick implements Command {
    DUE
  }

  /**
   * The sales that a node has to know of.
   *
   * @param open null before the first sale has opened, and when the last one was closed early
   * @param announced the next sale, if it is announced
   * @param closed closed sales that may still have holds
   */
  public record Sales(@Nullable Sale open, @Nullable Sale announced, List<Sale> closed)
      implements CborSerializable {}

  /**
   * The sales that are known to come. Those of slots are not, before they are announced.
   *
   * @param announced the next one, if it is announced
   * @param scheduled extra sales after that, by their time: 32 at most
   */
  public record Plans(@Nullable Sale announced, List<ExtraSale> scheduled)
      implements CborSerializable {}

  private final SaleSchedule schedule;
  private final InstantSource clock;
  private final ActorRef<ItemStarter.Command> starter;
  private final Head head;
  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;

  /** Starts the singleton and answers a reference to it, wherever it runs. */
  public static ActorRef<Command> init(
      ActorSystem<?> system,
      SaleSchedule schedule,
      InstantSource clock,
      ItemStarter.Surroundings items,
      Head head) {
    Behavior<Command> behavior =
        Behaviors.setup(
            context -> {
              ActorRef<ItemStarter.Command> starter =
                  context.spawn(
                      Behaviors.supervise(
                              ItemStarter.create(items, node -> subscribe(system, node), () -> {}))
                          .onFailure(SupervisorStrategy.restart()),
                      "item-starter");
              return create(schedule, clock, starter, head);
            });
    // A singleton that stops stays stopped: whatever fails, it begins again.
    Behavior<Command> supervised =
        Behaviors.supervise(behavior)
            .onFailure(
                SupervisorStrategy.restartWithBackoff(
                    Duration.ofMillis(100), Duration.ofSeconds(5), 0.2));
    return ClusterSingleton.get(system).init(SingletonActor.of(supervised, "sale-coordinator"));
  }

  private static void subscribe(
      ActorSystem<?> system, ActorRef<ClusterEvent.MemberEvent> subscriber) {
    Cluster.get(system)
        .subscriptions()
        .tell(Subscribe.create(subscriber, ClusterEvent.MemberEvent.class));
  }

  static Behavior<Command> create(
      SaleSchedule schedule,
      InstantSource clock,
      ActorRef<ItemStarter.Command> starter,
      Head head) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> new SaleCoordinator(schedule, clock, starter, head, context, timers)));
  }

  private SaleCoordinator(
      SaleSchedule schedule,
      InstantSource clock,
      ActorRef<ItemStarter.Command> starter,
      Head head,
      ActorContext<Command> context,
      TimerScheduler<Command> timers) {
    super(PersistenceId.ofUniqueId(PERSISTENCE_ID), ON_JOURNAL_FAILURE);
    this.schedule = schedule;
    this.clock = clock;
    this.starter = starter;
    this.head = head;
    this.context = context;
    this.timers = timers;
  }

  @Override
  public SaleState emptyState() {
    return SaleState.EMPTY;
  }

  @Override
  public EventHandler<SaleState, SaleEvent> eventHandler() {
    return SaleState::apply;
  }

  @Override
  public CommandHandlerWithReply<Command, SaleEvent, SaleState> commandHandler() {
    return this::onCommand;
  }

  @Override
  public Recovery recovery() {
    return Item.NO_SNAPSHOTS;
  }

  @Override
  public SignalHandler<SaleState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::onRecovered)
        .build();
  }

  /**
   * Holds that were live when the last coordinator, or the whole cluster, died need their items.
   */
  private void onRecovered(SaleState state) {
    keepStarted(state, state.closed());
    context.getSelf().tell(Tick.DUE);
  }

  private ReplyEffect<SaleEvent, SaleState> onCommand(SaleState state, Command command) {
    return switch (command) {
      case GetSales c ->
          Effect().reply(c.replyTo(), new Sales(state.open(), state.announced(), state.closed()));
      case GetPlans c ->
          Effect().reply(c.replyTo(), new Plans(state.announced(), state.scheduled()));
      case Request c -> decide(state, c);
      case JournalRead c -> onJournalRead(state, c);
      case Tick.DUE -> onDue(state);
    };
  }

  private ReplyEffect<SaleEvent, SaleState> decide(SaleState state, Request request) {
    SaleDecision before = state.repeated(request.asked());
    if (before != null) {
      return Effect().reply(request.replyTo(), before);
    }
    Instant now = now();
    SaleDecision decision =
        switch (request) {
          case OpenSale c -> schedule.extra(state, c.opensAt(), c.endsAt(), c.items(), now);
          case CloseSale c -> schedule.closing(state, c.saleId(), now);
        };
    return switch (decision) {
      case SaleDecision.Refused refused -> compareWithJournal(request, refused);
      case SaleDecision.Scheduled(ExtraSale extra) when !state.scheduled().contains(extra) ->
          plan(state, extra, request, now);
      case SaleDecision.Closing(Sale sale) when !sale.equals(state.open()) ->
          persist(
                  List.of(new SaleEvent.SaleShortened(sale.id(), sale.endsAt(), request.asked())),
                  now)
              .thenReply(request.replyTo(), _ -> decision);
      case SaleDecision _ -> Effect().reply(request.replyTo(), decision); // it is so already
    };
  }

  private ReplyEffect<SaleEvent, SaleState> plan(
      SaleState state, ExtraSale extra, Request request, Instant now) {
    List<SaleEvent> events = new ArrayList<>();
    events.add(new SaleEvent.SaleScheduled(extra, request.asked()));
    events.addAll(schedule.due(state.apply(events.getFirst()), now));
    return persist(events, now).thenReply(request.replyTo(), after -> after.planned(extra));
  }

  /**
   * This may be a coordinator whose time is over, and the request the repeat of what the next one
   * has done. It says no only after the journal, read after the request came, has nothing that it
   * does not know (rule R2).
   */
  private ReplyEffect<SaleEvent, SaleState> compareWithJournal(
      Request request, SaleDecision.Refused refused) {
    long known = lastSequenceNumber(context);
    context.pipeToSelf(
        head.highestSequenceNr(persistenceId()),
        (highest, failure) ->
            new JournalRead(
                request, refused, known, failure == null && highest != null ? highest : -1));
    return Effect().noReply();
  }

  private ReplyEffect<SaleEvent, SaleState> onJournalRead(SaleState state, JournalRead read) {
    Request request = read.request();
    long known = lastSequenceNumber(context);
    if (read.highestSequenceNr() > known) {
      request.replyTo().tell(new SaleDecision.OutcomeUnknown());
      // As after a write that has conflicted with it: this one recovers.
      throw new JournalFailureException(
          persistenceId(),
          known,
          "The journal has " + read.highestSequenceNr(),
          new IllegalStateException("Another coordinator has written"));
    }
    if (known > read.known()) {
      return decide(state, request); // it has written, or recovered, while the journal was read
    }
    return Effect()
        .reply(
            request.replyTo(),
            read.highestSequenceNr() < 0 ? new SaleDecision.OutcomeUnknown() : read.refused());
  }

  private ReplyEffect<SaleEvent, SaleState> onDue(SaleState state) {
    Instant now = now();
    List<SaleEvent> due = schedule.due(state, now);
    if (due.isEmpty()) {
      Duration left = Duration.between(now, schedule.nextDue(state));
      timers.startSingleTimer(
          Tick.DUE, left.isPositive() && left.compareTo(LOOK_AGAIN) < 0 ? left : LOOK_AGAIN);
      return Effect().noReply();
    }
    return persist(due, now).thenNoReply();
  }

  private EffectBuilder<SaleEvent, SaleState> persist(List<SaleEvent> events, Instant now) {
    return Effect()
        .persist(new ArrayList<>(events))
        .thenRun(_ -> events.forEach(this::log))
        .thenRun(after -> keepStarted(after, after.withLiveHolds(now)))
        .thenRun(_ -> context.getSelf().tell(Tick.DUE));
  }

  /** In milliseconds, as the journal keeps them. */
  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  private void log(SaleEvent event) {
    switch (event) {
      case SaleEvent.SaleAnnounced(Sale sale) ->
          context.getLog().info("Sale {} is announced for {}", sale.id(), sale.opensAt());
      case SaleEvent.SaleOpened(Sale sale) ->
          context
              .getLog()
              .info("Sale {} is open: {} items until {}", sale.id(), sale.items(), sale.endsAt());
      case SaleEvent.SaleClosed(long id) -> context.getLog().info("Sale {} is closed", id);
      case SaleEvent.SaleShortened(long id, Instant end, var _) ->
          context.getLog().info("An operator closes sale {} at {}", id, end);
      case SaleEvent.SaleScheduled(ExtraSale extra, var _) ->
          context
              .getLog()
              .info("An operator wants a sale from {} to {}", extra.opensAt(), extra.endsAt());
    }
  }

  private void keepStarted(SaleState state, List<Sale> closed) {
    List<Sale> sales = new ArrayList<>();
    if (state.open() != null) {
      sales.add(state.open());
    }
    if (state.announced() != null) {
      sales.add(state.announced());
    }
    sales.addAll(closed.reversed());
    starter.tell(new ItemStarter.Keep(sales));
  }
}
