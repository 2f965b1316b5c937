package io.flashsale.simulation;

import akka.actor.NotInfluenceReceiveTimeout;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.PreRestart;
import akka.actor.typed.Signal;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.TypedActorContext;
import akka.actor.typed.internal.BehaviorImpl;
import akka.persistence.typed.RecoveryCompleted;
import akka.persistence.typed.internal.Callback;
import akka.persistence.typed.internal.CompositeEffect;
import akka.persistence.typed.internal.EventSourcedBehaviorImpl;
import akka.persistence.typed.internal.JournalFailureException;
import akka.persistence.typed.internal.SideEffect;
import akka.persistence.typed.internal.Stop$;
import akka.persistence.typed.javadsl.EventSourcedBehavior;
import akka.persistence.typed.scaladsl.Effect;
import akka.persistence.typed.scaladsl.EffectBuilder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import scala.Tuple2;
import scala.jdk.javaapi.CollectionConverters;

/**
 * One life of a persistent entity. The handlers are those of the program; recovery, writing,
 * stashing, restarts and the end are done here, in virtual time, as Akka Persistence 2.8.5 does
 * them: a restart after a failed write replays the journal, but keeps the object with its fields
 * and what is stashed, and forgets a stop that was asked for.
 */
final class Incarnation<C, E, S> {

  private enum Phase {
    RECOVERING,
    READY,
    WRITING,
    RESTARTING,
    STOPPED
  }

  private final World world;
  private final Journal journal;
  private final String name;
  private final Consumer<Incarnation<C, E, S>> onStopped;
  private final EntityContext<C> context;
  private final EventSourcedBehaviorImpl<C, E, S> program;
  private final String persistenceId;
  private final Deque<C> stash = new ArrayDeque<>();
  private Phase phase = Phase.RECOVERING;
  private S state;
  private long sequenceNr;
  private int restarts;
  private boolean askedToStop;

  Incarnation(
      World world,
      Journal journal,
      String name,
      Function<Incarnation<C, E, S>, Behavior<C>> create,
      Consumer<Incarnation<C, E, S>> onStopped) {
    this.world = world;
    this.journal = journal;
    this.name = name;
    this.onStopped = onStopped;
    context = new EntityContext<>(world, name, this::receive, () -> sequenceNr);
    program = program(create.apply(this), context);
    persistenceId = program.persistenceId().id();
    state = program.emptyState();
    world.trace.add(name, "starts");
    recover();
  }

  @SuppressWarnings("unchecked")
  private static <C, E, S> EventSourcedBehaviorImpl<C, E, S> program(
      Behavior<C> created, TypedActorContext<C> context) {
    Behavior<C> behavior = created;
    while (!(behavior instanceof EventSourcedBehavior<?, ?, ?>)) {
      behavior = ((BehaviorImpl.DeferredBehavior<C>) behavior).apply(context);
    }
    return (EventSourcedBehaviorImpl<C, E, S>)
        ((EventSourcedBehavior<C, E, S>) behavior).createEventSourcedBehavior();
  }

  boolean isStopped() {
    return phase == Phase.STOPPED;
  }

  @Override
  public String toString() {
    return name;
  }

  // ---------------------------------------------------------------- messages

  void receive(C message) {
    switch (phase) {
      case STOPPED -> world.trace.add(name, "is gone, misses", () -> message);
      case READY -> {
        if (!(message instanceof NotInfluenceReceiveTimeout)) {
          context.heardSomething();
        }
        handle(message);
        unstash();
      }
      case RECOVERING, WRITING, RESTARTING -> {
        // A full stash drops what comes, be it from a timer.
        if (askedToStop || world.faults.happen(world.chance, world.faults.overflow)) {
          world.trace.add(name, "drops", () -> message);
        } else {
          stash.add(message);
        }
      }
    }
  }

  private void handle(C message) {
    world.trace.add(name, "<-", () -> message);
    Effect<E, S> effect;
    try {
      effect = program.commandHandler().apply(state, message);
      perform(effect);
    } catch (Breach breach) {
      throw breach;
    } catch (JournalFailureException e) {
      fail("has been overtaken");
    } catch (RuntimeException e) {
      throw new Breach("throws", name + " at " + message + " in " + state, e);
    }
  }

