package io.flashsale.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.flashsale.ops.OperatorException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The database that comes with the program: as durable as one that is installed. */
class EmbeddedDatabaseIT {

  @TempDir Path directory;

  private Database.Location location() {
    return new Database.Location(null, "ignored", "ignored", directory, Duration.ofSeconds(1));
  }

  private static String ask(Database database, String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertThat(row.next()).isTrue();
      return row.getString(1);
    }
  }

  private static void execute(Database database, String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  void isDurableAndKeepsItsDataWhenItIsClosed() throws SQLException {
    try (Database database = Database.open(location())) {
      for (String setting : List.of("fsync", "synchronous_commit", "full_page_writes")) {
        assertThat(ask(database, "SELECT current_setting('" + setting + "')")).isEqualTo("on");
      }
      execute(database, "CREATE TABLE kept AS SELECT 42 AS n");
    }
    assertThat(EmbeddedDatabase.runningOn(directory)).isEmpty();
    try (Database database = Database.open(location())) {
      assertThat(ask(database, "SELECT n FROM kept")).isEqualTo("42");
      assertThat(ask(database, "SELECT current_setting('fsync')")).isEqualTo("on");
    }
  }

  @Test
  void refusesASecondOpenerInOneLineAndServesTheFirst() throws SQLException {
    try (Database first = Database.open(location())) {
      assertThatExceptionOfType(OperatorException.class)
          .isThrownBy(() -> Database.open(location()))
          .satisfies(e -> assertThat(e).message().hasLineCount(1))
          .withMessageContaining(directory.toString())
          .withMessageContaining("is another flashsale using it? Set DATA_DIR or DB_URL");
      assertThat(ask(first, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void attachesToADatabaseThatRunsAndLeavesItRunning() throws SQLException {
    try (Database server = Database.open(location())) {
      execute(server, "CREATE TABLE seen AS SELECT 7 AS n");
      try (Database command = Database.attach(location())) {
        assertThat(command.url()).isEqualTo(server.url());
        assertThat(ask(command, "SELECT n FROM seen")).isEqualTo("7");
      }
      assertThat(ask(server, "SELECT 1")).isEqualTo("1");
    }
    try (Database command = Database.attach(location())) {
      assertThat(ask(command, "SELECT n FROM seen")).isEqualTo("7");
    }
    assertThat(EmbeddedDatabase.runningOn(directory)).isEmpty(); // stopped by who started it
  }

  @Test
  void attachesToNothingWhereThereIsNothing() throws IOException {
    assertNoDatabase(directory.resolve("missing"));
    assertNoDatabase(directory);
    Files.createDirectory(directory.resolve("postgresql"));
    assertNoDatabase(directory);
    try (var files = Files.walk(directory)) {
      assertThat(files.filter(Files::isRegularFile)).isEmpty();
    }
  }

  private static void assertNoDatabase(Path where) {
    var location = new Database.Location(null, "", "", where, Duration.ofSeconds(1));
    assertThatExceptionOfType(OperatorException.class)
        .isThrownBy(() -> Database.attach(location))
        .withMessageStartingWith("There is no database in " + where)
        .withMessageContaining("DATA_DIR");
  }

  @Test
  void saysWhyADirectoryCannotBeUsed() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));

    assertThatExceptionOfType(OperatorException.class)
        .isThrownBy(
            () -> Database.open(new Database.Location(null, "", "", file, Duration.ofSeconds(1))))
        .satisfies(e -> assertThat(e).message().hasLineCount(1))
        .withMessageContaining(file.toString())
        .withMessageContaining("Exception: ");
  }

  /** A pid file may outlive its server, and the port go to somebody else. */
  @Test
  void doesNotTakeTheServerOfAnotherDirectoryForItsOwn() throws Exception {
    try (EmbeddedPostgres other = EmbeddedPostgres.start()) {
      Path cluster = Files.createDirectory(directory.resolve("postgresql"));
      Files.write(
          cluster.resolve("postmaster.pid"),
          List.of("999999", cluster.toString(), "0", Integer.toString(other.getPort())));

      assertThat(EmbeddedDatabase.runningOn(directory)).isEmpty();
    }
  }
}
