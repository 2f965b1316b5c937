package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Everybody wants the same item. */
final class HotItemIT {

  private static final int USERS = 1_500;

  @TempDir Path directory;

  /** They wait in its stash, which Akka 2.8.5 works off with a call in a call for each. */
  @Test
  void theServerSurvivesAllWhoWaitForAnItemWhileTheDatabaseHangs() throws Exception {
    try (Server server =
        new Server(directory, "SALE_PERIOD", "24h", "SALE_ITEMS", "10", "HOLD_TTL", "1h").start()) {
      Shop shop = new Shop(server);
      try (Connection lock = locked(server);
          ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<Shop.Answer>> asked =
            LongStream.range(0, USERS)
                .mapToObj(user -> clients.submit(() -> shop.checkOut(user, 7)))
                .toList();
        for (Future<Shop.Answer> each : asked) {
          assertThat(each.get().status()).isEqualTo(503);
        }
        lock.rollback();
      }

      await().atMost(Duration.ofSeconds(20)).until(() -> shop.checkOut(-1, 7).isOk());
      assertThat(server.log()).doesNotContain("StackOverflowError");
      Server.Outcome audit = server.audit();
      assertThat(audit.exitCode()).as(audit.out()).isZero();
    }
  }

  /** Everybody can read the journal, and nobody can write it. */
  private static Connection locked(Server server) throws SQLException {
    Connection lock = server.connectToDatabase();
    lock.setAutoCommit(false);
    try (Statement statement = lock.createStatement()) {
      statement.execute("LOCK TABLE event_journal IN SHARE MODE");
    }
    return lock;
  }
}
