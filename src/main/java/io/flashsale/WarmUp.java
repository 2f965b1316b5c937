package io.flashsale;

import akka.Done;
import akka.actor.ActorRef;
import akka.actor.CoordinatedShutdown;
import akka.actor.PoisonPill;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.DispatcherSelector;
import akka.cluster.sharding.ShardRegion;
import akka.cluster.sharding.typed.ClusterShardingSettings;
import akka.cluster.sharding.typed.javadsl.ClusterSharding;
import akka.cluster.sharding.typed.javadsl.EntityTypeKey;
import akka.pattern.Patterns;
import akka.persistence.Persistence;
import com.typesafe.config.ConfigFactory;
import com.zaxxer.hikari.HikariDataSource;
import io.flashsale.database.Database;
import io.flashsale.database.ThrowAwaySchema;
import io.flashsale.http.Availability;
import io.flashsale.http.HttpServer;
import io.flashsale.item.Item;
import io.flashsale.journal.JournalHead;
import io.flashsale.journal.JournalSearch;
import io.flashsale.sale.LiveHolds;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import io.flashsale.tracing.Tracing;
import io.flashsale.user.UserCommand;
import io.flashsale.warmup.Crowd;
import io.flashsale.warmup.Pace;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sells a synthetic sale before the node takes requests, so that the JVM has compiled what the
 * first real one needs. It has items and users of its own beside the real ones, in shard regions
 * that are on this node alone, a port of its own on this machine, and a journal in a schema of its
 * own: nothing synthetic ever is in the tables of the real one.
 *
 * <p>Whatever goes wrong costs the warm-up, never the start.
 */
