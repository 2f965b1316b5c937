package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was acknowledged survives; what was not does no harm. */
final class CrashIT {

  private static final int ITEMS = Integer.getInteger("crash.items", 1_000);
  private static final int KILLS = 5;

  @TempDir Path directory;

  @Test
  void nothingAcknowledgedIsLostWhenTheProcessIsKilledAgainAndAgainInASellOut() {
    try (Server server = server()) {
      Shop shop = new Shop(server);
      for (int kill = 1; kill <= KILLS; kill++) {
        try (Buyers buyers = new Buyers(shop, ITEMS, 1_000 + kill)) {
          buyers.start(32);
          await()
              .atMost(Duration.ofSeconds(60))
              .pollInterval(Duration.ofMillis(5))
              .until(() -> buyers.purchased.size() >= ITEMS / (KILLS + 3));

          server.kill();
          buyers.stop();
          server.start();

          expectNothingLost(shop, buyers);
        }
      }
      sellTheRest(server, shop, ITEMS);
    }
  }

  private static void expectNothingLost(Shop shop, Buyers buyers) {
    buyers.purchased.forEach(
        (code, user) ->
            assertThat(shop.purchase(code).problem())
                .as("purchase of %s by %d", code, user)
                .isEqualTo("already-purchased"));
    buyers.checkedOut.keySet().stream()
        .filter(code -> !buyers.purchased.containsKey(code))
        .forEach(
            code ->
                assertThat(shop.purchase(code))
                    .as("checkout %s", code)
                    .matches(a -> a.isOk() || a.problem().equals("already-purchased")));
  }

  /** Whatever is held by somebody who never heard of it is free again after its time. */
  static void sellTheRest(Server server, Shop shop, int items) {
    Buyers after = new Buyers(shop, items, 3);
    after.buyUntil(32, () -> shop.get("/sales/1").body().contains("\"items_sold\":" + items));
    assertThat(after.others).as(after.toString()).isEmpty();
    Server.Outcome audit = server.audit();
    assertThat(audit.exitCode()).as(audit.out()).isZero();
    assertThat(audit.out()).contains("\"sold\" : " + items);
  }

  @Test
  void connectionsThatAreCutUnderLoadLoseNothingAndGiveNo500() throws SQLException {
    // S1: a database failure leaves the item locked; a batch commits in part while callers get 500
    try (Server server = server();
        Buyers buyers = new Buyers(new Shop(server), ITEMS, 4)) {
      Shop shop = new Shop(server);
      buyers.start(32);
      for (int cut = 1; cut <= 3; cut++) {
        int sold = cut * ITEMS / 6;
        await()
            .atMost(Duration.ofSeconds(60))
            .pollInterval(Duration.ofMillis(5))
            .until(() -> buyers.purchased.size() >= sold);
        try (Connection connection = server.connectToDatabase();
            Statement statement = connection.createStatement()) {
          statement.execute(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ="
                  + " 'flashsale-journal'");
        }
      }
      await().atMost(Duration.ofSeconds(60)).until(() -> buyers.purchased.size() >= ITEMS * 2 / 3);
      buyers.stop();

      assertThat(buyers.others).as(buyers.toString()).allMatch(answer -> answer.status() == 503);
      for (Map.Entry<String, Long> bought : Set.copyOf(buyers.purchased.entrySet())) {
        assertThat(shop.purchase(bought.getKey()).problem()).isEqualTo("already-purchased");
      }
      sellTheRest(server, shop, ITEMS);
    }
  }

  private Server server() {
    return new Server(
            directory,
            "SALE_PERIOD",
            "24h",
            "SALE_ITEMS",
            Integer.toString(ITEMS),
            "HOLD_TTL",
            "10s")
        .start();
  }
}
