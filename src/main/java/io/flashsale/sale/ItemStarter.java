package io.flashsale.sale;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.cluster.ClusterEvent;
import akka.persistence.typed.PersistenceId;
import io.flashsale.item.Item;
import io.flashsale.item.ItemId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Keeps all items of the running sales started, wherever they live, so that holds which are live in
 * the journal are watched and nobody waits for an item to recover. It calls them one after the
 * other, and begins anew when the sales or the nodes have changed, and now and then in any case: an
 * item may have been lost with its node, or a call with its message. With each call it says how far
 * the journal goes: an item may have recovered before a write of its predecessor was committed.
 */
public final class ItemStarter extends AbstractBehavior<ItemStarter.Command> {

  /** Called at once; the next ones follow when these have answered, or after {@link #PATIENCE}. */
  static final int BATCH = 100;

  static final Duration PATIENCE = Duration.ofSeconds(1);

  /** From the end of a round to the next. */
  static final Duration PAUSE = Duration.ofSeconds(10);

  public sealed interface Command {}

  /** Keep the items of these sales started, and of no others. */
  public record Keep(List<Sale> sales) implements Command {}

  private record NodesChanged() implements Command {}

  private record HeadsRead(List<ItemId> batch, Map<String, Long> heads) implements Command {}

  private record Woken(Item.Awake awake) implements Command {}

  private enum Tick implements Command {
    NEXT_BATCH,
    NEXT_ROUND
  }

  /** What the starter needs of the world around it. */
  public interface Surroundings {

    /** Sends a command to an item, wherever it lives. */
    void tell(ItemId item, Item.Command command);

    /** Whether it is sold, as far as this node knows: nothing can follow in its journal. */
    boolean isSold(ItemId item);

    /** The highest sequence numbers in the journal, by persistence id; none for an item without. */
    CompletionStage<Map<String, Long>> highestSequenceNrs(Collection<PersistenceId> items);
  }

  private final Surroundings surroundings;
  private final ActorContext<Command> context;
  private final Runnable roundEnded;
  private final TimerScheduler<Command> timers;
  private final ActorRef<Item.Awake> awake;
  private List<Sale> sales = List.of();
  private Iterator<ItemId> round = List.<ItemId>of().iterator();
  private final BitSet unanswered = new BitSet(); // numbers of items; of two sales at most
  private boolean changed;

  /**
   * The behaviour of the starter.
   *
   * @param nodes subscribes to the coming and going of nodes
   * @param roundEnded run when all items have been called, at the end of every round
   */
  public static Behavior<Command> create(
      Surroundings surroundings,
      Consumer<ActorRef<ClusterEvent.MemberEvent>> nodes,
      Runnable roundEnded) {
    return Behaviors.setup(
        context -> {
          nodes.accept(
              context.messageAdapter(ClusterEvent.MemberEvent.class, _ -> new NodesChanged()));
          return Behaviors.withTimers(
              timers -> new ItemStarter(surroundings, roundEnded, context, timers));
        });
  }

  private ItemStarter(
      Surroundings surroundings,
      Runnable roundEnded,
      ActorContext<Command> context,
      TimerScheduler<Command> timers) {
    super(context);
    this.surroundings = surroundings;
    this.context = context;
    this.roundEnded = roundEnded;
    this.timers = timers;
    this.awake = context.messageAdapter(Item.Awake.class, Woken::new);
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::onCommand).build();
  }

  private Behavior<Command> onCommand(Command command) {
    switch (command) {
      case Keep(List<Sale> kept) -> {
        sales = List.copyOf(kept);
        begin();
      }
      case NodesChanged _ -> begin();
      case HeadsRead(List<ItemId> batch, Map<String, Long> heads) -> call(batch, heads);
      case Woken(Item.Awake answer) -> {
        unanswered.clear(answer.item());
        if (unanswered.isEmpty() && timers.isTimerActive(Tick.NEXT_BATCH)) {
          nextBatch();
        }
      }
      case Tick.NEXT_BATCH -> nextBatch();
      case Tick.NEXT_ROUND -> begin();
    }
    return this;
  }

  /** Begins a round; if one is under way, another follows it at once. */
  private void begin() {
    if (round.hasNext()) {
      changed = true;
      return;
    }
    changed = false;
    timers.cancel(Tick.NEXT_ROUND);
    round =
        sales.stream()
            .flatMap(
                sale -> IntStream.range(0, sale.items()).mapToObj(n -> new ItemId(sale.id(), n)))
            .iterator();
    nextBatch();
  }

  private void nextBatch() {
    unanswered.clear();
    List<ItemId> batch = new ArrayList<>(BATCH);
    while (batch.size() < BATCH && round.hasNext()) {
      ItemId item = round.next();
      batch.add(item);
      unanswered.set(item.number());
    }
    look(batch);
    if (round.hasNext()) {
      timers.startSingleTimer(Tick.NEXT_BATCH, PATIENCE);
    } else if (changed) {
      begin();
    } else {
      timers.cancel(Tick.NEXT_BATCH);
      timers.startSingleTimer(Tick.NEXT_ROUND, PAUSE);
      roundEnded.run();
    }
  }

  /** If the journal cannot be read they are called all the same. */
  private void look(List<ItemId> batch) {
    List<PersistenceId> open =
        batch.stream().filter(item -> !surroundings.isSold(item)).map(Item::persistenceId).toList();
    if (open.isEmpty()) {
      call(batch, Map.of());
    } else {
      context.pipeToSelf(
          surroundings.highestSequenceNrs(open),
          (heads, _) -> new HeadsRead(batch, heads == null ? Map.of() : heads));
    }
  }

  private void call(List<ItemId> batch, Map<String, Long> heads) {
    for (ItemId item : batch) {
      long highest = heads.getOrDefault(Item.persistenceId(item).id(), 0L);
      surroundings.tell(item, new Item.Wake(highest, awake));
    }
  }
}
