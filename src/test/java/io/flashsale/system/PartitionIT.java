package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * The network between the nodes is cut while all of them reach the database: those who are cut off
 * can still write, until they go down, and only the journal keeps them from selling what the others
 * sell. As root; in the profile chaos.
 */
@Tag("chaos")
final class PartitionIT {

  private static final int ITEMS = 1_000;
  private static final long SEED = Long.getLong("cluster.seed", System.nanoTime() % 1_000);
  private static final Duration HOLD_TTL = Duration.ofSeconds(5);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path directory;

  private final History history = new History();
  private Namespaces network;
  private ThreeNodes cluster;

  @BeforeEach
  void start() {
    network = new Namespaces(ThreeNodes.NODES);
    cluster =
        new ThreeNodes(
            directory,
            true,
            "SALE_PERIOD",
            "24h",
            "SALE_ITEMS",
            Integer.toString(ITEMS),
            "HOLD_TTL",
            HOLD_TTL.toSeconds() + "s");
  }

  @AfterEach
  void stop() {
    if (cluster != null) {
      cluster.close();
    }
    network.close();
  }

  @Test
  void theMinorityGoesDownAndWhatItHeldIsSoldOnceByTheOthers() {
    Server minority = cluster.nodes.get(2);
    List<Clients> clients = clientsOfEveryNode();
    clients.getFirst().awaitSold(20, Duration.ofSeconds(30));

    Instant cut = Instant.now();
    network.isolate(2);
    assertThat(minority.awaitEnd()).as(minority.log()).isEqualTo(1);
    System.out.println("The minority ended " + Duration.between(cut, Instant.now()) + " later");
    assertThat(minority.log()).contains("flashsale: This node was downed");
    assertThat(cluster.nodes.subList(0, 2)).allMatch(Server::isAlive);

    network.heal();
    minority.start();
    sellTheRest(clients);
  }

  @Test
  void twoNodesOfWhomOneIsDeafToTheOtherGoDownAndTheThirdGoesOn() {
    List<Clients> clients = clientsOfEveryNode();
    clients.getFirst().awaitSold(20, Duration.ofSeconds(30));

    network.deafen(2, 0);
    assertThat(cluster.nodes.get(2).awaitEnd()).isEqualTo(1);
    assertThat(cluster.nodes.get(0).awaitEnd()).isEqualTo(1);
    assertThat(cluster.nodes.get(1).isAlive()).isTrue();

    network.heal();
    cluster.nodes.get(0).start();
    cluster.nodes.get(2).start();
    sellTheRest(clients);
  }

  private List<Clients> clientsOfEveryNode() {
    System.out.println("PartitionIT with seed " + SEED);
    return IntStream.range(0, ThreeNodes.NODES)
        .mapToObj(
            i -> new Clients(cluster.nodes.get(i).uri(), ITEMS, true, SEED + i, history).start(10))
        .toList();
  }

  private void sellTheRest(List<Clients> clients) {
    try (Clients more = new Clients(cluster.nginx.uri(), ITEMS, true, SEED + 3, history)) {
      more.start(60);
      await("sold out").atMost(Duration.ofSeconds(90)).until(() -> cluster.isSoldOut(1, ITEMS));
    }
    clients.forEach(Clients::close);
    System.out.println(history);
    cluster.expectCleanAudit();
    assertThat(HistoryCheck.breaches(history, cluster.story(1), HOLD_TTL)).isEmpty();
  }
}
