package io.flashsale;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The packaged program as an operator runs it: what it prints, and how it ends. */
class MainIT {

  private static final String PROGRAM = System.getProperty("flashsale.home") + "/bin/flashsale";
  private static final long PATIENCE_SECONDS = 60;

  private record Ended(int exitCode, String out, String err) {}

  private final List<Process> started = new ArrayList<>();
  @TempDir Path directory;

  @AfterEach
  void endWhatIsLeft() throws IOException {
    started.forEach(Process::destroyForcibly);
    Path pidFile = directory.resolve("data/postgresql/postmaster.pid");
    if (Files.exists(pidFile)) {
      long pid = Long.parseLong(Files.readAllLines(pidFile).getFirst().strip());
      ProcessHandle.of(pid)
          .ifPresent(
              postmaster -> {
                postmaster.destroy();
                postmaster.onExit().orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
              });
    }
  }

  private Process start(Map<String, String> variables, String... arguments) throws IOException {
    // Whoever runs the tests in the background ignores SIGINT, and so would the program.
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT", PROGRAM));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().keySet().removeIf(name -> name.matches("(DB|SALE|HTTP|LOG|CLUSTER)_.*"));
    builder.environment().put("WARM_UP", "off");
    builder.environment().put("JAVA_OPTS", "-XX:TieredStopAtLevel=1");
    builder.environment().put("DATA_DIR", directory.resolve("data").toString());
    builder.environment().putAll(variables);
    Process process =
        builder
            .redirectOutput(directory.resolve("out").toFile())
            .redirectError(directory.resolve("err").toFile())
            .start();
    started.add(process);
    return process;
  }

  private Ended end(Process process) throws Exception {
    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    return new Ended(
        process.exitValue(),
        Files.readString(directory.resolve("out")),
        Files.readString(directory.resolve("err")));
  }

  private Ended run(Map<String, String> variables, String... arguments) throws Exception {
    return end(start(variables, arguments));
  }

  private Ended run(String... arguments) throws Exception {
    return run(Map.of(), arguments);
  }

  /** Exit code 1, and all that is said is one line with these words. */
  private static void failsInOneLine(Ended ended, String... words) {
    assertThat(ended.exitCode()).as(ended.toString()).isEqualTo(1);
    assertThat(ended.err()).startsWith("flashsale: ").contains(words);
    assertThat(ended.err().lines()).hasSize(1);
    assertThat(ended.out()).doesNotContain("ERROR", "Exception", "\tat ");
  }

  // ---------------------------------------------------------------- usage

  @Test
  void explainsItself() throws Exception {
    Ended ended = run("--help");

    assertThat(ended.exitCode()).isZero();
    assertThat(ended.out()).contains("Usage: flashsale", "serve", "migrate", "audit", "version");
    assertThat(ended.out()).contains("HTTP_PORT", "README.md");
    assertThat(ended.err()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"serve", "migrate", "audit", "version"})
  void explainsItsCommands(String command) throws Exception {
    Ended ended = run(command, "--help");

    assertThat(ended.exitCode()).isZero();
    assertThat(ended.out()).contains("Usage: flashsale " + command);
    assertThat(ended.err()).isEmpty();
    assertThat(directory.resolve("data")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"version", "--version"})
  void saysItsVersion(String argument) throws Exception {
    Ended ended = run(argument);

    assertThat(ended.exitCode()).isZero();
    assertThat(ended.out()).matches("flashsale \\d\\S* \\(Java \\d\\S*\\)\\R");
    assertThat(ended.err()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"sell", "--port", "audit --sale", "audit --sale one", "serve now"})
  void refusesWrongUsage(String arguments) throws Exception {
    Ended ended = run(arguments.split(" "));

    assertThat(ended.exitCode()).isEqualTo(2);
    assertThat(ended.err()).containsPattern("Usage: flashsale|Did you mean: flashsale");
    assertThat(ended.out()).isEmpty();
    assertThat(directory.resolve("data")).doesNotExist();
  }

  // ---------------------------------------------------------------- what only an operator can mend

  @ParameterizedTest
  @CsvSource({
    "SALE_ITEMS, none",
    "HTTP_PORT, http",
    "CLUSTER_PORT, x",
    "HOLD_TTL, 60",
    "LOG_FORMAT, xml",
    "LOG_LEVEL, loud"
  })
  void namesAVariableThatCannotBeUsed(String variable, String value) throws Exception {
    Ended ended = run(Map.of(variable, value), "serve");

    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(ended.err().lines()).hasSize(1);
    assertThat(ended.err()).startsWith("flashsale: " + variable + " is " + value + ": it must be ");
    assertThat(ended.out()).isEmpty();
  }

  @Test
  void auditsNothingWhereThereIsNothing() throws Exception {
    failsInOneLine(run("audit"), "There is no database in " + directory.resolve("data"));
    assertThat(directory.resolve("data")).doesNotExist();
  }

  @Test
  void migratesOnceAndAuditsAnEmptyJournal() throws Exception {
    assertThat(run("migrate")).isEqualTo(new Ended(0, "Migrations applied: 2\n", ""));
    assertThat(run("migrate")).isEqualTo(new Ended(0, "The schema is up to date\n", ""));
    assertThat(run("audit").exitCode()).isZero();
    failsInOneLine(run("audit", "--sale", "99"), "99");
  }

