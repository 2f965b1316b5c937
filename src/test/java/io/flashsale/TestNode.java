package io.flashsale;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.testkit.typed.javadsl.ManualTime;
import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import akka.persistence.testkit.JournalOperation;
import akka.persistence.testkit.ProcessingPolicy;
import akka.persistence.testkit.ProcessingResult;
import akka.persistence.testkit.ProcessingSuccess;
import akka.persistence.testkit.StorageFailure;
import akka.persistence.testkit.WriteEvents;
import akka.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import akka.persistence.testkit.javadsl.PersistenceTestKit;
import akka.persistence.typed.PersistenceId;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** An actor system whose time and journal obey the test. */
public final class TestNode implements AutoCloseable {

  /** State never leaves memory; commands and events do. */
  private static final EventSourcedBehaviorTestKit.SerializationSettings SERIALIZATION =
      EventSourcedBehaviorTestKit.enabledSerializationSettings()
          .withVerifyEquality(true)
          .withVerifyState(false);

  private final ActorTestKit kit =
      ActorTestKit.create(
          "test",
          ConfigFactory.parseString(
                  """
                  akka.actor.provider = local
                  # A gate blocks the thread of the journal, which must not be an event loop.
                  akka.persistence.testkit.journal.plugin-dispatcher = akka.actor.default-blocking-io-dispatcher
                  """)
              .withFallback(ManualTime.config())
              .withFallback(EventSourcedBehaviorTestKit.config())
              .withFallback(ConfigFactory.load()));
  private final ManualTime time = ManualTime.get(kit.system());
  private final PersistenceTestKit journal = PersistenceTestKit.create(kit.system());
  private final Map<String, Gate> gates = new ConcurrentHashMap<>();
  private final Set<String> failing = ConcurrentHashMap.newKeySet();

  public TestNode() {
    journal.withPolicy(new Obedient());
  }

  /** A write that waits in the journal. */
  public static final class Gate {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch open = new CountDownLatch(1);
    private volatile List<Object> events = List.of();

    /** What is written at once. */
    public List<Object> events() {
      return events;
    }

    public void awaitWrite() {
      await(reached);
    }

    public void open() {
      open.countDown();
    }

    private static void await(CountDownLatch latch) {
      try {
        if (!latch.await(10, TimeUnit.SECONDS)) {
          throw new AssertionError("Nothing is written");
        }
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private final class Obedient implements ProcessingPolicy<JournalOperation> {
    @Override
    public ProcessingResult tryProcess(String id, JournalOperation operation) {
      if (operation instanceof WriteEvents write) {
        Gate gate = gates.remove(id);
        if (gate != null) {
          gate.events = List.copyOf(write.getBatch());
          gate.reached.countDown();
          Gate.await(gate.open);
        }
        if (failing.remove(id)) {
          return StorageFailure.create(new IOException("The connection was lost"));
        }
      }
      return ProcessingSuccess.getInstance();
    }
  }

  public ActorSystem<?> system() {
    return kit.system();
  }

  public <T> TestProbe<T> probe() {
    return kit.createTestProbe();
  }

  public <T> ActorRef<T> spawn(Behavior<T> behavior) {
    return kit.spawn(behavior);
  }

  public <C, E, S> EventSourcedBehaviorTestKit<C, E, S> tested(Behavior<C> behavior) {
    return EventSourcedBehaviorTestKit.create(kit.system(), behavior, SERIALIZATION);
  }

  public void pass(Duration duration) {
    time.timePasses(duration);
  }

  /** Lets time pass until it comes about: after a failure, restarts wait for their time. */
  public void passUntil(BooleanSupplier done) {
    for (int i = 0; i < 100; i++) {
      if (done.getAsBoolean()) {
        return;
      }
      time.timePasses(Duration.ofMillis(100));
    }
    throw new AssertionError("It does not come about");
  }

  // ---------------------------------------------------------------- the journal

  public List<Object> events(String persistenceId) {
    return journal.persistedInStorage(persistenceId);
  }

  /** As a read of its own, for those who compare what they know with it. */
  public CompletionStage<Long> head(PersistenceId id) {
    return CompletableFuture.completedFuture((long) events(id.id()).size());
  }

  /** What another incarnation writes, or wrote before this one started. */
  public void write(String persistenceId, Object... events) {
    journal.persistForRecovery(persistenceId, List.of(events));
  }

  public void failNextWrite(String persistenceId) {
    failing.add(persistenceId);
  }

  public boolean hasFailed(String persistenceId) {
    return !failing.contains(persistenceId);
  }

  /** The next write waits until the gate is opened. */
  public Gate holdNextWrite(String persistenceId) {
    Gate gate = new Gate();
    gates.put(persistenceId, gate);
    return gate;
  }

  @Override
  public void close() {
    gates.values().forEach(Gate::open);
    kit.shutdownTestKit();
  }
}
