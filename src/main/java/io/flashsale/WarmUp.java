package io.flashsale;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.DispatcherSelector;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.flashsale.database.Database;
import io.flashsale.database.ThrowAwaySchema;
import io.flashsale.ops.OperatorException;
import io.flashsale.sale.SaleSchedule;
import io.flashsale.warmup.Crowd;
import io.flashsale.warmup.Pace;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.LoggerFactory;

/**
 * Sells a synthetic sale before the node takes requests, so that the JVM has compiled what the
 * first real one needs. A whole node is started for it, the same classes, alone in a cluster of its
 * own, on ports of its own and in a schema of its own, and thrown away: nothing synthetic ever is
 * in the tables of the real one.
 *
 * <p>Whatever goes wrong costs the warm-up, never the start.
 */
final class WarmUp {

  private static final Logger log = (Logger) LoggerFactory.getLogger(WarmUp.class);
  private static final Logger ours = (Logger) LoggerFactory.getLogger("io.flashsale");

  private static final int MOST_ITEMS = 20_000;

  /** Of the first node, which is there for the second one: see {@link #now}. */
  private static final int FEW_ITEMS = 2_000;

  /** What an item, its buyer and its share of what else lives that long keep of the heap. */
  private static final int BYTES_OF_AN_ITEM = 8 * 1024;

  /** Of the heap, for the items and the buyers. */
  private static final int SHARE = 8;

  /** The compiler comes late: 10,000 items before anything is concluded. */
  private static final int FEWEST_ROUNDS = 5;

  /** Longer than any warm-up. */
  private static final Duration FOR_EVER = Duration.ofDays(1);

  /** From a signal until all is put away; what is not is left to the next start. */
  private static final Duration STOP_AT_MOST = Duration.ofSeconds(2);

  /** For the actors to end. */
  private static final Duration END_AT_MOST = Duration.ofSeconds(5);

  private final Config config;
  private final Settings settings;
  private final Lock working = new ReentrantLock();
  private volatile CompletableFuture<Integer> port = new CompletableFuture<>();
  private volatile boolean stopped;

  WarmUp(Config config, Settings settings) {
    this.config = config;
    this.settings = settings;
  }

  /** Warms up if the settings want it, and drops what a warm-up that was killed has left behind. */
  void run(Database database) {
    working.lock();
    try {
      dropLeftOvers(database);
      if (settings.warmUp().enabled() && !stopped) {
        now(database);
      }
    } finally {
      working.unlock();
    }
  }

