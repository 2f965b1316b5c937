package io.flashsale.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.flashsale.ops.OperatorException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** A real PostgreSQL, which is there, not yet there, or not as it should be. */
class DatabaseIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration AT_ONCE = Duration.ofSeconds(5);

  private static EmbeddedPostgres postgres;

  @BeforeAll
  static void start() throws IOException {
    postgres = EmbeddedPostgres.start();
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
  }

  private static Database.Location at(int port, String name, Duration patience) {
    String url = "jdbc:postgresql://localhost:" + port + "/" + name;
    return new Database.Location(url, "postgres", "", Path.of("unused"), patience);
  }

  private static Database.Location here(String name) {
    return at(postgres.getPort(), name, PATIENCE);
  }

  private static Database.Location url(String url) {
    return new Database.Location(url, "postgres", "", Path.of("unused"), PATIENCE);
  }

  private static void execute(Database database, String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String ask(Database database, String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertThat(row.next()).isTrue();
      return row.getString(1);
    }
  }

  /** Fails with one line that has all of these words, without waiting for what does not come. */
  private static void failsAtOnce(ThrowingCallable opening, String... words) {
    long start = System.nanoTime();
    assertThatExceptionOfType(OperatorException.class)
        .isThrownBy(opening)
        .satisfies(
            e -> {
              assertThat(e).message().contains(words);
              assertThat(e).message().hasLineCount(1);
            });
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(AT_ONCE);
  }

  // ---------------------------------------------------------------- reached or not

  @Test
  void opensADatabaseThatIsThereAndLeavesItRunning() throws SQLException {
    try (Database database = Database.open(here("postgres"))) {
      assertThat(ask(database, "SELECT 1")).isEqualTo("1");
    }
    try (Database database = Database.attach(here("postgres"))) {
      assertThat(ask(database, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void waitsForADatabaseThatStartsLaterAndSaysSoOnce() throws Exception {
    int port = freePort();
    Logger logger = (Logger) LoggerFactory.getLogger(Database.class);
    ListAppender<ILoggingEvent> said = new Said();
    said.start();
    logger.addAppender(said);
    CompletableFuture<Database> opening =
        CompletableFuture.supplyAsync(() -> Database.open(at(port, "postgres", PATIENCE)));
    ((Said) said).first.get(10, TimeUnit.SECONDS);

    try (EmbeddedPostgres _ = EmbeddedPostgres.builder().setPort(port).start();
        Database database = opening.get(30, TimeUnit.SECONDS)) {
      assertThat(ask(database, "SELECT 1")).isEqualTo("1");
    } finally {
      logger.detachAppender(said);
    }

    assertThat(said.list).hasSize(1);
    assertThat(said.list.getFirst().getFormattedMessage())
        .contains("localhost:" + port, "cannot be reached yet", "refused", "waiting up to 30 s");
  }

  private static final class Said extends ListAppender<ILoggingEvent> {
    private final CompletableFuture<ILoggingEvent> first = new CompletableFuture<>();

    @Override
    protected void append(ILoggingEvent event) {
      super.append(event);
      first.complete(event);
    }
  }

  @Test
  void givesUpWhenItsPatienceIsOver() throws IOException {
    int port = freePort();

    failsAtOnce(
        () -> Database.open(at(port, "postgres", Duration.ofSeconds(1))),
        "localhost:" + port + "/postgres could not be reached for 1 s",
        "refused",
        "start PostgreSQL or correct DB_URL or DB_HOST");
  }

  @Test
  void namesAHostThatIsUnknown() {
    String nowhere = "jdbc:postgresql://nowhere.invalid/postgres";
    var location = new Database.Location(nowhere, "postgres", "", Path.of("unused"), Duration.ZERO);

    failsAtOnce(() -> Database.open(location), "UnknownHostException: nowhere.invalid");
  }

  @Test
  void doesNotWaitForADatabaseThatIsMissing() {
    failsAtOnce(
        () -> Database.open(here("nothing")),
        "/nothing refuses user postgres",
        "database \"nothing\" does not exist",
        "DB_NAME");
  }

  @Test
  void doesNotWaitForAUserThatIsUnknown() {
    var location = here("postgres");
    var stranger =
        new Database.Location(location.url(), "nobody", "secret", Path.of("unused"), PATIENCE);

    failsAtOnce(() -> Database.open(stranger), "refuses user nobody", "\"nobody\"", "DB_USER");
  }

  @ParameterizedTest
  @CsvSource({
    "wrong, password authentication failed", // 28P01
    "'', the password is an empty string" // 08004, which the driver says itself
  })
  void doesNotWaitForTheRightPassword(String password, String reason) throws Exception {
    Path hba = Path.of(askPostgres("SHOW hba_file"));
    String before = Files.readString(hba);
    Files.writeString(hba, "local all all trust\nhost all locked all scram-sha-256\n" + before);
    try (Database database = Database.open(here("postgres"))) {
      execute(database, "CREATE ROLE locked LOGIN PASSWORD 'right'");
      execute(database, "SELECT pg_reload_conf()");
      var location =
          new Database.Location(
              here("postgres").url(), "locked", password, Path.of("unused"), PATIENCE);

      failsAtOnce(() -> Database.open(location), "refuses user locked", reason, "DB_PASSWORD");

      execute(database, "DROP ROLE locked");
    } finally {
      Files.writeString(hba, before);
    }
  }

  private static String askPostgres(String sql) throws SQLException {
    try (Database database = Database.open(here("postgres"))) {
      return ask(database, sql);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:postgresql://localhost:port/x?password=secret",
        "jdbc:postgresql://localhost:99999/x?password=secret",
        "jdbc:postgresql:/x/y?password=secret",
      })
  void doesNotWaitForAUrlThatIsWrong(String wrong) {
    failsAtOnce(() -> Database.open(url(wrong)), "DB_URL", wrong.substring(0, wrong.indexOf('?')));
    assertThatExceptionOfType(OperatorException.class)
        .isThrownBy(() -> Database.open(url(wrong)))
        .withMessageNotContaining("secret");
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  // ---------------------------------------------------------------- the schema

  @Test
  void bringsTheSchemaToThisVersionOnce() throws SQLException {
    try (Database database = created("fresh")) {
      assertThat(database.migrate()).isPositive();
      assertThat(database.migrate()).isZero();
      assertThat(ask(database, "SELECT count(*) FROM event_journal")).isEqualTo("0");
    }
  }

  @Test
  void refusesASchemaOfANewerVersion() throws SQLException {
    try (Database database = created("newer")) {
      database.migrate();
      execute(
          database,
          """
          INSERT INTO flyway_schema_history VALUES
            (99, '99', 'later', 'SQL', 'V99__later.sql', 1, 'postgres', now(), 1, true)
          """);

      failsAtOnce(database::migrate, "/newer has version 99", "start a newer one");
    }
  }

  @Test
  void refusesASchemaWithATableInTheWay() throws SQLException {
    try (Database database = created("foreign_table")) {
      execute(database, "CREATE TABLE event_journal (mine text)");

      failsAtOnce(database::migrate, "cannot be brought to this version");
      assertThat(ask(database, "SELECT count(*) FROM event_journal")).isEqualTo("0");
    }
  }

  private static Database created(String name) throws SQLException {
    try (Database database = Database.open(here("postgres"))) {
      execute(database, "CREATE DATABASE " + name);
    }
    return Database.open(here(name));
  }

  // ---------------------------------------------------------------- helpers of one line

  @Test
  void tellsTheInnermostCauseInOneLine() {
    var cause = new IllegalStateException("first\nsecond");

    assertThat(Database.oneLine(new RuntimeException("outer", cause))).isEqualTo("first");
    assertThat(Database.oneLine(new IllegalStateException(""))).isEqualTo("IllegalStateException");
    assertThat(Database.oneLine(new java.nio.file.AccessDeniedException("/x")))
        .isEqualTo("AccessDeniedException: /x");
    assertThat(List.of(Database.oneLine(new IOException((String) null)))).isNotEmpty();
  }
}
