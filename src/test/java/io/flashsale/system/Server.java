package io.flashsale.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/**
 * The packaged program as a process of its own, as users run it: started, killed, stopped, audited.
 */
final class Server implements AutoCloseable {

  /** Until a failover has downed it, 13 s, and what hangs then is halted, 20 s (ADR 9). */
  private static final Duration END_AT_MOST = Duration.ofSeconds(45);

  private static final Path PROGRAM =
      Path.of(System.getProperty("flashsale.home", "target/flashsale"), "bin", "flashsale");

  private static final int FIRST_PORT = 32_000;
  private static final int LAST_PORT = 32_767;

  /** Two builds on one machine begin at different ones. */
  private static final AtomicInteger NEXT_PORT =
      new AtomicInteger(FIRST_PORT + (int) (ProcessHandle.current().pid() % 700));

  private final Map<String, String> environment = new HashMap<>();
  private final Path directory;
  private final int port = freePort();
  private String host = "127.0.0.1";
  private List<String> before = List.of();
  private Process process;
  private boolean makesDatabase;
  private int starts;

  /** What a sub-command printed, and its exit code. */
  record Outcome(int exitCode, String out) {}

  /** Not started yet; {@code settings} are environment variables: name, value, name, value ... */
  Server(Path directory, String... settings) {
    this.directory = directory;
    environment.put("HTTP_PORT", Integer.toString(port));
    environment.put("CLUSTER_PORT", "0");
    environment.put("WARM_UP", "off");
    environment.put("DATA_DIR", directory.resolve("data").toString());
    environment.put("JAVA_OPTS", "-XX:TieredStopAtLevel=1 -Xmx1g");
    for (int i = 0; i < settings.length; i += 2) {
      environment.put(settings[i], settings[i + 1]);
    }
  }

  /** Runs where the network is another one. */
  Server inside(String namespace, String address) {
    before = List.of("ip", "netns", "exec", namespace);
    host = address;
    environment.put("HTTP_HOST", address);
    environment.put("CLUSTER_HOST", address);
    return this;
  }

  /** Begins as a new user's does, with {@code initdb}. */
  Server withoutDatabase() {
    makesDatabase = true;
    return this;
  }

  /** Starts and waits until it is ready. */
  Server start() {
    launch();
    awaitReady();
    return this;
  }

  void launch() {
    if (!makesDatabase && !environment.containsKey("DB_URL") && !Files.exists(database())) {
      EmptyDatabase.copyTo(database());
    }
    try {
      process = redirect(command(), directory.resolve("server-" + ++starts + ".log")).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void awaitReady() {
    Shop shop = new Shop(this);
    Awaitility.await("ready; see " + directory)
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              if (!process.isAlive()) {
                throw new IllegalStateException("The server ended: " + log());
              }
              return shop.isReady();
            });
  }

  URI uri() {
    return URI.create("http://" + host + ":" + port);
  }

  /** SIGKILL: nothing is said good-bye to. PostgreSQL survives it. */
  void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /** SIGSTOP: the process stands still, and its connections stay open. */
  void pause() {
    signal("STOP");
  }

  /** SIGCONT. */
  void resume() {
    signal("CONT");
  }

  private void signal(String name) {
    signal(name, Long.toString(process.pid()));
  }

  private static void signal(String name, String pid) {
    try {
      new ProcessBuilder("kill", "-" + name, pid).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  boolean isAlive() {
    return process != null && process.isAlive();
  }

  /** SIGTERM, without waiting. */
  void terminate() {
    process.destroy();
  }

  int awaitEnd() {
    try {
      if (!process.waitFor(END_AT_MOST.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("The server did not end: " + log());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  Outcome audit() {
    return run("audit", "--json");
  }

  /** How many there are of a class in the memory of the server, after a collection. */
  long instances(Class<?> type) {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    String pid = Long.toString(process.pid());
    String histogram = run(new ProcessBuilder(jcmd.toString(), pid, "GC.class_histogram")).out();
    return histogram
        .lines()
        .map(line -> line.strip().split("\\s+")) // rank, instances, bytes, class, module
        .filter(row -> row.length > 3 && row[3].equals(type.getName()))
        .mapToLong(row -> Long.parseLong(row[1]))
        .sum();
  }

  /** Memory of the process, as Linux has it. */
  long residentBytes() {
    try {
      Path status = Path.of("/proc", Long.toString(process.pid()), "status");
      return Files.readAllLines(status).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A connection to the embedded database of the server. */
  Connection connectToDatabase() throws SQLException {
    try {
      Path pidFile = database().resolve("postmaster.pid");
      String databasePort = Files.readAllLines(pidFile).get(3).strip();
      return DriverManager.getConnection(
          "jdbc:postgresql://localhost:" + databasePort + "/postgres", "postgres", "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One number from the database. */
  long query(String sql) {
    try (Connection connection = connectToDatabase();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Runs a sub-command with the same settings. */
  Outcome run(String... arguments) {
    return run(command(arguments));
  }

  private Outcome run(ProcessBuilder command) {
    try {
      Path out = Files.createTempFile(directory, "out", ".txt");
      Process ran = redirect(command, out).start();
      if (!ran.waitFor(60, TimeUnit.SECONDS)) {
        ran.destroyForcibly();
        throw new IllegalStateException("No end of " + command.command());
      }
      return new Outcome(ran.exitValue(), Files.readString(out));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private ProcessBuilder command(String... arguments) {
    List<String> command = new ArrayList<>(before);
    command.add(PROGRAM.toAbsolutePath().toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    return builder;
  }

  private static ProcessBuilder redirect(ProcessBuilder command, Path out) {
    return command.redirectErrorStream(true).redirectOutput(out.toFile());
  }

  String log() {
    StringBuilder all = new StringBuilder();
    for (int i = 1; i <= starts; i++) {
      try {
        all.append(Files.readString(directory.resolve("server-" + i + ".log")));
      } catch (IOException e) {
        all.append(e);
      }
    }
    return all.toString();
  }

  /**
   * A port that is free, and stays so while a server is restarted: it is none of those that Linux
   * gives to connections.
   */
  static int freePort() {
    for (int i = FIRST_PORT; i <= LAST_PORT; i++) {
      int port = NEXT_PORT.getAndUpdate(last -> last < LAST_PORT ? last + 1 : FIRST_PORT);
      try (ServerSocket _ = new ServerSocket(port)) {
        return port;
      } catch (IOException taken) {
        // the next one
      }
    }
    throw new IllegalStateException("No port is free from " + FIRST_PORT + " to " + LAST_PORT);
  }

  /** Killed, as how it stops is for the tests that look at it; its database is stopped. */
  @Override
  public void close() {
    if (process != null) {
      kill();
      stopDatabase();
    }
  }

  private void stopDatabase() {
    Path pidFile = database().resolve("postmaster.pid");
    try {
      if (Files.exists(pidFile)) {
        signal("INT", Files.readAllLines(pidFile).getFirst());
        Awaitility.await("the end of the database").until(() -> !Files.exists(pidFile));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path database() {
    return directory.resolve("data/postgresql");
  }
}
