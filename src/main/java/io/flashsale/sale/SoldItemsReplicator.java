package io.flashsale.sale;

import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.cluster.ddata.Key;
import akka.cluster.ddata.typed.javadsl.DistributedData;
import akka.cluster.ddata.typed.javadsl.Replicator;
import akka.cluster.ddata.typed.javadsl.ReplicatorMessageAdapter;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Tells the other nodes what is sold on this one, and this one what is sold on the others, through
 * Distributed Data: one {@link SoldBitmap} per slot of {@link SoldItems}, for ever the same keys.
 * However many items are sold, there is one update per slot in {@link #SEND_EVERY}.
 *
 * <p>If it fails it is to be restarted: everything is then told and heard once more, which changes
 * nothing that is known already.
 */
public final class SoldItemsReplicator {

  static final Duration SEND_EVERY = Duration.ofMillis(50);

  /** For the replicator of this node, which only has to merge two bitmaps. */
  private static final Duration ANSWER_AT_MOST = Duration.ofSeconds(5);

  private static final List<Key<SoldBitmap>> KEYS =
      IntStream.range(0, SoldItems.SLOTS).<Key<SoldBitmap>>mapToObj(SlotKey::new).toList();

  /** What the actor hears. */
  public sealed interface Message {
    enum Tick implements Message {
      SEND
    }
  }

  private record Heard(Replicator.SubscribeResponse<SoldBitmap> response) implements Message {}

  private record Answered(int slot, Replicator.UpdateResponse<SoldBitmap> response)
      implements Message {}

  private static final class SlotKey extends Key<SoldBitmap> {
    private SlotKey(int slot) {
      super("sold-" + slot);
    }
  }

  private final SoldItems sold;
  private final ReplicatorMessageAdapter<Message, SoldBitmap> replicator;

  /** An update that is not answered yet keeps the next one of its slot back. */
  private final boolean[] underWay = new boolean[SoldItems.SLOTS];

  public static Behavior<Message> create(SoldItems sold) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers ->
                    new SoldItemsReplicator(
                            sold,
                            new ReplicatorMessageAdapter<>(
                                context,
                                DistributedData.get(context.getSystem()).replicator(),
                                ANSWER_AT_MOST))
                        .running(timers)));
  }

  private SoldItemsReplicator(
      SoldItems sold, ReplicatorMessageAdapter<Message, SoldBitmap> replicator) {
    this.sold = sold;
    this.replicator = replicator;
  }

  private Behavior<Message> running(TimerScheduler<Message> timers) {
    for (int slot = 0; slot < SoldItems.SLOTS; slot++) {
      sold.notSent(slot);
      replicator.subscribe(KEYS.get(slot), Heard::new);
    }
    timers.startTimerWithFixedDelay(Message.Tick.SEND, SEND_EVERY);
    return Behaviors.receiveMessage(
        message -> {
          switch (message) {
            case Message.Tick.SEND -> sendAll();
            case Heard(Replicator.Changed<SoldBitmap> changed) ->
                sold.heard(changed.get(changed.key()));
            case Heard _ -> {} // deleted: nobody does
            case Answered(int slot, var response) -> {
              underWay[slot] = false;
              if (!(response instanceof Replicator.UpdateSuccess<SoldBitmap>)) {
                sold.notSent(slot);
              }
            }
          }
          return Behaviors.same();
        });
  }

  private void sendAll() {
    for (int slot = 0; slot < SoldItems.SLOTS; slot++) {
      if (!underWay[slot]) {
        SoldBitmap unsent = sold.takeUnsent(slot);
        if (unsent != null) {
          send(slot, unsent);
        }
      }
    }
  }

  private void send(int slot, SoldBitmap unsent) {
    underWay[slot] = true;
    replicator.askUpdate(
        replyTo ->
            new Replicator.Update<>(
                KEYS.get(slot),
                SoldBitmap.EMPTY,
                Replicator.writeLocal(),
                replyTo,
                known -> known.plus(unsent)),
        response -> new Answered(slot, response));
  }
}
