package io.flashsale.user;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.cluster.typed.ClusterSingleton;
import akka.cluster.typed.SingletonActor;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Finds the users with pending orders in the journal, and wakes them: whoever is in memory and
 * knows the order does nothing, and whoever has died with its node, has left memory, or was
 * overtaken by a late write, goes on. One of these in a cluster is enough, and two do no harm. It
 * keeps nothing: an order that nobody was woken for is found again.
 */
public final class OrderWatch {

  /** From one look to the next. */
  static final Duration LOOK_EVERY = Duration.ofSeconds(2);

  /** A look that is not answered by then is given up. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Each so many looks, and the first one, are at all sales that may matter. */
  static final int FAR = 60;

  /** What the watch needs of the world around it. */
  public interface Surroundings {

    /**
     * The users with pending orders, each with the sequence number of its last one; some of them if
     * there are very many. Fails if the journal cannot be read.
     *
     * @param far whether to look at sales that were over long ago, too
     */
    CompletionStage<Map<UserId, Long>> pending(boolean far);

    /** Sends a command to a user, wherever it lives. */
    void tell(UserId user, UserCommand command);
  }

  /** What it tells itself. */
  public sealed interface Message {
    record Found(@Nullable Map<UserId, Long> users) implements Message {}

    enum Tick implements Message {
      LOOK
    }
  }

  private final Surroundings surroundings;
  private final ActorContext<Message> context;
  private final TimerScheduler<Message> timers;
  private int looks;

  private OrderWatch(
      Surroundings surroundings, ActorContext<Message> context, TimerScheduler<Message> timers) {
    this.surroundings = surroundings;
    this.context = context;
    this.timers = timers;
  }

  /** Looks at once, and goes on for ever. */
  public static Behavior<Message> create(Surroundings surroundings) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  OrderWatch watch = new OrderWatch(surroundings, context, timers);
                  watch.look();
                  return Behaviors.receiveMessage(watch::onMessage);
                }));
  }

  /** Starts the one of the cluster, on a node with the role of the singletons. */
  public static void init(ActorSystem<?> system, Surroundings surroundings) {
    // A singleton that stops stays stopped: whatever fails, it begins again.
    Behavior<Message> supervised =
        Behaviors.supervise(create(surroundings))
            .onFailure(
                SupervisorStrategy.restartWithBackoff(
                    Duration.ofMillis(100), Duration.ofSeconds(5), 0.2));
    var _ = ClusterSingleton.get(system).init(SingletonActor.of(supervised, "order-watch"));
  }

  private Behavior<Message> onMessage(Message message) {
    switch (message) {
      case Message.Tick.LOOK -> look();
      case Message.Found(Map<UserId, Long> users) -> {
        if (users == null) {
          looks = 0; // what was to be found then is not to wait for its turn
        } else {
          users.forEach((user, highest) -> surroundings.tell(user, new UserCommand.Wake(highest)));
        }
        timers.startSingleTimer(Message.Tick.LOOK, LOOK_EVERY);
      }
    }
    return Behaviors.same();
  }

  private void look() {
    timers.startSingleTimer(Message.Tick.LOOK, PATIENCE);
    context.pipeToSelf(
        surroundings.pending(looks++ % FAR == 0), (users, _) -> new Message.Found(users));
  }
}
