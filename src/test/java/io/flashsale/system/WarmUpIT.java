package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** What a warm-up sells is never seen, and nothing of it stays, however it ends. */
@Isolated
final class WarmUpIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static EmbeddedPostgres postgres;

  @TempDir Path directory;
  private String database;
  private int servers;

  @BeforeAll
  static void startPostgres() throws IOException {
    postgres = EmbeddedPostgres.start();
  }

  @AfterAll
  static void stopPostgres() throws IOException {
    postgres.close();
  }

  @BeforeEach
  void createDatabase(TestInfo test) throws SQLException {
    database = test.getTestMethod().orElseThrow().getName().toLowerCase(Locale.ROOT);
    database = database.substring(0, Math.min(database.length(), 60));
    execute("postgres", "CREATE DATABASE " + database);
  }

  private Server server(String warmUp, String atMost, String user, String... more) {
    List<String> settings = new ArrayList<>();
    settings.addAll(
        List.of("DB_URL", "jdbc:postgresql://localhost:" + postgres.getPort() + "/" + database));
    settings.addAll(List.of("DB_USER", user, "WARM_UP", warmUp, "WARM_UP_AT_MOST", atMost));
    settings.addAll(List.of("SALE_PERIOD", "24h", "SALE_ITEMS", "10"));
    settings.addAll(List.of(more));
    try {
      Path own = Files.createDirectory(directory.resolve("node-" + ++servers));
      return new Server(own, settings.toArray(String[]::new));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ---------------------------------------------------------------- it leaves nothing behind

  @Test
  void sellsNothingThatAnybodyCouldSee() throws SQLException {
    try (Server server = server("on", "3s", "postgres")) {
      server.launch();
      Shop early = new Shop(server);
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> early.checkOut(1, 5).problem().equals("starting"));
      server.awaitReady();

      assertThat(server.log()).contains("INFO  WarmUp - Warmed up in ").doesNotContain("WARN");
      expectNothingSynthetic(server);

      Shop shop = new Shop(server);
      Shop.Answer checkedOut = shop.checkOut(1, 5);
      assertThat(checkedOut.isOk()).as(checkedOut.toString()).isTrue();
      assertThat(shop.purchase(checkedOut.body()).isOk()).isTrue();
    }
  }

  @Test
  void startsAtOnceWithoutIt() throws SQLException {
    try (Server server = server("off", "5s", "postgres").start()) {
      assertThat(server.log()).doesNotContain("WarmUp");
      expectNothingSynthetic(server);
    }
  }

  @Test
  void twoNodesOfAClusterWarmUpAtOnce() throws SQLException {
    String first = Integer.toString(Server.freePort());
    String second = Integer.toString(Server.freePort());
    String seeds = "127.0.0.1:" + first + ",127.0.0.1:" + second;
    try (Server one =
            server("on", "3s", "postgres", "CLUSTER_PORT", first, "CLUSTER_SEEDS", seeds);
        Server two =
            server("on", "3s", "postgres", "CLUSTER_PORT", second, "CLUSTER_SEEDS", seeds)) {
      one.launch();
      two.launch();
      one.awaitReady();
      two.awaitReady();

      assertThat(one.log()).contains("Warmed up");
      assertThat(two.log()).contains("Warmed up");
      expectNothingSynthetic(one);
    }
  }

  private void expectNothingSynthetic(Server server) throws SQLException {
    assertThat(schemas()).isZero();
    assertThat(
            query("SELECT count(*) FROM event_journal WHERE persistence_id <> 'SaleCoordinator'"))
        .isZero();
    assertThat(query("SELECT max(ordering) - count(*) FROM event_journal")).as("gaps").isZero();
    Shop shop = new Shop(server);
    assertThat(shop.get("/sales/active").body()).contains("\"id\":1,", "\"total_items\":10,");
    assertThat(shop.get("/sales/1").body()).contains("\"items_sold\":0");
    assertThat(shop.get("/sales/2").status()).isEqualTo(404);
    Server.Outcome audit = server.audit();
    assertThat(audit.exitCode()).as(audit.out()).isZero();
    assertThat(audit.out()).contains("\"sold\" : 0");
  }

  // ---------------------------------------------------------------- ended in the middle

  @Test
  void aStartDropsWhatAKilledWarmUpLeft() throws SQLException {
    Server killed = server("on", "60s", "postgres");
    killed.launch();
    awaitSynthetic();
    killed.kill();
    assertThat(schemas()).isOne();

    try (Server next = server("on", "3s", "postgres").start()) {
      assertThat(next.log()).contains("Dropped what 1 warm-ups that were killed had left");
      expectNothingSynthetic(next);
    }
  }

  @Test
  void aStartWithoutWarmUpDropsItToo() throws SQLException {
    Server killed = server("on", "60s", "postgres");
    killed.launch();
    awaitSynthetic();
    killed.kill();

    try (Server next = server("off", "60s", "postgres").start()) {
      assertThat(next.log()).contains("Dropped what 1 warm-ups that were killed had left");
      expectNothingSynthetic(next);
    }
  }

  @Test
  void aSignalEndsItSoon() throws SQLException {
    Server server = server("on", "60s", "postgres");
    server.launch();
    awaitSynthetic();

    long before = System.nanoTime();
    server.terminate();
    int exitCode = server.awaitEnd();

    assertThat(exitCode).as(server.log()).isZero();
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
    assertThat(server.log()).contains("Stopped").doesNotContain("WARN", "ERROR", "Ready");
    assertThat(schemas()).isZero();
    assertThat(
            query("SELECT count(*) FROM event_journal WHERE persistence_id <> 'SaleCoordinator'"))
        .isZero();
  }

  /** The warm-up is under way: it has sold something. */
  private void awaitSynthetic() {
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(
            () ->
                query(
                        "SELECT count(*) FROM "
                            + schema()
                            + ".event_journal WHERE event_ser_manifest = 'item-sold'")
                    > 10);
  }

  // ---------------------------------------------------------------- it cannot be done

  @Test
  void aUserWithoutTheRightStartsWithoutIt() throws SQLException {
    execute("postgres", "CREATE ROLE seller LOGIN");
    execute(database, "GRANT USAGE, CREATE ON SCHEMA public TO seller");

    try (Server server = server("on", "60s", "seller").start()) {
      assertThat(server.log())
          .contains("user seller may not create schemas")
          .contains("GRANT CREATE ON DATABASE " + database + " TO seller")
          .contains("WARM_UP=off")
          .doesNotContain("ERROR", "Exception", "Warmed up");
      assertThat(server.log().split("WARN", -1)).as("one line").hasSize(2);
      expectNothingSynthetic(server);
    }
  }

  @Test
  void aSchemaThatIsDroppedMeanwhileCostsTheWarmUpOnly() throws SQLException {
    try (Server server = server("on", "5s", "postgres")) {
      server.launch();
      awaitSynthetic();

      execute(database, "DROP SCHEMA " + schema() + " CASCADE");

      server.awaitReady();
      expectNothingSynthetic(server);
    }
  }

  // ---------------------------------------------------------------- the database

  private long schemas() throws SQLException {
    return query("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'warm\\_up\\_%'");
  }

  private String schema() throws SQLException {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'warm\\_up\\_%'")) {
      rows.next();
      return rows.getString(1);
    }
  }

  private long query(String sql) throws SQLException {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private static void execute(String database, String sql) throws SQLException {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static Connection connect(String database) throws SQLException {
    return postgres.getDatabase("postgres", database).getConnection();
  }
}
