package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flashsale.user.UserEvent;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every third answer is lost on its way, and clients repeat what they do not know with the same
 * key, to the end, while there is a proxy: a sale is sold out, and nothing is done twice.
 */
final class LostAnswersIT {

  private static final int ITEMS = Integer.getInteger("lost.items", 300);
  private static final int PEOPLE_PER_SECOND = 50;
  private static final Duration HOLD_TTL = Duration.ofSeconds(10);
  private static final Duration SELL_OUT = Duration.ofSeconds(60 + ITEMS / 10);

  @TempDir Path directory;

  private final History history = new History();

  @Test
  @EnabledIfSystemProperty(named = "chaos", matches = "true") // half a minute
  void aKilledProcessThatIsStartedAgainSellsEveryItemOnce() throws SQLException {
    try (Server server = new Server(directory, settings()).start()) {
      Shop shop = new Shop(server);
      try (LosingProxy proxy = new LosingProxy(server.uri());
          Clients clients = new Clients(proxy.uri(), ITEMS, true, 1, history)) {
        clients.start(PEOPLE_PER_SECOND);
        clients.awaitSold(ITEMS / 3, SELL_OUT);
        server.kill();
        server.start();
        await("sold out")
            .atMost(SELL_OUT)
            .until(() -> shop.get("/sales/1").body().contains("\"items_sold\":" + ITEMS));
        assertThat(proxy.lost()).isGreaterThan(ITEMS / 3);
      }
      try (Connection connection = server.connectToDatabase()) {
        expectEverythingOnce(JournalStory.read(connection, 1));
      }
      Server.Outcome audit = server.audit();
      assertThat(audit.exitCode()).as(audit.out()).isZero();
    }
  }

  @Test
  @Tag("chaos")
  void threeNodesOfWhichOneIsKilledSellEveryItemOnce() {
    try (ThreeNodes cluster = new ThreeNodes(directory, settings())) {
      try (LosingProxy proxy = new LosingProxy(cluster.nginx.uri());
          Clients clients = new Clients(proxy.uri(), ITEMS, true, 2, history)) {
        clients.start(PEOPLE_PER_SECOND);
        clients.awaitSold(ITEMS / 3, SELL_OUT);
        cluster.nodes.getFirst().kill();
        await("sold out")
            .atMost(ClusterIT.FAILOVER.plus(SELL_OUT))
            .until(() -> cluster.isSoldOut(1, ITEMS));
        assertThat(proxy.lost()).isGreaterThan(ITEMS / 3);
      }
      cluster.nodes.getFirst().start();
      expectEverythingOnce(cluster.story(1));
      cluster.expectCleanAudit();
    }
  }

  private static String[] settings() {
    return new String[] {
      "SALE_PERIOD",
      "24h",
      "SALE_ITEMS",
      Integer.toString(ITEMS),
      "HOLD_TTL",
      HOLD_TTL.toSeconds() + "s"
    };
  }

  private void expectEverythingOnce(JournalStory story) {
    System.out.println(history);
    assertThat(HistoryCheck.breaches(history, story, HOLD_TTL)).isEmpty();
    assertThat(IntStream.range(0, ITEMS)).noneMatch(i -> story.soldAt(i).equals(Instant.MAX));
    // Everybody has asked for one checkout and one purchase, with a key each.
    assertThat(story.users().values())
        .allMatch(
            events ->
                count(events, UserEvent.CheckedOut.class) <= 1
                    && count(events, UserEvent.Purchased.class) <= 1);
  }

  private static long count(List<JournalStory.Entry> events, Class<?> type) {
    return events.stream().filter(entry -> type.isInstance(entry.event())).count();
  }
}
