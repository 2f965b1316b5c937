package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is under monitoring/, with a real Prometheus that reads a real node: apt-get install
 * prometheus.
 */
final class MonitoringIT {

  /** Names of metrics as they stand in expressions. */
  private static final Pattern NAME = Pattern.compile("\\b[a-z]+_[a-z_0-9]+(?=[{\\[) ]|$)");

  @TempDir static Path directory;
  private static Server server;
  private static Shop shop;
  private static Prometheus prometheus;

  @BeforeAll
  static void start() throws IOException {
    server =
        new Server(
                directory,
                "SALE_PERIOD",
                "1h",
                "SALE_ITEMS",
                "50",
                "HOLD_TTL",
                "1500ms",
                "EVENT_LOOPS",
                "1")
            .start();
    shop = new Shop(server);
    prometheus = new Prometheus(directory, List.of(server));
  }

  @AfterAll
  static void stop() {
    prometheus.close();
    server.close();
  }

  @Test
  void promtoolFindsNoFault() throws Exception {
    assertThat(promtool("check", "config", Prometheus.RULES.resolve("prometheus.yml").toString()))
        .isZero();
    assertThat(promtool("test", "rules", Prometheus.RULES.resolve("tests.yml").toString()))
        .isZero();
  }

  @Test
  void promtoolLikesTheMetrics() throws Exception {
    Path scraped = directory.resolve("metrics.txt");
    Files.writeString(scraped, shop.get("/metrics").body());
    Process check =
        new ProcessBuilder("promtool", "check", "metrics")
            .redirectInput(scraped.toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    // Names of Micrometer's own are not ours to choose.
    assertThat(said.lines().filter(line -> !line.matches("(jvm|process|system)_.*"))).isEmpty();
  }

  @Test
  void everyExpressionReturnsDataAfterASale() {
    Set<String> expressions = Prometheus.expressions();
    assertThat(expressions).hasSizeGreaterThan(60);

    List<String> empty = new ArrayList<>(expressions);
    for (int i = 0; i < 25 && !empty.isEmpty(); i++) { // rates need readings before and after
      buy(i);
      empty.removeIf(expression -> !prometheus.query(expression).isEmpty());
    }

    assertThat(empty).isEmpty();
  }

  /** Whose expressions return nothing when all is well: they have to be about what there is. */
  @Test
  void alertsAreAboutMetricsThatThereAre() {
    for (String alert : Prometheus.named("alerts.yml", "expr")) {
      Matcher name = NAME.matcher(alert.replaceAll("flashsale:[a-z_0-9:]+", ""));
      while (name.find()) {
        assertThat(prometheus.query(name.group())).as(name.group() + " in " + alert).isNotEmpty();
      }
    }
  }

  @Test
  void everyAlertHasAnEntryInTheRunbook() throws IOException {
    String runbook = Files.readString(Path.of("docs/runbook.md"));

    for (String alert : Prometheus.named("alerts.yml", "- alert")) {
      assertThat(runbook).contains("### " + alert + "\n");
    }
    assertThat(Files.readString(Prometheus.RULES.resolve("tests.yml")))
        .contains(
            Prometheus.named("alerts.yml", "- alert").stream()
                .map(a -> "name: " + a + " fires")
                .toList());
  }

  @Test
  void topDrawsTheSale() {
    Server.Outcome top = server.run("top", "--once", "--url", server.uri().toString());
    Server.Outcome nobody = server.run("top", "--once", "--url", "http://127.0.0.1:1");

    assertThat(top.exitCode()).as(top.out()).isZero();
    assertThat(top.out())
        .contains("1 of 1 nodes answer")
        .contains("of 50 sold")
        .contains("database    up");
    assertThat(nobody.exitCode()).isEqualTo(1);
    assertThat(nobody.out()).contains("No node answers");
  }

  /** Something of everything: bought, expired, refused. */
  private static void buy(int round) {
    String code = shop.checkOut(round, 2 * round % 50).body();
    shop.purchase(code);
    shop.purchase(code);
    shop.checkOut(100 + round, (2 * round + 1) % 50);
    shop.checkOut(200 + round, 2 * round % 50);
    pause();
  }

  /** Prometheus reads once a second. */
  private static void pause() {
    String samples = "scrape_samples_scraped";
    double before =
        Double.parseDouble(
            prometheus.query("timestamp(" + samples + ")").get(0).at("/value/1").asText());
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                Double.parseDouble(
                        prometheus
                            .query("timestamp(" + samples + ")")
                            .get(0)
                            .at("/value/1")
                            .asText())
                    > before);
  }

  private static int promtool(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("promtool"));
    command.addAll(List.of(arguments));
    Path out = directory.resolve("promtool.txt");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    int exitCode = process.waitFor();
    assertThat(exitCode).as(Files.readString(out)).isZero();
    return exitCode;
  }
}
