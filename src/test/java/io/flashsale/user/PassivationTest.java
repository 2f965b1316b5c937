package io.flashsale.user;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.Behaviors;
import akka.cluster.sharding.typed.ShardingEnvelope;
import akka.cluster.sharding.typed.javadsl.ClusterSharding;
import akka.cluster.sharding.typed.javadsl.Entity;
import akka.cluster.sharding.typed.javadsl.EntityContext;
import akka.cluster.sharding.typed.javadsl.EntityRef;
import akka.cluster.sharding.typed.javadsl.EntityTypeKey;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.Join;
import akka.persistence.testkit.JournalOperation;
import akka.persistence.testkit.ProcessingPolicy;
import akka.persistence.testkit.ProcessingResult;
import akka.persistence.testkit.ProcessingSuccess;
import akka.persistence.testkit.StorageFailure;
import akka.persistence.testkit.WriteEvents;
import akka.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import akka.persistence.testkit.javadsl.PersistenceTestKit;
import akka.persistence.typed.PersistenceId;
import akka.persistence.typed.javadsl.CommandHandler;
import akka.persistence.typed.javadsl.EventHandler;
import akka.persistence.typed.javadsl.EventSourcedBehavior;
import com.typesafe.config.ConfigFactory;
import io.flashsale.item.Item;
import io.flashsale.item.ItemId;
import io.flashsale.user.UserCommand.AskOutcome;
import io.flashsale.user.UserCommand.Show;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * In Akka 2.8.5 an entity that is told to leave memory and does not is lost: its shard keeps every
 * message for the time after its end, which never comes. Two entities that get into that, and a
 * user, who does not.
 */
class PassivationTest {

  private static final Duration FOR_EVER = Duration.ofSeconds(2);

  /** The stop message, from the shard to the entity: nobody but the entity sees it. */
  private static final Duration ON_ITS_WAY = Duration.ofMillis(300);

  private static final ActorTestKit KIT =
      ActorTestKit.create(
          "passivation",
          ConfigFactory.parseString(
                  """
                  akka.remote.artery.canonical.port = 0
                  akka.cluster.roles = [entities]
                  akka.persistence.testkit.journal.plugin-dispatcher = akka.actor.default-blocking-io-dispatcher
                  """)
              .withFallback(EventSourcedBehaviorTestKit.config())
              .withFallback(ConfigFactory.load()));

  private static final PersistenceTestKit JOURNAL = PersistenceTestKit.create(KIT.system());
  private static final ClusterSharding SHARDING = ClusterSharding.get(KIT.system());

  private final Gate gate = new Gate();
  private final Map<String, Runnable> passivations = new ConcurrentHashMap<>();

  @BeforeAll
  static void formACluster() {
    Cluster cluster = Cluster.get(KIT.system());
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
  }

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  /** The first write waits until it is let through, and fails. */
  private static final class Gate implements ProcessingPolicy<JournalOperation> {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch open = new CountDownLatch(1);

    @Override
    public ProcessingResult tryProcess(String persistenceId, JournalOperation operation) {
      if (!(operation instanceof WriteEvents) || reached.getCount() == 0) {
        return ProcessingSuccess.getInstance();
      }
      reached.countDown();
      await(open);
      return StorageFailure.create(new IOException("The connection was lost"));
    }