  @Test
  void givesUpADatabaseThatDoesNotCome() throws Exception {
    String port = Integer.toString(freePort());
    Map<String, String> nobody =
        Map.of("DB_HOST", "localhost", "DB_PORT", port, "DB_PATIENCE", "1s");

    failsInOneLine(run(nobody, "serve"), "localhost:" + port, "could not be reached for 1 s");
  }

  @Test
  void namesTheVariablesOfAConfigurationThatCannotBeRead() throws Exception {
    Map<String, String> missing = Map.of("JAVA_OPTS", "-Dconfig.file=/nowhere.conf");

    failsInOneLine(run(missing, "serve"), "The configuration cannot be read", "nowhere.conf");
  }

  /** And before a database is there, let alone warm. */
  private void cannotListen(Map<String, String> variables, String line) throws Exception {
    Ended ended = run(variables);

    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(ended.err()).isEqualTo("flashsale: " + line + "\n");
    assertThat(ended.out()).isEmpty();
    assertThat(directory.resolve("data")).doesNotExist();
  }

  @Test
  void namesThePortThatIsInUse() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());

      cannotListen(
          Map.of("HTTP_PORT", port, "CLUSTER_PORT", "0"),
          "The API cannot listen on 127.0.0.1:%s: the port is in use; set HTTP_HOST and HTTP_PORT"
              .formatted(port));
      cannotListen(
          Map.of("HTTP_PORT", "0", "CLUSTER_PORT", port),
          "The cluster cannot listen on 127.0.0.1:%s: the port is in use; set CLUSTER_HOST and CLUSTER_PORT"
              .formatted(port));
    }
    String both = Integer.toString(freePort());
    cannotListen(
        Map.of("HTTP_PORT", both, "CLUSTER_PORT", both),
        "The cluster cannot listen on 127.0.0.1:%s: the port is in use; set CLUSTER_HOST and CLUSTER_PORT"
            .formatted(both));
  }

  /** 192.0.2.0/24 is for documentation, and .invalid is nobody's. */
  @Test
  void namesTheAddressThatIsNotOfThisMachine() throws Exception {
    cannotListen(
        Map.of("HTTP_HOST", "192.0.2.1", "HTTP_PORT", "8080", "CLUSTER_PORT", "0"),
        "The API cannot listen on 192.0.2.1:8080: it is not an address of this machine; set"
            + " HTTP_HOST and HTTP_PORT");
    cannotListen(
        Map.of("HTTP_PORT", "0", "CLUSTER_HOST", "192.0.2.1", "CLUSTER_PORT", "0"),
        "The cluster cannot listen on 192.0.2.1:0: it is not an address of this machine; set"
            + " CLUSTER_HOST and CLUSTER_PORT");
    cannotListen(
        Map.of("HTTP_HOST", "flashsale.invalid", "HTTP_PORT", "0", "CLUSTER_PORT", "0"),
        "The API cannot listen on flashsale.invalid:0: there is no host of this name; set HTTP_HOST"
            + " and HTTP_PORT");
  }

  // ---------------------------------------------------------------- a node

  @Test
  void takesOverTheDatabaseOfAProgramThatWasKilledAndStopsOnSigterm() throws Exception {
    int port = freePort();
    Map<String, String> variables =
        Map.of("HTTP_PORT", Integer.toString(port), "CLUSTER_PORT", "0", "SALE_ITEMS", "10");
    Process killed = start(variables);
    String before = onceReady(killed, port);
    failsInOneLine(
        run(Map.of("HTTP_PORT", "0", "CLUSTER_PORT", "0")),
        "is another flashsale using it? Set DATA_DIR or DB_URL");
    killed.destroyForcibly().waitFor();
    assertThat(run("audit").out()).contains("1"); // through the database that was left behind

    Process next = start(variables);
    String after = onceReady(next, port);
    assertThat(Files.readString(directory.resolve("out")))
        .contains("Took over the embedded database");
    assertThat(after).contains("\"id\":1,").isEqualTo(before);

    next.destroy(); // SIGTERM
    Ended ended = end(next);
    assertThat(ended.exitCode()).isZero();
    assertThat(ended.out()).contains("Stopped").doesNotContain("ERROR", "Exception");
    assertThat(ended.err()).isEmpty();
    assertThat(directory.resolve("data/postgresql/postmaster.pid")).doesNotExist();
  }

  /** The main thread sees the end of the system too, and has nothing to say about it. */
  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void stopsWithoutComplaintWhenItIsAskedTo(String signal) throws Exception {
    int port = freePort();
    Process process = start(Map.of("HTTP_PORT", Integer.toString(port), "CLUSTER_PORT", "0"));
    onceReady(process, port);

    new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();

    Ended ended = end(process);
    assertThat(ended.exitCode()).isZero();
    assertThat(ended.err()).isEmpty();
  }

  /** The active sale, as soon as there is one. */
  private static String onceReady(Process process, int port) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/sales/active")).build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (process.isAlive() && System.nanoTime() < until) {
        try {
          var response = client.send(request, HttpResponse.BodyHandlers.ofString());
          if (response.statusCode() == 200) {
            return response.body();
          }
        } catch (IOException e) {
          // not listening yet
        }
        process.waitFor(50, TimeUnit.MILLISECONDS);
      }
    }
    throw new AssertionError("The program did not become ready");
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
