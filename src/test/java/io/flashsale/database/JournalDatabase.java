package io.flashsale.database;

import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** A real PostgreSQL of the test's own, with the tables of this program. */
public final class JournalDatabase implements AutoCloseable {

  private final EmbeddedPostgres postgres;

  private JournalDatabase(EmbeddedPostgres postgres) {
    this.postgres = postgres;
    Flyway.configure()
        .dataSource(dataSource())
        .locations("classpath:db/migration")
        .load()
        .migrate();
  }

  /** An empty one, which is gone afterwards. */
  public static JournalDatabase start() throws IOException {
    return new JournalDatabase(EmbeddedPostgres.start());
  }

  /** One that can be closed and started again, with what is in it. */
  public static JournalDatabase start(Path directory, int port) throws IOException {
    return new JournalDatabase(
        EmbeddedPostgres.builder()
            .setDataDirectory(directory.toFile())
            .setCleanDataDirectory(false)
            .setPort(port)
            .start());
  }

  public DataSource dataSource() {
    return postgres.getPostgresDatabase();
  }

  public Connection connect() throws SQLException {
    return dataSource().getConnection();
  }

  /** To a database of the same server which has no tables. */
  public Connection connectToAnEmptyOne() throws SQLException {
    return postgres.getTemplateDatabase().getConnection();
  }

  /** With its user, and with a parameter already. */
  public String url() {
    return postgres.getJdbcUrl("postgres", "postgres");
  }

  public int port() {
    return postgres.getPort();
  }

  public void execute(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Until its end nobody can write to the journal, and everybody can read. */
  public Connection lockedJournal() throws SQLException {
    Connection lock = connect();
    lock.setAutoCommit(false);
    try (Statement statement = lock.createStatement()) {
      statement.execute("LOCK TABLE event_journal IN SHARE MODE");
    }
    return lock;
  }

  /** Until somebody waits for the lock. */
  public void awaitWaiting() throws SQLException {
    awaitRow("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
  }

  /** Ends the backend that waits for the lock, once there is one. */
  public void cutWhoeverWaits() throws SQLException {
    awaitRow(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
  }

  private void awaitRow(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      await()
          .until(
              () -> {
                try (ResultSet rows = statement.executeQuery(sql)) {
                  return rows.next();
                }
              });
    }
  }

  @Override
  public void close() throws IOException {
    postgres.close();
  }
}
