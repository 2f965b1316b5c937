package io.flashsale.database;

import io.flashsale.ops.OperatorException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real PostgreSQL from Maven Central, as durable as one that is installed: {@code fsync} and
 * {@code synchronous_commit} are on. It outlives a program that is killed; the next start takes it
 * over.
 */
final class EmbeddedDatabase implements AutoCloseable {

  static final String USER = "postgres";

  private static final Logger log = LoggerFactory.getLogger(EmbeddedDatabase.class);
  private static final Duration STARTUP = Duration.ofSeconds(60); // crash recovery included
  private static final int PORT_LINE = 3; // of postmaster.pid, counted from 0

  private final EmbeddedPostgres postgres;

  private EmbeddedDatabase(EmbeddedPostgres postgres) {
    this.postgres = postgres;
  }

  static EmbeddedDatabase start(Path dataDirectory) {
    Path cluster = dataDirectory.resolve("postgresql").toAbsolutePath();
    if (!isThere()) {
      throw new OperatorException(
          "There is no embedded database in this program, or none for this system: set DB_URL or"
              + " DB_HOST");
    }
    try {
      Files.createDirectories(cluster);
      OptionalInt running = runningOn(dataDirectory);
      EmbeddedPostgres postgres =
          EmbeddedPostgres.builder()
              .setDataDirectory(cluster)
              .setCleanDataDirectory(false)
              .setRegisterShutdownHook(false) // Node stops it last
              .setPort(running.isPresent() ? running.getAsInt() : freePort())
              .setPGStartupWait(STARTUP)
              .setServerConfig("fsync", "on")
              .setServerConfig("synchronous_commit", "on")
              .setServerConfig("full_page_writes", "on")
              .setServerConfig("max_connections", "60")
              .start();
      running.ifPresent(
          port -> log.info("Took over the embedded database that still runs on port {}", port));
      return new EmbeddedDatabase(postgres);
    } catch (IOException | IllegalStateException e) {
      throw new OperatorException(
          "The embedded database in %s cannot be started: %s; is another flashsale using it? Set DATA_DIR or DB_URL"
              .formatted(cluster, Database.oneLine(e)),
          e);
    }
  }

  /** An image has none. */
  private static boolean isThere() {
    String processor = System.getProperty("os.arch").equals("aarch64") ? "arm_64" : "x86_64";
    return EmbeddedDatabase.class.getResource("/postgres-linux-" + processor + ".txz") != null;
  }

  /** Whether there has ever been a database. */
  static boolean existsIn(Path dataDirectory) {
    return Files.exists(dataDirectory.resolve("postgresql").resolve("PG_VERSION"));
  }

  /** The port of the server that runs on this directory, whoever started it. */
  static OptionalInt runningOn(Path dataDirectory) {
    Path pidFile = dataDirectory.resolve("postgresql").resolve("postmaster.pid").toAbsolutePath();
    try {
      if (!Files.exists(pidFile)) {
        return OptionalInt.empty();
      }
      List<String> lines = Files.readAllLines(pidFile);
      int port = Integer.parseInt(lines.get(PORT_LINE).strip());
      // The port may be another server's by now.
      try (Connection connection =
              DriverManager.getConnection(
                  url(port) + "?connectTimeout=2&socketTimeout=5", USER, "");
          Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery("SHOW data_directory")) {
        boolean same =
            row.next() && Files.isSameFile(Path.of(row.getString(1)), pidFile.getParent());
        return same ? OptionalInt.of(port) : OptionalInt.empty();
      }
    } catch (IOException | SQLException | RuntimeException e) {
      return OptionalInt.empty(); // a file left by a server that is gone
    }
  }

  static String url(int port) {
    return "jdbc:postgresql://localhost:" + port + "/postgres";
  }

  String url() {
    return url(postgres.getPort());
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    try {
      postgres.close();
    } catch (IOException e) {
      log.warn("The embedded database did not stop: {}", Database.oneLine(e));
    }
  }
}
