package io.flashsale.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.flashsale.ops.OperatorException;
import java.net.UnknownHostException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.Properties;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationState;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The PostgreSQL that holds the journal: the embedded one, or any of version 15 or later. */
public final class Database implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Database.class);
  private static final int OLDEST_VERSION = 15;
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  /**
   * Where the database is.
   *
   * @param url a JDBC URL, or null for the embedded database
   * @param dataDirectory of the embedded database
   * @param patience how long to wait for a database that cannot be reached yet
   */
  public record Location(
      @Nullable String url, String user, String password, Path dataDirectory, Duration patience) {

    @Override
    public String toString() {
      return url == null ? "embedded in " + dataDirectory : withoutParameters(url);
    }
  }

  private final String url;
  private final String user;
  private final String password;
  private final @Nullable EmbeddedDatabase embedded;

  private Database(String url, String user, String password, @Nullable EmbeddedDatabase embedded) {
    this.url = url;
    this.user = user;
    this.password = password;
    this.embedded = embedded;
  }

  /**
   * Starts the embedded database, or waits for the real one.
   *
   * @throws OperatorException if it cannot be started, or reached within the location's patience
   */
  public static Database open(Location location) {
    if (location.url() == null) {
      EmbeddedDatabase embedded = EmbeddedDatabase.start(location.dataDirectory());
      return new Database(embedded.url(), EmbeddedDatabase.USER, "", embedded);
    }
    try {
      DriverManager.getDriver(location.url());
    } catch (SQLException e) {
      throw new OperatorException(
          "%s is not the URL of a database: set DB_URL to one like jdbc:postgresql://db:5432/flashsale"
              .formatted(location),
          e);
    }
    Database database = new Database(location.url(), location.user(), location.password(), null);
    database.await(location.patience());
    return database;
  }

  /**
   * For commands beside the server: uses the embedded database that runs, or starts it for a while.
   *
   * @throws OperatorException as {@link #open}, and if nothing has ever been stored there
   */
  public static Database attach(Location location) {
    if (location.url() != null) {
      return open(location);
    }
    if (!EmbeddedDatabase.existsIn(location.dataDirectory())) {
      throw new OperatorException(
          "There is no database in %s: start the server first, or set DATA_DIR or DB_URL"
              .formatted(location.dataDirectory().toAbsolutePath()));
    }
    OptionalInt running = EmbeddedDatabase.runningOn(location.dataDirectory());
    return running.isPresent()
        ? new Database(EmbeddedDatabase.url(running.getAsInt()), EmbeddedDatabase.USER, "", null)
        : open(location);
  }

  public String url() {
    return url;
  }

  public String user() {
    return user;
  }

  public String password() {
    return password;
  }

  /**
   * The same database, where names mean what is in this schema, and nothing else. It is not stopped
   * by closing this one.
   */
  Database inSchema(String schema) {
    // The driver takes the last one, should the URL have one already.
    String parameter = (url.contains("?") ? "&" : "?") + "currentSchema=" + schema;
    return new Database(url + parameter, user, password, null);
  }

  /** A connection of its own, for a command; the caller closes it. */
  public Connection connect() throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    properties.setProperty("connectTimeout", "3");
    properties.setProperty("loginTimeout", "5"); // it may accept, and say nothing
    properties.setProperty("ApplicationName", "flashsale");
    return DriverManager.getConnection(url, properties);
  }

  /**
   * A small pool for what is not the journal.
   *
   * @param size connections, and no more
   */
  public HikariDataSource pool(String name, int size) {
    HikariConfig config = new HikariConfig();
    config.setPoolName(name);
    config.setDriverClassName(PatientDriver.class.getName());
    config.setJdbcUrl(url);
    config.setUsername(user);
    config.setPassword(password);
    config.setMaximumPoolSize(size);
    config.setMinimumIdle(1);
    config.setConnectionTimeout(1_000);
    config.setValidationTimeout(500);
    config.setInitializationFailTimeout(-1);
    config.addDataSourceProperty("ApplicationName", "flashsale");
    config.addDataSourceProperty("connectTimeout", "1");
    config.addDataSourceProperty("socketTimeout", "5");
    return new HikariDataSource(config);
  }

  /**
   * Brings the schema to this version.
   *
   * @return how many migrations were applied
   */
  public int migrate() {
    try {
      Flyway flyway =
          Flyway.configure()
              .dataSource(url, user, password)
              .locations("classpath:db/migration")
              .loggers("slf4j")
              .load();
      for (MigrationInfo migration : flyway.info().applied()) {
        if (migration.getState() == MigrationState.FUTURE_SUCCESS) {
          throw new OperatorException(
              "The schema of %s has version %s, of which this program knows nothing: start a newer one"
                  .formatted(place(), migration.getVersion()));
        }
      }
      return flyway.migrate().migrationsExecuted;
    } catch (FlywayException e) {
      throw new OperatorException(
          "The schema of " + place() + " cannot be brought to this version: " + oneLine(e), e);
    }
  }

  private String place() {
    return withoutParameters(url);
  }

  /** For people to see: the parameters of a URL may hold a password. */
  public static String withoutParameters(String url) {
    int parameters = url.indexOf('?');
    String shown = parameters < 0 ? url : url.substring(0, parameters);
    return shown.replaceFirst("//[^/]*@", "//"); // user:password@
  }

  private void await(Duration patience) {
    long giveUpAt = System.nanoTime() + patience.toNanos();
    Duration pause = Duration.ofMillis(250);
    boolean said = false;
    while (true) {
      try (Connection connection = connect()) {
        int version = connection.getMetaData().getDatabaseMajorVersion();
        if (version < OLDEST_VERSION) {
          throw new OperatorException(
              "%s is PostgreSQL %d: %d or later is needed"
                  .formatted(place(), version, OLDEST_VERSION));
        }
        return;
      } catch (SQLException e) {
        if (!mayPass(e)) {
          throw new OperatorException(
              "%s refuses user %s: %s; check DB_URL, DB_NAME, DB_USER and DB_PASSWORD"
                  .formatted(place(), user, oneLine(e)),
              e);
        }
        if (System.nanoTime() >= giveUpAt) {
          throw new OperatorException(
              "%s could not be reached for %d s: %s; start PostgreSQL or correct DB_URL or DB_HOST"
                  .formatted(place(), patience.toSeconds(), oneLine(e)),
              e);
        }
        if (!said) {
          log.warn(
              "{} cannot be reached yet ({}): waiting up to {} s",
              place(),
              oneLine(e),
              patience.toSeconds());
          said = true;
        }
      }
      sleep(pause);
      pause =
          pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0
              ? pause.multipliedBy(2)
              : LONGEST_PAUSE;
    }
  }

  /**
   * Connection refused or lost, starting up, too many connections: the classes 08, 57P and 53. But
   * not 08004, by which the driver says that a password is missing.
   */
  static boolean mayPass(SQLException e) {
    String state = e.getSQLState();
    return state == null
        || (state.startsWith("08") && !state.equals("08004"))
        || state.startsWith("57P")
        || state.startsWith("53");
  }

  private static void sleep(Duration pause) {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OperatorException("Stopped while waiting for the database", e);
    }
  }

  /** The first line of the innermost message. */
  public static String oneLine(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof FileSystemException || cause instanceof UnknownHostException) {
      return cause.getClass().getSimpleName()
          + ": "
          + cause.getMessage(); // the name alone otherwise
    }
    String message = String.valueOf(cause.getMessage()).strip();
    return message.lines().findFirst().orElse(cause.getClass().getSimpleName());
  }

  /** Stops the embedded database; a real one is left alone. Whoever calls it waits for the end. */
  @Override
  public synchronized void close() {
    if (embedded != null) {
      embedded.close();
    }
  }
}