  private void unstash() {
    while (phase == Phase.READY) {
      C next = stash.poll();
      if (next == null) {
        if (askedToStop) {
          stop();
        }
        return;
      }
      handle(next);
    }
  }

  // ---------------------------------------------------------------- effects

  private void perform(Effect<E, S> effect) {
    List<SideEffect<S>> after = new ArrayList<>();
    Effect<E, S> inner = effect;
    while (inner instanceof CompositeEffect<E, S> composite) {
      after.addAll(0, CollectionConverters.asJava(composite._sideEffects()));
      inner = composite.persistingEffect();
    }
    List<E> events =
        List.copyOf(CollectionConverters.asJava(((EffectBuilder<E, S>) inner).events()));
    if (events.isEmpty()) {
      run(after);
      return;
    }
    S next = state;
    for (E event : events) {
      next = program.eventHandler().apply(next, event); // throws before anything is written
    }
    phase = Phase.WRITING;
    S written = next;
    journal.write(
        persistenceId,
        sequenceNr + 1,
        events,
        success -> {
          if (phase == Phase.WRITING) {
            if (success) {
              state = written;
              sequenceNr += events.size();
              journal.compare(persistenceId, sequenceNr, state);
              phase = Phase.READY;
              run(after);
              unstash();
            } else {
              fail("does not know its write");
            }
          }
        });
  }

  private void run(List<SideEffect<S>> effects) {
    boolean stops = false;
    for (SideEffect<S> effect : effects) {
      if (effect instanceof Callback<S> callback) {
        callback.sideEffect().apply(state);
      } else if (Stop$.MODULE$.equals(effect)) {
        stops = true;
      } else {
        throw new IllegalStateException("The simulation does not know " + effect);
      }
    }
    if (stops) {
      stop();
    }
  }

  private void signal(Signal signal) {
    Tuple2<S, Signal> both = new Tuple2<>(state, signal);
    if (program.signalHandler().isDefinedAt(both)) {
      program.signalHandler().apply(both);
    }
  }

  // ---------------------------------------------------------------- beginnings and ends

  private void recover() {
    phase = Phase.RECOVERING;
    journal.read(
        persistenceId,
        events -> {
          if (phase == Phase.RECOVERING) {
            if (events == null) {
              fail("cannot recover");
            } else {
              replay(events);
            }
          }
        });
  }

  @SuppressWarnings("unchecked")
  private void replay(List<Object> events) {
    try {
      state = program.emptyState();
      for (Object event : events) {
        state = program.eventHandler().apply(state, (E) event);
      }
    } catch (RuntimeException e) {
      throw new Breach("throws", name + " cannot replay " + events, e);
    }
    sequenceNr = events.size();
    journal.compare(persistenceId, sequenceNr, state);
    phase = Phase.READY;
    restarts = 0;
    world.trace.add(name, "has recovered", () -> sequenceNr + " " + state);
    signal(RecoveryCompleted.instance());
    unstash();
  }

  /** As its supervision says: it stops, or replays after a while. */
  private void fail(String why) {
    world.trace.add(name, why);
    context.cancelAllTimers();
    askedToStop = false;
    SupervisorStrategy.Backoff strategy =
        (SupervisorStrategy.Backoff) program.supervisionStrategy();
    if (strategy.maxRestarts() >= 0 && restarts >= strategy.maxRestarts()) {
      end();
      return;
    }
    signal(PreRestart.instance());
    phase = Phase.RESTARTING;
    long least = strategy.minBackoff().toMicros() << Math.min(restarts++, 20);
    long delay = Math.min(least, strategy.maxBackoff().toMicros());
    world.timeline.after(
        delay + world.chance.between(0, (long) (delay * strategy.randomFactor())),
        () -> {
          if (phase == Phase.RESTARTING) {
            recover();
          }
        });
  }

  /** What its shard says to an idle one: it finishes what it writes, then it goes. */
  void poison() {
    if (phase == Phase.READY) {
      stop();
    } else {
      askedToStop = true;
    }
  }

  private void stop() {
    world.trace.add(name, "stops");
    signal(PostStop.instance());
    end();
  }

  private void end() {
    kill();
    onStopped.accept(this);
  }

  /** Without a word: the power fails. What it has sent to the journal may still be written. */
  void kill() {
    phase = Phase.STOPPED;
    stash.clear();
    context.end();
  }
}