final class WarmUp implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(WarmUp.class);

  /** A section of application.conf. */
  private static final String JOURNAL = "warm-up-journal";

  private static final int MOST_ITEMS = 20_000;

  /** What an item, its buyer and its share of what else lives that long keep of the heap. */
  private static final int BYTES_OF_AN_ITEM = 8 * 1024;

  /** Of the heap, for the items and the buyers. */
  private static final int SHARE = 8;

  /** The compiler comes late: 10,000 items before anything is concluded. */
  private static final int FEWEST_ROUNDS = 5;

  /** Longer than any warm-up. */
  private static final Duration FOR_EVER = Duration.ofDays(1);

  /** For what has to end, each by itself. */
  private static final Duration END_AT_MOST = Duration.ofSeconds(5);

  private final Duration atMost;
  private final @Nullable ThrowAwaySchema schema;
  private final String role = "warm-up-%016x".formatted(ThreadLocalRandom.current().nextLong());
  private final CompletableFuture<Done> ended = new CompletableFuture<>();
  private volatile boolean stopped;
  private volatile int sold;
  private volatile Duration took = Duration.ZERO;

  private WarmUp(Duration atMost, @Nullable ThrowAwaySchema schema) {
    this.atMost = atMost;
    this.schema = schema;
  }

  /**
   * Makes the schema if a warm-up is wanted, and drops what one that was killed has left behind.
   */
  static WarmUp prepare(Settings.WarmUp settings, Database database) {
    dropLeftOvers(database);
    if (settings.enabled()) {
      try {
        return new WarmUp(settings.atMost(), ThrowAwaySchema.create(database));
      } catch (SQLException | RuntimeException e) {
        warn(e);
      }
    }
    return new WarmUp(settings.atMost(), null);
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

  private static void warn(Exception e) {
    log.warn(
        "No warm-up: {}; the first sale may be slow. WARM_UP=off starts without",
        Database.oneLine(e));
    log.debug("The cause", e);
  }

  /** What the actor system has to know. */
  Map<String, Object> configuration() {
    Map<String, Object> known = new HashMap<>();
    if (schema != null) {
      Database database = schema.database();
      known.put(JOURNAL + ".slick.db.url", database.url());
      known.put(JOURNAL + ".slick.db.user", database.user());
      known.put(JOURNAL + ".slick.db.password", database.password());
    }
    return known;
  }

  /** The role of this node in the cluster that no other one has, if there is to be a warm-up. */
  List<String> roles() {
    return schema == null ? List.of() : List.of(role);
  }

  /** Whether {@link #run} has anything to do. */
  boolean isWanted() {
    return schema != null;
  }

  /** Items sold; 0 if nothing was warmed up. */
  int sold() {
    return sold;
  }

  /** How long the warm-up took; zero before its end. */
  Duration took() {
    return took;
  }

  /** Makes a server for synthetic entities out of what the real one is made of. */
  interface Servers {
    HttpServer create(Availability availability, Entities entities);
  }

  /**
   * Warms up on a thread of its own.
   *
   * @return completed when it has ended, well or not
   */
  CompletionStage<Done> run(ActorSystem<?> system, Settings settings, Servers servers) {
    CoordinatedShutdown.get(system)
        .addTask(
            CoordinatedShutdown.PhaseBeforeServiceUnbind(),
            "end-warm-up",
            () -> {
              stopped = true;
              return ended;
            });
    Thread.ofPlatform()
        .name("warm-up")
        .daemon()
        .start(() -> run(system, settings, servers, schema));
    return ended;
  }

  private void run(
      ActorSystem<?> system, Settings settings, Servers servers, @Nullable ThrowAwaySchema schema) {
    long began = System.nanoTime();
    Pace pace = new Pace(FEWEST_ROUNDS);
    try {
      if (schema != null) {
        log.info("Warming up for at most {} s", atMost.toSeconds());
        sell(system, settings, servers, schema.database(), pace, began + atMost.toNanos());
      }
      if (!stopped) {
        System.gc(); // or thousands of synthetic actors grow old, and are collected in a real sale
        took = Duration.ofNanos(System.nanoTime() - began);
        report(pace, took);
      }
    } catch (Exception e) {
      if (!stopped) {
        warn(e);
      }
    } finally {
      if (!stopped) {
        close();
      }
      ended.complete(Done.getInstance());
    }
  }

  private void report(Pace pace, Duration took) {
    String seconds = "%.1f".formatted(took.toMillis() / 1e3);
    if (pace.rounds() == 0) {
      log.info("Warmed up in {} s, but with {} items only: see WARM_UP_AT_MOST", seconds, sold);
    } else {
      log.info(
          "Warmed up in {} s: {} items sold, {}/s at first and {}/s at last",
          seconds,
          sold,
          pace.first(),
          pace.last());
      log.debug("Items per second, round by round: {}", pace);
    }
  }

  private void sell(
      ActorSystem<?> system,
      Settings settings,
      Servers servers,
      Database database,
      Pace pace,
      long until)
      throws Exception {
    Availability availability = new Availability(settings.http().maxInFlight());
    SaleBoard board = SaleBoard.showing(sale(settings), InstantSource.system());
    Entities.Kind kind = kind(system);
    try (HikariDataSource pool = database.pool("warm-up", 1)) {
      Executor reads = system.dispatchers().lookup(DispatcherSelector.blocking());
      Entities entities =
          new Entities(
              kind,
              ClusterSharding.get(system),
              InstantSource.system(),
              board,
              new JournalHead(pool, reads),
              new JournalSearch(pool, reads),
              new SecureRandom(),
              new LiveHolds(InstantSource.system()),
              Tracing.OFF,
              false);
      entities.init();
      HttpServer server = servers.create(availability, entities);
      InetSocketAddress address = await(server.bind("127.0.0.1", 0));
      availability.ready();
      try (Crowd crowd =
          new Crowd(
              address.getPort(), mostItems(), pace, () -> stopped || System.nanoTime() > until)) {
        sold = crowd.buy();
      } finally {
        if (!stopped) {
          await(server.stop());
        }
      }
    } finally {
      if (!stopped) { // with the system it ends anyway
        end(system, kind);
      }
    }
  }

  private Entities.Kind kind(ActorSystem<?> system) {
    return new Entities.Kind(
        EntityTypeKey.create(Item.Command.class, "WarmUpItem"),
        EntityTypeKey.create(UserCommand.class, "WarmUpUser"),
        JOURNAL,
        ClusterShardingSettings.create(system).withRole(role),
        new ReadyNodes()); // only this one has the role
  }

  /** The entities first, which write; then what they write to. */
  private static void end(ActorSystem<?> system, Entities.Kind kind) throws Exception {
    var sharding = akka.cluster.sharding.ClusterSharding.get(system);
    for (EntityTypeKey<?> type : List.of(kind.users(), kind.items())) {
      stop(sharding.shardRegion(type.name()), ShardRegion.gracefulShutdownInstance());
    }
    stop(
        Persistence.get(system).journalFor(JOURNAL, ConfigFactory.empty()),
        PoisonPill.getInstance());
  }

  private static void stop(ActorRef actor, Object message) throws Exception {
    await(Patterns.gracefulStop(actor, END_AT_MOST, message));
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    try {
      return stage.toCompletableFuture().get(END_AT_MOST.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    } catch (TimeoutException e) {
      throw new TimeoutException(
          "something does not end or begin within " + END_AT_MOST.toSeconds() + " s");
    }
  }

  private Sale sale(Settings settings) {
    Instant now = Instant.now();
    return new Sale(
        1, now, now, now.plus(FOR_EVER), mostItems(), settings.schedule().userLimit(), FOR_EVER);
  }

  private static int mostItems() {
    long fitting = Runtime.getRuntime().maxMemory() / SHARE / BYTES_OF_AN_ITEM;
    return (int) Math.min(fitting, MOST_ITEMS);
  }

  /** Drops the schema. If that fails, it is left to the next start. */
  @Override
  public void close() {
    stopped = true;
    if (schema != null) {
      schema.close();
    }
  }
}
