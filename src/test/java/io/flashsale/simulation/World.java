package io.flashsale.simulation;

import akka.actor.testkit.typed.internal.ActorSystemStub;
import akka.actor.testkit.typed.internal.FunctionRef;
import akka.actor.typed.ActorRef;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import scala.runtime.BoxedUnit;

/** What everything in a run shares: time, chance, faults, and the network. */
final class World {

  /** Nothing runs in it; contexts of actors have to name one. */
  static final ActorSystemStub SYSTEM = new ActorSystemStub("simulation", config());

  private static final AtomicInteger REFS = new AtomicInteger();

  final Chance chance;
  final Faults faults;
  final Timeline timeline = new Timeline();
  final Trace trace;

  /** When the run begins: sales do not begin with it. */
  private final Instant beginning;

  World(long seed, boolean traced) {
    chance = new Chance(seed);
    faults = new Faults(chance);
    beginning = Instant.EPOCH.plusMillis(chance.between(86_400_000, 186_400_000));
    trace = new Trace(timeline, traced);
  }

  /** By a clock that is right. */
  Instant time() {
    return beginning.plusNanos(timeline.now() * 1_000);
  }

  /** Stops at the file that comes with Akka: the program's own asks for ports and databases. */
  private static Config config() {
    return ConfigFactory.defaultReference();
  }

  /** A message between nodes may be lost, repeated, late, and overtaken. */
  void send(Object message, Runnable delivery) {
    if (faults.happen(chance, faults.drop)) {
      trace.add("network", "loses", () -> message);
      return;
    }
    timeline.after(faults.latency(chance), delivery);
    if (faults.happen(chance, faults.duplicate)) {
      timeline.after(faults.latency(chance), delivery);
    }
  }

  /** A reference that does this with what it is told, and is equal to no other. */
  static <T> ActorRef<T> ref(String name, Consumer<T> told) {
    return new FunctionRef<>(
        SYSTEM.path().child(name).withUid(REFS.incrementAndGet()),
        (message, _) -> {
          told.accept(message);
          return BoxedUnit.UNIT;
        });
  }
}
