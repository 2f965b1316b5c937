package io.flashsale.sale;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.cluster.typed.ClusterSingleton;
import akka.cluster.typed.SingletonActor;
import akka.persistence.typed.PersistenceId;
import akka.persistence.typed.RecoveryCompleted;
import akka.persistence.typed.javadsl.CommandHandlerWithReply;
import akka.persistence.typed.javadsl.EventHandler;
import akka.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import akka.persistence.typed.javadsl.Recovery;
import akka.persistence.typed.javadsl.ReplyEffect;
import akka.persistence.typed.javadsl.SignalHandler;
import io.flashsale.item.Item;
import io.flashsale.item.ItemId;
import io.flashsale.wire.CborSerializable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

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

  public sealed interface Command extends CborSerializable {}

  /** Answered with what is durable now. */
  public record GetSales(ActorRef<Sales> replyTo) implements Command {}

  private enum Tick implements Command {
    DUE
  }

  /**
   * The sales that a node has to know of.
   *
   * @param open null before the first sale has opened
   * @param announced the next sale, if it is announced
   * @param closed closed sales that may still have holds
   */
  public record Sales(@Nullable Sale open, @Nullable Sale announced, List<Sale> closed)
      implements CborSerializable {}

  private final SaleSchedule schedule;
  private final InstantSource clock;
  private final ActorRef<ItemStarter.Command> starter;
  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;

  /** Starts the singleton and answers a reference to it, wherever it runs. */
  public static ActorRef<Command> init(
      ActorSystem<?> system,
      SaleSchedule schedule,
      InstantSource clock,
      BiConsumer<ItemId, Item.Command> items) {
    Behavior<Command> behavior =
        Behaviors.setup(
            context -> {
              ActorRef<ItemStarter.Command> starter =
                  context.spawn(
                      Behaviors.supervise(ItemStarter.create(items))
                          .onFailure(SupervisorStrategy.restart()),
                      "item-starter");
              return create(schedule, clock, starter);
            });
    return ClusterSingleton.get(system).init(SingletonActor.of(behavior, "sale-coordinator"));
  }

  static Behavior<Command> create(
      SaleSchedule schedule, InstantSource clock, ActorRef<ItemStarter.Command> starter) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> new SaleCoordinator(schedule, clock, starter, context, timers)));
  }

  private SaleCoordinator(
      SaleSchedule schedule,
      InstantSource clock,
      ActorRef<ItemStarter.Command> starter,
      ActorContext<Command> context,
      TimerScheduler<Command> timers) {
    super(PersistenceId.ofUniqueId(PERSISTENCE_ID), Item.ON_JOURNAL_FAILURE);
    this.schedule = schedule;
    this.clock = clock;
    this.starter = starter;
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
    state.closed().forEach(this::start);
    start(state.open());
    start(state.announced());
    context.getSelf().tell(Tick.DUE);
  }

  private ReplyEffect<SaleEvent, SaleState> onCommand(SaleState state, Command command) {
    return switch (command) {
      case GetSales c ->
          Effect().reply(c.replyTo(), new Sales(state.open(), state.announced(), state.closed()));
      case Tick.DUE -> onDue(state);
    };
  }

  private ReplyEffect<SaleEvent, SaleState> onDue(SaleState state) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    List<SaleEvent> due = schedule.due(state, now);
    if (due.isEmpty()) {
      Duration left = Duration.between(now, schedule.nextDue(state));
      timers.startSingleTimer(
          Tick.DUE, left.compareTo(LOOK_AGAIN) < 0 ? positive(left) : LOOK_AGAIN);
      return Effect().noReply();
    }
    return Effect()
        .persist(new ArrayList<>(due))
        .thenRun(_ -> due.forEach(this::onWritten))
        .thenRun(_ -> context.getSelf().tell(Tick.DUE))
        .thenNoReply();
  }

  private void onWritten(SaleEvent event) {
    switch (event) {
      case SaleEvent.SaleAnnounced e -> {
        context.getLog().info("Sale {} is announced for {}", e.sale().id(), e.sale().opensAt());
        start(e.sale());
      }
      case SaleEvent.SaleOpened e -> {
        context
            .getLog()
            .info(
                "Sale {} is open: {} items until {}",
                e.sale().id(),
                e.sale().items(),
                e.sale().endsAt());
        start(e.sale());
      }
      case SaleEvent.SaleClosed e -> context.getLog().info("Sale {} is closed", e.saleId());
    }
  }

  private void start(@Nullable Sale sale) {
    if (sale != null) {
      starter.tell(new ItemStarter.Start(sale.id(), sale.items()));
    }
  }

  private static Duration positive(Duration left) {
    return left.isPositive() ? left : Duration.ofMillis(1);
  }
}
