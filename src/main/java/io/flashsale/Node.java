package io.flashsale;

import akka.actor.CoordinatedShutdown;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.DispatcherSelector;
import akka.remote.RemoteTransportException;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.flashsale.database.Database;
import io.flashsale.database.ThrowAwaySchema;
import io.flashsale.ops.OperatorException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node from start to stop: database, actor system, and down again in the opposite order. SIGTERM
 * and SIGINT stop it in good order, and it exits with 0.
 */
final class Node {

  private static final Logger log = LoggerFactory.getLogger(Node.class);

  /** A stop takes no longer, whatever hangs. */
  private static final Duration STOP_AT_MOST = Duration.ofSeconds(20);

  /** A signal that comes earlier waits so long for the start of the embedded database. */
  private static final Duration START_AT_MOST = Duration.ofSeconds(8);

  /** Of a node that nobody is to find. */
  private static final Map<String, Object> ALONE =
      Map.of(
          "akka.remote.artery.canonical.hostname", "127.0.0.1",
          "akka.remote.artery.canonical.port", 0,
          "akka.remote.artery.bind.hostname", "",
          "akka.remote.artery.bind.port", "");

  private static volatile boolean stopping;

  private Node() {}

  /**
   * Runs until the node is stopped.
   *
   * @throws OperatorException if it cannot start, or stops although nobody has asked it to
   */
  static void run(Config config, Settings settings) {
    Ports.check(config, settings);
    StartUp.log(config, settings, Main.fullVersion());
    AtomicReference<@Nullable Database> opened = new AtomicReference<>();
    AtomicReference<@Nullable ActorSystem<?>> running = new AtomicReference<>();
    CountDownLatch started = new CountDownLatch(1);
    AtomicReference<@Nullable WarmUp> prepared = new AtomicReference<>();
    Duration patience = settings.database().url() == null ? START_AT_MOST : Duration.ZERO;
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  stopping = !Main.isExiting(); // later on the main thread may have come to its end
                  awaitStart(started, patience);
                  stopOnSignal(running, prepared, opened);
                },
                "stop"));
    try (Entrance entrance = Entrance.of(settings.http(), InstantSource.system());
        Database database = Database.open(settings.database());
        WarmUp warmUp = prepare(settings, database)) {
      opened.set(database);
      prepared.set(warmUp);
      if (stopping) {
        return; // the shutdown hook ends the program
      }
      AtomicReference<@Nullable OperatorException> failure = new AtomicReference<>();
      ActorSystem<Guardian.Message> system =
          start(config, settings, entrance, database, warmUp, failure::set, _ -> {});
      running.set(system);
      started.countDown();
      Leaving.init(system, STOP_AT_MOST);
      system.getWhenTerminated().toCompletableFuture().join();
      OperatorException why = failure.get();
      if (why != null) {
        throw why;
      }
      if (stopping) {
        return; // the shutdown hook ends the program
      }
      throw Leaving.explained(system, settings);
    } finally {
      started.countDown();
    }
  }

  private static WarmUp prepare(Settings settings, Database database) {
    database.migrate();
    return WarmUp.prepare(settings.warmUp(), database);
  }

  /**
   * Runs a node that nobody can find until it is warm, and puts away all it has written.
   *
   * @return whether it has warmed up
   */
  static boolean warmUp(Config config, Settings settings) {
    try (Database database = Database.open(settings.database());
        ThrowAwaySchema schema = ThrowAwaySchema.create(database);
        WarmUp warmUp = prepare(settings.alone(), schema.database())) {
      CompletableFuture<Integer> ready = new CompletableFuture<>();
      ActorSystem<Guardian.Message> system =
          start(
              ConfigFactory.parseMap(ALONE).withFallback(config),
              settings.alone(),
              Entrance.OPEN,
              schema.database(),
              warmUp,
              ready::completeExceptionally,
              ready::complete);
      ready.join();
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().join();
      return warmUp.sold() > 0;
    } catch (SQLException e) {
      throw new OperatorException("No warm-up: " + Database.oneLine(e), e);
    }
  }

  /** A PostgreSQL that is being started would be left behind. */
  private static void awaitStart(CountDownLatch started, Duration patience) {
    try {
      if (!started.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        log.info("Stopped while starting");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static ActorSystem<Guardian.Message> start(
      Config config,
      Settings settings,
      Entrance entrance,
      Database database,
      WarmUp warmUp,
      Consumer<OperatorException> failure,
      IntConsumer ready) {
    Map<String, Object> known = known(settings, database);
    known.putAll(warmUp.configuration());
    known.putAll(Forming.known(settings.cluster()));
    List<String> roles = new ArrayList<>(settings.cluster().roles());
    roles.addAll(warmUp.roles());
    known.put("akka.cluster.roles", roles);
    try {
      return ActorSystem.create(
          Guardian.create(
              settings, entrance, database, warmUp, InstantSource.system(), failure, ready),
          "flashsale",
          ConfigFactory.parseMap(known).withFallback(config),
          DispatcherSelector.blocking()); // it waits for extensions, which start on the event loops
    } catch (RemoteTransportException e) {
      throw Ports.remotingCannot(config, e);
    }
  }

  /**
   * What the configuration cannot know: where the journal is, and how many processors there are.
   */
  private static Map<String, Object> known(Settings settings, Database database) {
    Map<String, Object> known = new HashMap<>();
    String journal = "akka-persistence-jdbc.shared-databases.slick.db.";
    known.put(journal + "url", database.url());
    known.put(journal + "user", database.user());
    known.put(journal + "password", database.password());
    known.put("akka.io.tcp.nr-of-selectors", settings.eventLoops());
    return known;
  }

  /** The shutdown hook. The exit code of a JVM that ends by a signal can only be set by halting. */
  private static void stopOnSignal(
      AtomicReference<@Nullable ActorSystem<?>> running,
      AtomicReference<@Nullable WarmUp> prepared,
      AtomicReference<@Nullable Database> opened) {
    if (!stopping) {
      return;
    }
    int exitCode = 0;
    ActorSystem<?> system = running.get();
    if (system != null) {
      CoordinatedShutdown.get(system).runAll(CoordinatedShutdown.jvmExitReason());
      try {
        system
            .getWhenTerminated()
            .toCompletableFuture()
            .copy() // the main thread waits for the same
            .orTimeout(STOP_AT_MOST.toMillis(), TimeUnit.MILLISECONDS)
            .join();
      } catch (CompletionException e) {
        log.error("The node did not stop within {} s", STOP_AT_MOST.toSeconds());
        exitCode = 1;
      }
    }
    WarmUp warmUp = prepared.get();
    if (warmUp != null) {
      warmUp.close();
    }
    Database database = opened.get();
    if (database != null) {
      database.close();
    }
    log.info("Stopped");
    Runtime.getRuntime().halt(exitCode);
  }
}
