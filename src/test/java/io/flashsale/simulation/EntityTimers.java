package io.flashsale.simulation;

import akka.actor.typed.internal.TimerSchedulerCrossDslSupport;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import scala.concurrent.duration.FiniteDuration;

/** The timers of one actor, in virtual time. A timer that is cancelled is not heard of again. */
final class EntityTimers<C> implements TimerSchedulerCrossDslSupport<C> {

  private final Timeline timeline;
  private final Consumer<C> mailbox;
  private final Map<Object, Timeline.Task> running = new LinkedHashMap<>();

  EntityTimers(Timeline timeline, Consumer<C> mailbox) {
    this.timeline = timeline;
    this.mailbox = mailbox;
  }

  @Override
  public void startSingleTimer(Object key, C message, FiniteDuration delay) {
    cancel(key);
    running.put(
        key,
        timeline.after(
            delay.toMicros(),
            () -> {
              running.remove(key);
              mailbox.accept(message);
            }));
  }

  @Override
  public void startTimerWithFixedDelay(Object key, C message, FiniteDuration delay) {
    startTimerWithFixedDelay(key, message, delay, delay);
  }

  @Override
  public void startTimerWithFixedDelay(
      Object key, C message, FiniteDuration initialDelay, FiniteDuration delay) {
    cancel(key);
    running.put(
        key,
        timeline.after(
            initialDelay.toMicros(),
            () -> {
              startTimerWithFixedDelay(key, message, delay, delay);
              mailbox.accept(message);
            }));
  }

  @Override
  public void startTimerAtFixedRate(Object key, C message, FiniteDuration interval) {
    startTimerWithFixedDelay(key, message, interval, interval);
  }

  @Override
  public void startTimerAtFixedRate(
      Object key, C message, FiniteDuration initialDelay, FiniteDuration interval) {
    startTimerWithFixedDelay(key, message, initialDelay, interval);
  }

  @Override
  @Deprecated
  public void startPeriodicTimer(Object key, C message, FiniteDuration interval) {
    startTimerWithFixedDelay(key, message, interval, interval);
  }

  @Override
  public boolean isTimerActive(Object key) {
    return running.containsKey(key);
  }

  @Override
  public void cancel(Object key) {
    Timeline.Task task = running.remove(key);
    if (task != null) {
      task.cancel();
    }
  }

  @Override
  public void cancelAll() {
    running.values().forEach(Timeline.Task::cancel);
    running.clear();
  }
}
