package io.flashsale.simulation;

import akka.actor.testkit.typed.internal.StubbedActorContext;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.internal.TimerSchedulerCrossDslSupport;
import akka.japi.function.Function;
import akka.japi.function.Function2;
import akka.persistence.typed.internal.Running;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.helpers.NOPLogger;
import scala.runtime.Nothing$;

/** What an actor can do besides handling messages, in virtual time. */
final class EntityContext<C> extends StubbedActorContext<C> {

  private final World world;
  private final String name;
  private final Consumer<C> mailbox;
  private final ActorRef<C> self;
  private final EntityTimers<C> timers;
  private Timeline.@Nullable Task receiveTimeout;
  private @Nullable Runnable onTimeout;
  private long timeoutMicros;

  /** Answers how far the entity has come, when it asks for that. */
  private static final class Numbered<C> extends Behavior<C>
      implements Running.WithSeqNrAccessible {
    private final LongSupplier sequenceNr;

    private Numbered(LongSupplier sequenceNr) {
      super(0);
      this.sequenceNr = sequenceNr;
    }

    @Override
    public long currentSequenceNumber() {
      return sequenceNr.getAsLong();
    }
  }

  /**
   * A context of an actor whose own messages go to {@code mailbox} at once.
   *
   * @param sequenceNr what {@code lastSequenceNumber} answers
   */
  EntityContext(World world, String name, Consumer<C> mailbox, LongSupplier sequenceNr) {
    super(World.SYSTEM, World.SYSTEM.path(), () -> new Numbered<>(sequenceNr));
    this.world = world;
    this.name = name;
    this.mailbox = mailbox;
    this.self = World.ref(name, message -> world.timeline.after(0, () -> mailbox.accept(message)));
    this.timers = new EntityTimers<>(world.timeline, mailbox);
  }

  /** Both types that are asked for, one of which Java would not know how to unite. */
  private abstract static class Neither extends Nothing$ implements akka.actor.ActorContext {
    private static final long serialVersionUID = 1;
  }

  @Override
  public Neither classicActorContext() {
    throw new UnsupportedOperationException("There is no classic actor in a simulation");
  }

  @Override
  public ActorRef<C> self() {
    return self;
  }

  @Override
  public ActorRef<C> getSelf() {
    return self;
  }

  @Override
  public Logger getLog() {
    return NOPLogger.NOP_LOGGER;
  }

  @Override
  public Logger log() {
    return NOPLogger.NOP_LOGGER;
  }

  @Override
  public void checkCurrentActorThread() {
    // A run has one thread.
  }

  @Override
  public TimerSchedulerCrossDslSupport<C> timer() {
    return timers;
  }

  @Override
  public void cancelAllTimers() {
    timers.cancelAll();
  }

  /** What comes from other nodes by way of it is at the mercy of the network. */
  @Override
  public <U> ActorRef<U> messageAdapter(Class<U> type, Function<U, C> adapt) {
    return World.ref(
        name + "-adapter",
        message -> world.send(message, () -> mailbox.accept(applied(adapt, message))));
  }

  private static <U, C> C applied(Function<U, C> adapt, U message) {
    try {
      return adapt.apply(message);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public <V> void pipeToSelf(CompletionStage<V> future, Function2<V, Throwable, C> adapt) {
    future.whenComplete(
        (value, failure) -> {
          try {
            self.tell(adapt.apply(value, failure));
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Override
  public void setReceiveTimeout(Duration timeout, C message) {
    timeoutMicros = Timeline.micros(timeout);
    onTimeout = () -> mailbox.accept(message);
    heardSomething();
  }

  /** Puts the receive timeout off. */
  void heardSomething() {
    if (receiveTimeout != null) {
      receiveTimeout.cancel();
    }
    Runnable action = onTimeout;
    if (action != null) {
      receiveTimeout = world.timeline.after(timeoutMicros, action);
    }
  }

  /** The actor is gone. */
  void end() {
    timers.cancelAll();
    if (receiveTimeout != null) {
      receiveTimeout.cancel();
    }
  }
}
