package io.flashsale.sale;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What this node knows of the sales. It asks the coordinator now and then, and opens an announced
 * sale by its own clock: no request waits for the coordinator, and a sale opens on time while the
 * coordinator moves. Read from any thread.
 */
public final class SaleBoard {

  /** Until the first answer, so that a node is soon ready. */
  private static final Duration ASK_EAGERLY = Duration.ofMillis(50);

  /** The node prepares this long before a sale opens. */
  static final Duration PREPARE_BEFORE = Duration.ofMillis(1_500);

  /** A sale that is announced later than this long before it opens is not worth a pause. */
  static final Duration PREPARE_IF_AHEAD = Duration.ofSeconds(5);

  private static final SaleCoordinator.Sales NOTHING_YET =
      new SaleCoordinator.Sales(null, null, List.of());

  private final InstantSource clock;
  private final SoldItems sold;
  private volatile SaleCoordinator.Sales sales = NOTHING_YET;

  /** What the keeper of the board hears. */
  public sealed interface Message {
    record Heard(SaleCoordinator.Sales sales) implements Message {}

    enum Tick implements Message {
      ASK,
      PREPARE
    }
  }

  public SaleBoard(InstantSource clock, SoldItems sold) {
    this.clock = clock;
    this.sold = sold;
  }

  /** A board that shows one sale for ever, and is kept by nobody. */
  public static SaleBoard showing(Sale sale, InstantSource clock) {
    SaleBoard board = new SaleBoard(clock, new SoldItems());
    board.put(new SaleCoordinator.Sales(sale, null, List.of()));
    return board;
  }

  /**
   * The actor that keeps the board true.
   *
   * @param prepare run once before each sale, when the previous one is sold out and nobody waits
   */
  public Behavior<Message> keeper(
      ActorRef<SaleCoordinator.Command> coordinator, Duration askEvery, Runnable prepare) {
    return Behaviors.setup(
        context -> {
          ActorRef<SaleCoordinator.Sales> answers =
              context.messageAdapter(SaleCoordinator.Sales.class, Message.Heard::new);
          context.getSelf().tell(Message.Tick.ASK);
          return Behaviors.withTimers(
              timers -> keeping(coordinator, answers, timers, askEvery, prepare));
        });
  }

  private Behavior<Message> keeping(
      ActorRef<SaleCoordinator.Command> coordinator,
      ActorRef<SaleCoordinator.Sales> answers,
      TimerScheduler<Message> timers,
      Duration askEvery,
      Runnable prepare) {
    return Behaviors.receiveMessage(
        message -> {
          switch (message) {
            case Message.Heard(SaleCoordinator.Sales heard) -> {
              long known = newestId();
              put(heard);
              Sale next = next();
              if (next != null && next.id() > known) {
                prepareFor(next, timers);
              }
              timers.startSingleTimer(Message.Tick.ASK, askEvery);
            }
            case Message.Tick.ASK -> {
              coordinator.tell(new SaleCoordinator.GetSales(answers));
              // Repeated until it is answered: the coordinator may be on its way to another node.
              timers.startSingleTimer(Message.Tick.ASK, isInformed() ? askEvery : ASK_EAGERLY);
            }
            case Message.Tick.PREPARE -> prepare.run();
          }
          return Behaviors.same();
        });
  }

  private void prepareFor(Sale next, TimerScheduler<Message> timers) {
    Duration ahead = Duration.between(clock.instant(), next.opensAt());
    if (ahead.compareTo(PREPARE_IF_AHEAD) >= 0) {
      timers.startSingleTimer(Message.Tick.PREPARE, ahead.minus(PREPARE_BEFORE));
    }
  }

  /** Unless a newer answer was here before, or the first sale is only about to be opened. */
  void put(SaleCoordinator.Sales heard) {
    Sale last = last(heard);
    Sale known = last(sales);
    long news = progress(heard) - progress(sales);
    // What can change without progress is the end of a sale: an operator has closed it.
    boolean closing =
        last != null && known != null && !last.endsAt().isAfter(known.endsAt()) && news == 0;
    if (last != null && (news > 0 || closing)) {
      sales = heard;
    }
  }

  /** A sale is opened and then closed, and the next one is announced before or after that. */
  private static long progress(SaleCoordinator.Sales heard) {
    Sale last = last(heard);
    if (last == null) {
      return 0;
    }
    return 4 * last.id() + (heard.open() == null ? 1 : 0) + (heard.announced() == null ? 0 : 2);
  }

  /** The sale that opened last. */
  private static @Nullable Sale last(SaleCoordinator.Sales heard) {
    if (heard.open() != null) {
      return heard.open();
    }
    return heard.closed().isEmpty() ? null : heard.closed().getLast();
  }

  /** Whether the coordinator has said what there is. */
  public boolean isInformed() {
    return progress(sales) > 0;
  }

  /** Whether no sale is open because the coordinator says so: an operator has closed the last. */
  public boolean isPaused() {
    return isInformed() && sales.open() == null;
  }

  /** The sale that is open now, or null between a sale that has ended and one not yet announced. */
  public @Nullable Sale open() {
    Instant now = clock.instant();
    SaleCoordinator.Sales known = sales;
    if (known.announced() != null && known.announced().isOpen(now)) {
      return known.announced();
    }
    return known.open() != null && known.open().isOpen(now) ? known.open() : null;
  }

  /** The sale that opens next, if it is announced. */
  public @Nullable Sale next() {
    Sale announced = sales.announced();
    return announced != null && clock.instant().isBefore(announced.opensAt()) ? announced : null;
  }

  /** The highest sale id that this node has heard of; 0 before the first. */
  public long newestId() {
    SaleCoordinator.Sales known = sales;
    if (known.announced() != null) {
      return known.announced().id();
    }
    return progress(known) / 4;
  }

  /** Whether a later sale is open: new checkouts are of that one. */
  public boolean isOver(long saleId) {
    Sale open = open();
    return open != null && saleId < open.id();
  }

  /** The terms of a sale that is open, announced, or closed with holds that may still live. */
  public @Nullable Sale find(long saleId) {
    SaleCoordinator.Sales known = sales;
    if (known.open() != null && known.open().id() == saleId) {
      return known.open();
    }
    if (known.announced() != null && known.announced().id() == saleId) {
      return known.announced();
    }
    return known.closed().stream().filter(sale -> sale.id() == saleId).findAny().orElse(null);
  }

  public SoldItems sold() {
    return sold;
  }
}
