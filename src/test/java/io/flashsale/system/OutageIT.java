package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A PostgreSQL of its own goes away and comes back. */
final class OutageIT {

  private static final int ITEMS = Integer.getInteger("outage.items", 1_000);

  @TempDir Path directory;
  private final int databasePort = Server.freePort();

  @Test
  void anOutageUnderLoadGives503AndHealsWithoutARestart() throws IOException {
    EmbeddedPostgres database = startDatabase();
    try (Server server = server("1h");
        Buyers buyers = new Buyers(new Shop(server), ITEMS - 1, 7)) {
      Shop shop = new Shop(server);
      buyers.start(32);
      await().atMost(Duration.ofSeconds(60)).until(() -> buyers.purchased.size() > ITEMS / 10);
      String held = shop.checkOut(-1, ITEMS - 1).body();

      database.close();

      awaitLog(server, "The database does not answer"); // before anybody asks for its health
      await().atMost(Duration.ofSeconds(20)).until(() -> shop.get("/health").status() == 503);
      assertThat(shop.get("/health").body()).contains("\"database\":\"down\"");
      assertThat(shop.get("/health/live").isOk()).isTrue();
      assertThat(shop.purchase(held).problem()).isEqualTo("outcome-unknown");
      database = startDatabase();
      awaitLog(server, "The database answers again");
      await().atMost(Duration.ofSeconds(20)).until(() -> shop.get("/health").isOk());
      int before = buyers.purchased.size();
      await().atMost(Duration.ofSeconds(20)).until(() -> buyers.purchased.size() > before + 50);
      buyers.stop();

      assertThat(buyers.others).as(buyers.toString()).allMatch(answer -> answer.status() == 503);
      // Nobody knew the outcome: it is one or the other, and stays so.
      await().until(() -> shop.purchase(held).problem().equals("already-purchased"));
      expectAllBought(shop, buyers);
      Server.Outcome audit = server.audit();
      assertThat(audit.exitCode()).as(audit.out()).isZero();
    } finally {
      database.close();
    }
  }

  @Test
  void nothingAcknowledgedIsLostWhenTheDatabaseIsStoppedAtOnceAgainAndAgainInASellOut()
      throws IOException {
    EmbeddedPostgres database = startDatabase();
    try (Server server = server("10s");
        Buyers buyers = new Buyers(new Shop(server), ITEMS, 8)) {
      Shop shop = new Shop(server);
      buyers.start(32);
      for (int stop = 1; stop <= 3; stop++) {
        int sold = stop * ITEMS / 5;
        await()
            .atMost(Duration.ofSeconds(60))
            .pollInterval(Duration.ofMillis(5))
            .until(() -> buyers.purchased.size() >= sold);
        stopImmediately();
        database.close();
        database = startDatabase();
      }
      await().atMost(Duration.ofSeconds(60)).until(() -> buyers.purchased.size() >= ITEMS * 7 / 10);
      buyers.stop();

      assertThat(buyers.others).as(buyers.toString()).allMatch(answer -> answer.status() == 503);
      expectAllBought(shop, buyers);
      CrashIT.sellTheRest(server, shop, ITEMS);
    } finally {
      database.close();
    }
  }

  private static void expectAllBought(Shop shop, Buyers buyers) {
    for (String code : buyers.purchased.keySet()) {
      assertThat(shop.purchase(code).problem()).isEqualTo("already-purchased");
    }
  }

  /** As {@code pg_ctl stop -m immediate}: no checkpoint, the next start recovers from the WAL. */
  private void stopImmediately() throws IOException {
    Path pidFile = directory.resolve("database/postmaster.pid");
    String pid = Files.readAllLines(pidFile).getFirst().strip();
    new ProcessBuilder("kill", "-QUIT", pid).start();
    await().atMost(Duration.ofSeconds(20)).until(() -> Files.notExists(pidFile));
  }

  private static void awaitLog(Server server, String line) {
    await().atMost(Duration.ofSeconds(20)).until(() -> server.log().contains(line));
  }

  private EmbeddedPostgres startDatabase() throws IOException {
    return EmbeddedPostgres.builder()
        .setDataDirectory(directory.resolve("database").toFile())
        .setCleanDataDirectory(false)
        .setPort(databasePort)
        .setServerConfig("fsync", "on")
        .setServerConfig("synchronous_commit", "on")
        .start();
  }

  private Server server(String holdTtl) {
    return new Server(
            directory,
            "DB_URL",
            "jdbc:postgresql://localhost:" + databasePort + "/postgres",
            "DB_USER",
            "postgres",
            "SALE_PERIOD",
            "24h",
            "SALE_ITEMS",
            Integer.toString(ITEMS),
            "HOLD_TTL",
            holdTtl)
        .start();
  }
}
