package io.flashsale.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ThrowAwaySchemaIT {

  private static EmbeddedPostgres postgres;

  @BeforeAll
  static void start() throws IOException {
    postgres = EmbeddedPostgres.start();
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
  }

  private static Database database(String parameters, String user) {
    String url = "jdbc:postgresql://localhost:" + postgres.getPort() + "/postgres" + parameters;
    return Database.open(
        new Database.Location(url, user, "", Path.of("unused"), Duration.ofSeconds(30)));
  }

  private static Database real() {
    return database("", "postgres");
  }

  private static String ask(Database database, String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  private static void execute(Database database, String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String schemas() throws SQLException {
    return ask(real(), "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'warm%'");
  }

  /** Whatever parameters the URL has already. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "?",
        "?ApplicationName=x",
        "?currentSchema=public",
        "?options=-csearch_path=x"
      })
  void isAllThatItsDatabaseSees(String parameters) throws SQLException {
    Database real = database(parameters, "postgres");
    real().migrate();
    try (ThrowAwaySchema schema = ThrowAwaySchema.create(real)) {
      Database inside = schema.database();
      execute(
          inside,
          """
          INSERT INTO event_journal
            (persistence_id, sequence_number, writer, event_ser_id, event_ser_manifest, event_payload)
          VALUES ('Item|1-1', 1, 'me', 1, 'item-sold', '')
          """);

      assertThat(ask(inside, "SELECT ordering FROM event_journal")).isEqualTo("1");
      assertThat(ask(real(), "SELECT count(*) FROM event_journal")).isEqualTo("0");
      assertThat(ask(inside, "SELECT current_schemas(false)::text")).startsWith("{warm_up_");
      assertThat(ask(real(), "SELECT nextval('event_journal_ordering_seq')"))
          .as("untouched")
          .matches("[1-9]");
    }
    assertThat(schemas()).isEqualTo("0");
  }

  @Test
  void isLeftAloneWhileItIsUsed() throws SQLException {
    try (ThrowAwaySchema one = ThrowAwaySchema.create(real());
        ThrowAwaySchema two = ThrowAwaySchema.create(real())) {
      assertThat(ThrowAwaySchema.dropLeftOvers(real())).isZero();
      assertThat(one.database().url()).isNotEqualTo(two.database().url());
      assertThat(schemas()).isEqualTo("2");
    }
    assertThat(schemas()).isEqualTo("0");
  }

  @Test
  void isDroppedByTheNextStartWhenItsUserIsGone() throws SQLException {
    execute(real(), "CREATE SCHEMA warm_up_0123456789abcdef");
    execute(real(), "CREATE TABLE warm_up_0123456789abcdef.event_journal (x int)");

    assertThat(ThrowAwaySchema.dropLeftOvers(real())).isEqualTo(1);
    assertThat(ThrowAwaySchema.dropLeftOvers(real())).isZero();
    assertThat(schemas()).isEqualTo("0");
  }

  @Test
  void isToldFromSchemasOfOthers() throws SQLException {
    execute(real(), "CREATE SCHEMA warm_up_notes");
    execute(real(), "CREATE SCHEMA warm_up_fedcba9876543210"); // of somebody whom we may not rob
    execute(real(), "CREATE ROLE stranger LOGIN");
    try {
      assertThat(ThrowAwaySchema.dropLeftOvers(database("", "stranger"))).isZero();
      assertThat(ThrowAwaySchema.dropLeftOvers(real())).isEqualTo(1);
      assertThat(schemas()).isEqualTo("1");
    } finally {
      execute(real(), "DROP SCHEMA warm_up_notes");
    }
  }

  @Test
  void isRefusedToAUserWithoutTheRight() throws SQLException {
    execute(real(), "CREATE ROLE poor LOGIN");

    assertThatExceptionOfType(SQLException.class)
        .isThrownBy(() -> ThrowAwaySchema.create(database("", "poor")))
        .satisfies(e -> assertThat(e.getSQLState()).isEqualTo("42501"));
    assertThat(schemas()).isEqualTo("0");
    assertThat(ask(real(), "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))
        .isEqualTo("0");
  }
}
