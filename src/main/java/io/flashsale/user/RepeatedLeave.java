package io.flashsale.user;

import akka.actor.typed.Behavior;
import akka.actor.typed.BehaviorInterceptor;
import akka.actor.typed.TypedActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import io.flashsale.user.UserCommand.Leave;
import java.time.Duration;

/**
 * What a shard says to a user who is to leave memory, or this node, and what is then said again
 * until the user has left. A user who is deciding something stays for that, and a message to a busy
 * one may be dropped: but in Akka 2.8.5 a shard says it once, and keeps for the time after its end
 * all that comes for an entity.
 */
public final class RepeatedLeave extends BehaviorInterceptor<UserCommand, UserCommand> {

  public static final UserCommand MESSAGE = Leave.NOW;

  static final Duration AGAIN = Duration.ofMillis(10);

  private final TimerScheduler<UserCommand> timers;

  private RepeatedLeave(TimerScheduler<UserCommand> timers) {
    super(UserCommand.class);
    this.timers = timers;
  }

  /** A user to whom it is repeated. */
  public static Behavior<UserCommand> to(Behavior<UserCommand> user) {
    return Behaviors.withTimers(
        timers -> Behaviors.intercept(() -> new RepeatedLeave(timers), user));
  }

  @Override
  public Behavior<UserCommand> aroundReceive(
      TypedActorContext<UserCommand> context,
      UserCommand message,
      ReceiveTarget<UserCommand> user) {
    if (message == MESSAGE && !timers.isTimerActive(MESSAGE)) {
      timers.startTimerWithFixedDelay(MESSAGE, MESSAGE, AGAIN);
    }
    return user.apply(context, message);
  }
}