    private static void await(CountDownLatch latch) {
      try {
        assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Test
  void anEntityThatIgnoresItsOwnRepeatedLeaveIsLost() {
    EntityRef<String> entity =
        init("Deaf", "stop", context -> passivated(context, PassivationTest::deaf));
    TestProbe<String> client = KIT.createTestProbe();
    CLIENTS.put("deaf", client.getRef());
    entity.tell("hello");
    client.expectMessage("hello");

    requireNonNull(passivations.get("1")).run();
    client.expectMessage("stop");

    entity.tell("hello");
    client.expectNoMessage(FOR_EVER);
  }

  @Test
  void anEntityThatRestartsAfterAFailedWriteForgetsThatItWasToStop() {
    JOURNAL.withPolicy(gate);
    EntityRef<String> entity =
        init("Restarting", null, context -> passivated(context, _ -> new Restarting()));
    TestProbe<String> client = KIT.createTestProbe();
    CLIENTS.put("restarting", client.getRef());

    failAWriteDuringWhichItIsToldToStop(() -> entity.tell("write"));

    entity.tell("hello");
    client.expectNoMessage(FOR_EVER);
  }

  @Test
  void aUserIsBackAfterAFailedWriteDuringWhichItWasToStop() {
    JOURNAL.withPolicy(gate);
    SHARDING.init(
        Entity.of(
                User.TYPE,
                context ->
                    passivated(
                        context,
                        id -> RepeatedLeave.to(User.create(UserId.parse(id), new Around()))))
            .withStopMessage(RepeatedLeave.MESSAGE));
    EntityRef<UserCommand> user = SHARDING.entityRefFor(User.TYPE, "1-1");
    TestProbe<UserReply> client = KIT.createTestProbe();

    failAWriteDuringWhichItIsToldToStop(() -> user.tell(new AskOutcome(new UUID(0, 1), 7, 0)));

    client.awaitAssert(
        Duration.ofSeconds(10),
        () -> {
          user.tell(new Show(new UUID(0, 1), client.getRef()));
          return client.receiveMessage(Duration.ofMillis(500));
        });
  }

  private void failAWriteDuringWhichItIsToldToStop(Runnable write) {
    write.run();
    Gate.await(gate.reached);
    passivations.values().forEach(Runnable::run);
    KIT.createTestProbe().expectNoMessage(ON_ITS_WAY);
    gate.open.countDown();
  }

  private EntityRef<String> init(
      String name,
      @Nullable String stopMessage,
      Function<EntityContext<String>, Behavior<String>> create) {
    EntityTypeKey<String> type = EntityTypeKey.create(String.class, name);
    Entity<String, ShardingEnvelope<String>> entity = Entity.of(type, create::apply);
    SHARDING.init(stopMessage == null ? entity : entity.withStopMessage(stopMessage));
    return SHARDING.entityRefFor(type, "1");
  }

  private interface Creation<C> {
    Behavior<C> create(String entityId);
  }

  private <C> Behavior<C> passivated(EntityContext<C> entity, Creation<C> creation) {
    return Behaviors.setup(
        context -> {
          passivations.put(
              entity.getEntityId(),
              () -> entity.getShard().tell(new ClusterSharding.Passivate<>(context.getSelf())));
          return creation.create(entity.getEntityId());
        });
  }

  // ---------------------------------------------------------------- entities

  private static final Map<String, ActorRef<String>> CLIENTS = new ConcurrentHashMap<>();

  private static Behavior<String> deaf(String id) {
    return Behaviors.receiveMessage(
        message -> {
          requireNonNull(CLIENTS.get("deaf")).tell(message);
          return Behaviors.same();
        });
  }

  private static final class Restarting extends EventSourcedBehavior<String, String, String> {
    Restarting() {
      super(
          PersistenceId.ofUniqueId("restarting"),
          SupervisorStrategy.restartWithBackoff(Duration.ofMillis(10), Duration.ofMillis(10), 0));
    }

    @Override
    public String emptyState() {
      return "";
    }

    @Override
    public CommandHandler<String, String, String> commandHandler() {
      return (_, command) -> {
        if (command.equals("write")) {
          return Effect().persist(command);
        }
        requireNonNull(CLIENTS.get("restarting")).tell(command);
        return Effect().none();
      };
    }

    @Override
    public EventHandler<String, String> eventHandler() {
      return (_, event) -> event;
    }
  }

  private static final class Around implements User.Surroundings {
    @Override
    public InstantSource clock() {
      return InstantSource.system();
    }

    @Override
    public RandomGenerator random() {
      return new SplittableRandom(1);
    }

    @Override
    public void tell(ItemId item, Item.Command command) {}

    @Override
    public CompletionStage<Long> highestSequenceNr(PersistenceId id) {
      return CompletableFuture.completedFuture(0L);
    }

    @Override
    public CompletionStage<List<UserEvent>> earlier(UserId user, UUID key) {
      return CompletableFuture.completedFuture(List.of());
    }
  }
}
