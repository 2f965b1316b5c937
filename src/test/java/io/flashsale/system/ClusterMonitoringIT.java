package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.flashsale.user.UserEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** What Prometheus has of three nodes after a sell-out in which one of them was killed. */
@Isolated
@Tag("chaos")
final class ClusterMonitoringIT {

  private static final int ITEMS = 1_000;
  private static final int PEOPLE_PER_SECOND = 50;

  @TempDir Path directory;

  @Test
  void countersAgreeWithTheJournalButForWhatDiedUnread() throws Exception {
    try (ThreeNodes cluster =
            new ThreeNodes(
                directory,
                "SALE_PERIOD",
                "24h",
                "SALE_ITEMS",
                Integer.toString(ITEMS),
                "HOLD_TTL",
                "10s");
        Prometheus prometheus = new Prometheus(directory, cluster.nodes)) {
      List<String> empty = new ArrayList<>(Prometheus.expressions());
      Server killed = cluster.nodes.get(1);
      try (Clients clients = new Clients(cluster.nginx.uri(), ITEMS, true, 1, new History())) {
        clients.start(PEOPLE_PER_SECOND);
        for (int part = 1; part <= 4; part++) {
          clients.awaitSold(part * ITEMS / 8, Duration.ofSeconds(60));
          empty.removeIf(expression -> !prometheus.query(expression).isEmpty());
        }
        killed.kill();
        await()
            .atMost(ClusterIT.FAILOVER.plusSeconds(120))
            .until(() -> cluster.isSoldOut(1, ITEMS));
        empty.removeIf(expression -> !prometheus.query(expression).isEmpty());
      }
      assertThat(empty).isEmpty();
      String read = "sum(max_over_time(%s[10m]))";
      prometheus.awaitScrape(cluster.nodes.size() - 1);

      long purchases =
          cluster.story(1).users().values().stream().filter(ClusterMonitoringIT::hasBought).count();
      double purchasesCounted = first(prometheus.query(read.formatted("purchase_success_total")));
      double ofTheDead =
          first(
              prometheus.query(
                  read.formatted(
                      "purchase_success_total{instance=\"%s\"}"
                          .formatted(killed.uri().getAuthority()))));
      double sold = first(prometheus.query("max(sale_items_sold)"));

      System.out.printf(
          "%d purchases in the journal, %.0f counted, %.0f of them by the node that was killed%n",
          purchases, purchasesCounted, ofTheDead);
      assertThat(ofTheDead).isPositive();
      assertThat(sold).isEqualTo(ITEMS);
      // What a node has done in a second, and what was answered, but never reached its client.
      assertThat(purchases - purchasesCounted)
          .isBetween(-PEOPLE_PER_SECOND * 1.0, 2.0 * PEOPLE_PER_SECOND);
      cluster.expectCleanAudit();
    }
  }

  private static boolean hasBought(List<JournalStory.Entry> events) {
    return events.stream().anyMatch(entry -> entry.event() instanceof UserEvent.Purchased);
  }

  private static double first(JsonNode samples) {
    return Double.parseDouble(samples.path(0).at("/value/1").asText());
  }
}
