package io.flashsale.sale;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import io.flashsale.item.Item;
import io.flashsale.item.ItemId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Queue;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Starts all items of a sale, wherever they live, so that holds which are live in the journal are
 * watched and nobody waits for an item to recover. In batches: the next batch goes out when the one
 * before has answered, and who does not answer is asked again.
 */
public final class ItemStarter extends AbstractBehavior<ItemStarter.Command> {

  private static final int BATCH = 100;
  private static final Duration ASK_AGAIN = Duration.ofSeconds(1);

  public sealed interface Command {}

  /**
   * Start items 0 to {@code items - 1}. Sales come in the order of their ids; repeats are ignored.
   */
  public record Start(long saleId, int items) implements Command {}

  private record Woken(Item.Awake awake) implements Command {}

  private enum Tick implements Command {
    ASK_AGAIN
  }

  private final BiConsumer<ItemId, Item.Command> items;
  private final TimerScheduler<Command> timers;
  private final ActorRef<Item.Awake> awake;
  private final Queue<Start> waiting = new ArrayDeque<>(); // as many as sales may have live holds
  private final BitSet unanswered = new BitSet();
  private long highestSaleId;
  private @Nullable Start current;
  private int next;

  public static Behavior<Command> create(BiConsumer<ItemId, Item.Command> items) {
    return Behaviors.setup(
        context -> Behaviors.withTimers(timers -> new ItemStarter(items, context, timers)));
  }

  private ItemStarter(
      BiConsumer<ItemId, Item.Command> items,
      ActorContext<Command> context,
      TimerScheduler<Command> timers) {
    super(context);
    this.items = items;
    this.timers = timers;
    this.awake = context.messageAdapter(Item.Awake.class, Woken::new);
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::onCommand).build();
  }

  private Behavior<Command> onCommand(Command command) {
    switch (command) {
      case Start start -> {
        if (start.saleId() > highestSaleId) {
          highestSaleId = start.saleId();
          waiting.add(start);
        }
      }
      case Woken(Item.Awake item) -> {
        if (current != null && item.saleId() == current.saleId()) {
          unanswered.clear(item.item());
        }
      }
      case Tick.ASK_AGAIN -> ask();
    }
    if (unanswered.isEmpty()) {
      nextBatch();
    }
    return this;
  }

  private void nextBatch() {
    if (current == null || next == current.items()) {
      current = waiting.poll();
      next = 0;
    }
    if (current == null) {
      timers.cancel(Tick.ASK_AGAIN);
      return;
    }
    int end = Math.min(next + BATCH, current.items());
    unanswered.set(next, end);
    next = end;
    ask();
  }

  private void ask() {
    Start sale = current;
    if (sale != null) {
      unanswered.stream()
          .forEach(n -> items.accept(new ItemId(sale.saleId(), n), new Item.Wake(awake)));
      timers.startSingleTimer(Tick.ASK_AGAIN, ASK_AGAIN);
    }
  }
}
