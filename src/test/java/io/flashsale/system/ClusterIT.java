package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Three processes, one PostgreSQL, nginx before them, and what may happen to them in one long sale.
 * The facts follow each other on one cluster, which costs 10 s to start.
 */
@Isolated
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ClusterIT {

  private static final int ITEMS = Integer.getInteger("cluster.items", 900);

  /** How many times as many people. */
  private static final int RATE = Integer.getInteger("cluster.rate", 1);

  private static final long SEED = Long.getLong("cluster.seed", System.nanoTime() % 1_000);

  /** The node that is killed: unless it is set, the oldest, which has the coordinators. */
  private static final int KILLED = Integer.getInteger("cluster.killed", 1);

  private static final Duration HOLD_TTL = Duration.ofSeconds(5);

  /** Until a node that does not answer is suspected; application.conf has the rest. */
  private static final Duration DETECTED = Duration.ofSeconds(5);

  private static final Duration OUTAGE =
      Duration.ofSeconds(Integer.getInteger("outage.seconds", 5));

  /** A second or two on an idle machine. */
  private static final Duration BACK_WITHIN = Duration.ofSeconds(5);

  private static final Duration STABLE_AFTER = Duration.ofSeconds(5);
  private static final Duration MARGIN = Duration.ofSeconds(1);
  static final Duration FAILOVER = DETECTED.plus(STABLE_AFTER).plus(MARGIN);

  /**
   * Of two thirds of the users, who can buy two thirds of the items. It would be a handful if the
   * lost node had owned most of them.
   */
  private static final int SOLD_MEANWHILE = 40;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  static Path directory;

  private static ThreeNodes cluster;
  private static final History history = new History();

  @BeforeAll
  static void start() {
    System.out.println("ClusterIT with seed " + SEED);
    cluster =
        new ThreeNodes(
            directory,
            "SALE_PERIOD",
            "24h",
            "SALE_ITEMS",
            Integer.toString(ITEMS),
            "HOLD_TTL",
            HOLD_TTL.toSeconds() + "s");
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  @Order(1)
  void anOutageOfTheDatabaseGives503AndHealsWithoutARestart() {
    Clients clients = new Clients(cluster.nginx.uri(), ITEMS, true, SEED + 1, history);
    try (clients) {
      clients.start(15 * RATE);
      clients.awaitSold(10, Duration.ofSeconds(30));
      cluster.stopDatabase();
      awaitSince(Instant.now(), OUTAGE);
      cluster.startDatabase();
      Instant returned = Instant.now();
      int before = clients.sold();
      clients.awaitSold(before + 5, BACK_WITHIN);
      System.out.println("Back after " + Duration.between(returned, Instant.now()));
      System.out.println(
          history.purchases().stream()
              .filter(at -> at.isAfter(returned))
              .limit(20)
              .map(at -> Duration.between(returned, at).toMillis())
              .toList());
    }
    System.out.println(history);
    assertThat(cluster.nodes).allMatch(Server::isAlive);
  }

  @Test
  @Order(2)
  void aPauseThatIsShorterThanStableAfterChangesNothing() {
    try (Clients clients = new Clients(cluster.nginx.uri(), ITEMS, true, SEED + 2, history)) {
      clients.start(10 * RATE);
      int before = clients.sold();
      Server paused = cluster.nodes.get(2);
      paused.pause();
      awaitSince(Instant.now(), Duration.ofSeconds(3));
      paused.resume();
      clients.awaitSold(before + 10, Duration.ofSeconds(10));
      assertThat(paused.isAlive()).isTrue();
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "chaos", matches = "true") // half a minute
  @Order(3)
  void aPauseThatIsLongerIsTheEndOfTheNodeAndNothingIsSoldTwice() {
    Server paused = cluster.nodes.get(2);
    try (Clients clients = new Clients(cluster.nginx.uri(), ITEMS, true, SEED + 4, history)) {
      clients.start(5 * RATE);
      paused.pause();
      await("downed")
          .atMost(FAILOVER.plusSeconds(10))
          .until(() -> cluster.nodes.stream().anyMatch(n -> n.log().contains("SBR took decision")));
      int before = clients.sold();
      clients.awaitSold(before + 5, Duration.ofSeconds(10)); // what it had is sold elsewhere
      paused.resume();
      assertThat(paused.awaitEnd()).as(paused.log()).isEqualTo(1);
    }
    assertThat(paused.log()).contains("flashsale: This node was downed");
    paused.start();
  }

  /** Reachability changes for longer than a failover takes, and only the lost node is downed. */
  @Test
  @EnabledIfSystemProperty(named = "chaos", matches = "true") // half a minute
  @Order(4)
  void aPauseOfOneNodeWhileAnotherIsLostIsNotTheEndOfAll() {
    Server witness = cluster.nodes.get(0);
    Server paused = cluster.nodes.get(1);
    Server lost = cluster.nodes.get(2);
    long unreachable = count(witness, "Marking node as UNREACHABLE");
    long decisions = cluster.nodes.stream().mapToLong(n -> count(n, "SBR took decision")).sum();
    try (Clients clients = new Clients(cluster.nginx.uri(), ITEMS, true, SEED + 5, history)) {
      clients.start(5 * RATE);
      lost.kill();
      awaitSince(Instant.now(), Duration.ofSeconds(2));
      paused.pause();
      await("both are missed")
          .atMost(FAILOVER)
          .until(() -> count(witness, "Marking node as UNREACHABLE") >= unreachable + 2);
      awaitSince(Instant.now(), Duration.ofSeconds(3));
      paused.resume();
      await("decided")
          .atMost(FAILOVER.plusSeconds(10))
          .until(
              () ->
                  cluster.nodes.stream().mapToLong(n -> count(n, "SBR took decision")).sum()
                      > decisions);
      clients.awaitSold(clients.sold() + 5, Duration.ofSeconds(20));
    }
    assertThat(witness.isAlive()).as(witness.log()).isTrue();
    assertThat(paused.isAlive()).as(paused.log()).isTrue();
    lost.start();
  }

  private static long count(Server server, String line) {
    return server.log().lines().filter(l -> l.contains(line)).count();
  }

  private static void awaitSince(Instant from, Duration time) {
    Instant until = from.plus(time);
    await().atMost(time.multipliedBy(3)).until(() -> Instant.now().isAfter(until));
  }

  @Test
  @Order(5)
  void aKilledNodeLosesNothingAcknowledgedAndTheOthersGoOnSelling() {
    Server killed = cluster.nodes.get(KILLED - 1);
    System.out.println("Killing node " + KILLED);
    Instant kill;
    try (Clients clients = new Clients(cluster.nginx.uri(), ITEMS, true, SEED + 3, history)) {
      clients.start(60 * RATE);
      clients.awaitSold(clients.sold() + ITEMS / 10, Duration.ofSeconds(60));
      kill = Instant.now();
      killed.kill();
      await("sold out")
          .atMost(FAILOVER.plus(HOLD_TTL).plusSeconds(20 + ITEMS / 50))
          .until(() -> cluster.isSoldOut(1, ITEMS));
    }
    System.out.println(history);
    System.out.println("Sold after the kill: " + soldPerSecond(kill));

    long meanwhile = history.purchases().stream().filter(within(kill, FAILOVER)).count();
    assertThat(meanwhile).as("the others go on").isGreaterThanOrEqualTo(SOLD_MEANWHILE);
    assertThat(longestWait(kill)).isLessThan(FAILOVER.plusSeconds(3));
    killed.start();
    expectHistory();
  }

  private static Predicate<Instant> within(Instant from, Duration time) {
    return at -> at.isAfter(from) && at.isBefore(from.plus(time));
  }

  /** Acknowledged purchases by the seconds since then. */
  private static SortedMap<Long, Long> soldPerSecond(Instant then) {
    return history.purchases().stream()
        .filter(at -> at.isAfter(then))
        .collect(
            Collectors.groupingBy(
                at -> Duration.between(then, at).toSeconds(), TreeMap::new, Collectors.counting()));
  }

  private static Duration longestWait(Instant from) {
    Instant last = from;
    List<Duration> waits = new ArrayList<>(List.of(Duration.ZERO));
    for (Instant at : history.purchases()) {
      if (at.isAfter(from)) {
        waits.add(Duration.between(last, at));
        last = at;
      }
    }
    Duration longest = waits.stream().max(Duration::compareTo).orElseThrow();
    System.out.println("Longest time without a purchase: " + longest);
    return longest;
  }

  private static void expectHistory() {
    cluster.expectCleanAudit();
    JournalStory story = cluster.story(1);
    assertThat(HistoryCheck.breaches(history, story, HOLD_TTL)).isEmpty();
    assertThat(IntStream.range(0, ITEMS)).noneMatch(i -> story.soldAt(i).equals(Instant.MAX));
  }
}
