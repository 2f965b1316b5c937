package io.flashsale.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // closed in the middle of a test
class ClusterLockIT {

  private static EmbeddedPostgres postgres;
  private static Database database;

  @BeforeAll
  static void start() throws IOException {
    postgres = EmbeddedPostgres.start();
    database =
        Database.open(
            new Database.Location(
                "jdbc:postgresql://localhost:" + postgres.getPort() + "/postgres",
                "postgres",
                "",
                Path.of("unused"),
                Duration.ofSeconds(30)));
  }

  @AfterAll
  static void stop() throws IOException {
    database.close();
    postgres.close();
  }

  @Test
  void oneNodeFormsAClusterAndNobodyElseUntilItsLastMemberHasGone() throws SQLException {
    try (ClusterLock first = new ClusterLock(database);
        ClusterLock second = new ClusterLock(database);
        ClusterLock third = new ClusterLock(database)) {
      assertThat(first.takeAlone()).isTrue();
      assertThat(second.takeAlone()).isFalse();

      first.join();
      assertThat(second.takeAlone()).isFalse();
      second.join();
      first.close();
      assertThat(third.takeAlone()).isFalse();

      second.close(); // the server lets a session go in its own time
      await().until(third::takeAlone);
    }
  }

  @Test
  void aMemberThatWaitsForWhoFormsHasItsShareAfterwards() throws SQLException {
    try (ClusterLock first = new ClusterLock(database);
        ClusterLock second = new ClusterLock(database);
        ClusterLock third = new ClusterLock(database)) {
      assertThat(first.takeAlone()).isTrue();
      second.join(); // in vain, for a second
      first.join();

      second.keep();

      first.close();
      assertThat(third.takeAlone()).isFalse();
    }
  }

  @Test
  void aMemberThatHasLostItsConnectionIsThereAgain() throws SQLException {
    try (ClusterLock member = new ClusterLock(database);
        ClusterLock other = new ClusterLock(database);
        ClusterLock third = new ClusterLock(database);
        Connection operator = database.connect();
        Statement statement = operator.createStatement()) {
      member.join();
      assertThat(other.takeAlone()).isFalse();
      statement.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_locks"
              + " WHERE locktype = 'advisory' AND granted");
      await().until(other::takeAlone);

      member.keep(); // in vain, for a second
      other.join();
      member.keep();
      other.close();

      assertThat(third.takeAlone()).isFalse();
    }
  }
}