  /**
   * Ends it, and waits for that, but not for long. From any thread.
   *
   * @return whether everything is put away; if not, the next start does it
   */
  boolean stop() {
    stopped = true;
    port.cancel(false);
    try {
      if (working.tryLock(STOP_AT_MOST.toMillis(), TimeUnit.MILLISECONDS)) {
        working.unlock();
        return true;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  private static void dropLeftOvers(Database database) {
    try {
      int dropped = ThrowAwaySchema.dropLeftOvers(database);
      if (dropped > 0) {
        log.info("Dropped what {} warm-ups that were killed had left in the database", dropped);
      }
    } catch (SQLException e) {
      log.warn("What an earlier warm-up left stays in the database: {}", Database.oneLine(e));
    }
  }

  /**
   * Warms up in any case. Two nodes are thrown away: when another one starts, the JVM drops some of
   * what it has compiled on the assumption that this never happens, and better now than later.
   */
  void now(Database database) {
    long began = System.nanoTime();
    Duration atMost = settings.warmUp().atMost();
    log.info("Warming up for at most {} s", atMost.toSeconds());
    Pace pace = new Pace(FEWEST_ROUNDS);
    try {
      long until = began + atMost.toNanos();
      int few = quietly(() -> sell(database, FEW_ITEMS, new Pace(1), until));
      int sold = few + quietly(() -> sell(database, mostItems(), pace, until));
      if (!stopped) {
        System.gc(); // or thousands of synthetic actors grow old, and are collected in a real sale
        log.info(
            "Warmed up in {} s: {} items sold in {} rounds, {}/s in the first and {}/s in the last",
            "%.1f".formatted((System.nanoTime() - began) / 1e9),
            sold,
            pace.rounds(),
            pace.first(),
            pace.last());
        log.debug("Items per second, round by round: {}", pace);
      }
    } catch (Exception e) {
      if (!stopped) {
        log.warn(
            "No warm-up: {}; the first sale may be slow. WARM_UP=off starts without",
            Database.oneLine(e));
        log.debug("The cause", e);
      }
    }
  }

  /** "Listening", "Ready" and the like would not be about this node. */
  private static <T> T quietly(Callable<T> work) throws Exception {
    Level level = ours.getLevel();
    if (ours.getEffectiveLevel().levelInt < Level.WARN_INT) {
      ours.setLevel(Level.WARN);
    }
    try {
      return work.call();
    } finally {
      ours.setLevel(level);
    }
  }

  private int sell(Database real, int items, Pace pace, long until) throws Exception {
    try (ThrowAwaySchema schema = ThrowAwaySchema.create(real)) {
      return sellIn(schema.database(), items, pace, until);
    }
  }

  private int sellIn(Database database, int items, Pace pace, long until) throws IOException {
    Settings synthetic = synthetic(items);
    CompletableFuture<Integer> port = new CompletableFuture<>();
    this.port = port;
    if (stopped) {
      return 0;
    }
    ActorSystem<?> system =
        ActorSystem.create(
            Guardian.create(
                synthetic,
                database,
                InstantSource.system(),
                port::completeExceptionally,
                port::complete),
            "warm-up", // a node of a cluster named otherwise can by no accident be joined
            ConfigFactory.parseMap(alone(synthetic, database)).withFallback(config),
            DispatcherSelector.blocking()); // as in Node
    try (Crowd crowd =
        new Crowd(
            await(port, until),
            synthetic.schedule().items(),
            pace,
            () -> stopped || System.nanoTime() > until)) {
      return crowd.buy();
    } finally {
      end(system);
    }
  }

  /** The settings of this node, but on this machine alone, and with a sale that it can carry. */
  private Settings synthetic(int items) {
    Settings.Http http = settings.http();
    SaleSchedule schedule = settings.schedule();
    return new Settings(
        new Settings.Http(
            "127.0.0.1",
            0,
            http.maxInFlight(),
            http.requestTimeout(),
            Duration.ZERO,
            Duration.ZERO),
        settings.eventLoops(),
        settings.database(),
        1,
        new SaleSchedule(FOR_EVER, Duration.ofMillis(1), items, schedule.userLimit(), FOR_EVER),
        Settings.Cluster.ALONE,
        new Settings.WarmUp(false, settings.warmUp().atMost()));
  }

  private static int mostItems() {
    long fitting = Runtime.getRuntime().maxMemory() / SHARE / BYTES_OF_AN_ITEM;
    return (int) Math.min(fitting, MOST_ITEMS);
  }

  private static Map<String, Object> alone(Settings settings, Database database) {
    Map<String, Object> known = Node.known(settings, database);
    known.put("akka.remote.artery.canonical.hostname", "127.0.0.1");
    known.put("akka.remote.artery.canonical.port", 0);
    known.put("akka.remote.artery.bind.hostname", "");
    known.put("akka.remote.artery.bind.port", "");
    known.putAll(Forming.known(settings.cluster()));
    // Nobody is served, and there is no cluster to leave: it may just end.
    known.put("akka.coordinated-shutdown.run-by-actor-system-terminate", "off");
    known.put("akka.cluster.run-coordinated-shutdown-when-down", "off");
    known.put("akka.stdout-loglevel", "OFF"); // what is cut off by that has nothing to say
    return known;
  }

  private static int await(CompletableFuture<Integer> port, long until) throws IOException {
    try {
      return port.get(until - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new IOException("its node was not ready in time; see WARM_UP_AT_MOST"); // says it all
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("Interrupted");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof OperatorException known
          ? known
          : new IllegalStateException(e.getCause());
    }
  }

  private static void end(ActorSystem<?> system) {
    system.terminate();
    try {
      system
          .getWhenTerminated()
          .toCompletableFuture()
          .get(END_AT_MOST.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      log.debug("Its actors are still ending, and will fail without their schema", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
