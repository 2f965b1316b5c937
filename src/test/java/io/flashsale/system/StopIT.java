package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SIGTERM. */
final class StopIT {

  @TempDir Path directory;

  @Test
  void aStoppingServerAnswersWhatItHasAcceptedAndRefusesTheRest() {
    Server server =
        new Server(directory, "SALE_PERIOD", "24h", "SALE_ITEMS", "2000", "HOLD_TTL", "5m").start();
    try (server;
        Buyers buyers = new Buyers(new Shop(server), 2_000, 6)) {
      Shop shop = new Shop(server);
      buyers.start(32);
      await().atMost(Duration.ofSeconds(60)).until(() -> buyers.purchased.size() > 100);

      long before = System.nanoTime();
      server.terminate();
      int exitCode = server.awaitEnd();
      Duration took = Duration.ofNanos(System.nanoTime() - before);
      buyers.stop();

      assertThat(exitCode).isZero();
      assertThat(took).isLessThan(Duration.ofSeconds(10));
      assertThat(buyers.others)
          .as(buyers.toString())
          .allMatch(
              answer ->
                  answer.problem().equals("stopping") // while it drains
                      || answer.status() == 0); // when it is gone
      assertThat(buyers.others).anyMatch(answer -> answer.problem().equals("stopping"));
      assertThat(directory.resolve("data/postgresql/postmaster.pid")).doesNotExist();

      server.start();
      buyers
          .purchased
          .keySet()
          .forEach(
              code -> assertThat(shop.purchase(code).problem()).isEqualTo("already-purchased"));
      assertThat(server.audit().exitCode()).isZero();
    }
    Server.Outcome audit = server.audit(); // of a stopped server: starts the database for a while
    assertThat(audit.exitCode()).as(audit.out()).isZero();
    assertThat(directory.resolve("data/postgresql/postmaster.pid")).doesNotExist();
  }

  @Test
  void whatIsInFlightIsFinishedWhenTheServerIsAskedToStop() throws Exception {
    try (Server server =
        new Server(directory, "SALE_PERIOD", "24h", "SALE_ITEMS", "100", "HOLD_TTL", "5m")
            .start()) {
      Shop shop = new Shop(server);
      String code;
      try (ExecutorService client = Executors.newVirtualThreadPerTaskExecutor();
          Connection database = server.connectToDatabase();
          Statement statement = database.createStatement()) {
        database.setAutoCommit(false);
        statement.execute("LOCK TABLE event_journal IN EXCLUSIVE MODE"); // nothing is written
        Future<Shop.Answer> accepted = client.submit(() -> shop.checkOut(1, 1));
        await().until(() -> waitsForTheLock(statement));

        server.terminate();
        await().until(() -> shop.get("/health/ready").problem().equals("stopping"));
        assertThat(shop.checkOut(2, 2).problem()).isEqualTo("stopping");
        assertThat(accepted).isNotDone();
        database.rollback();

        Shop.Answer answer = accepted.get(5, TimeUnit.SECONDS);
        assertThat(answer.isOk()).as(answer.body()).isTrue();
        code = answer.body();
      }
      assertThat(server.awaitEnd()).isZero();

      server.start();
      assertThat(shop.purchase(code).isOk()).isTrue();
    }
  }

  private static boolean waitsForTheLock(Statement statement) throws SQLException {
    try (ResultSet rows =
        statement.executeQuery("SELECT count(*) FROM pg_locks WHERE NOT granted")) {
      return rows.next() && rows.getInt(1) > 0;
    }
  }

  /**
   * A file that is there once the embedded database is being made, and once it is being started.
   */
  @ParameterizedTest
  @ValueSource(strings = {"data/postgresql/PG_VERSION", "data/postgresql/postmaster.opts"})
  void aServerThatIsStoppedWhileItsDatabaseStartsLeavesNothingBehind(String sign) {
    try (Server server = new Server(directory, "SALE_PERIOD", "24h").withoutDatabase()) {
      server.launch();
      await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> Files.exists(directory.resolve(sign)));

      server.terminate();

      assertThat(server.awaitEnd()).as(server.log()).isZero();
      assertThat(server.log()).contains("Stopped").doesNotContain("ERROR", "Exception");
      assertThat(ProcessHandle.allProcesses().map(process -> process.info().commandLine()))
          .noneMatch(line -> line.orElse("").contains(directory.toString()));
      assertThat(directory.resolve("data/postgresql/postmaster.pid")).doesNotExist();
      server.start(); // on the same data
    }
  }
}
