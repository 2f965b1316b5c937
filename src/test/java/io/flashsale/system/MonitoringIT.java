package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
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

  private static final Path MONITORING = Path.of("monitoring");
  private static final Path RULES = MONITORING.resolve("prometheus");
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  /** Names of metrics as they stand in expressions. */
  private static final Pattern NAME = Pattern.compile("\\b[a-z]+_[a-z_0-9]+(?=[{\\[) ]|$)");

  @TempDir static Path directory;
  private static Server server;
  private static Shop shop;
  private static Process prometheus;
  private static final int PORT = Server.freePort();

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
    String config =
        Files.readString(RULES.resolve("prometheus.yml"))
            .replace("scrape_interval: 5s", "scrape_interval: 1s")
            .replace("scrape_timeout: 4s", "scrape_timeout: 1s")
            .replace("evaluation_interval: 5s", "evaluation_interval: 1s");
    Files.writeString(directory.resolve("prometheus.yml"), config);
    Files.writeString(
        directory.resolve("nodes.yml"), "- targets: [%s]".formatted(server.uri().getAuthority()));
    for (String rules : List.of("rules.yml", "alerts.yml")) {
      Files.copy(RULES.resolve(rules), directory.resolve(rules));
    }
    prometheus =
        new ProcessBuilder(
                "prometheus",
                "--config.file=" + directory.resolve("prometheus.yml"),
                "--storage.tsdb.path=" + directory.resolve("tsdb"),
                "--web.listen-address=127.0.0.1:" + PORT)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("prometheus.log").toFile())
            .start();
    await().atMost(Duration.ofSeconds(30)).until(() -> query("up == 1").size() == 1);
  }

  @AfterAll
  static void stop() throws InterruptedException {
    prometheus.destroy();
    prometheus.waitFor(10, TimeUnit.SECONDS);
    server.close();
  }

  @Test
  void promtoolFindsNoFault() throws Exception {
    assertThat(promtool("check", "config", RULES.resolve("prometheus.yml").toString())).isZero();
    assertThat(promtool("test", "rules", RULES.resolve("tests.yml").toString())).isZero();
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
    List<String> expressions = new ArrayList<>(dashboard());
    expressions.addAll(records());
    assertThat(expressions).hasSizeGreaterThan(60);

    List<String> empty = new ArrayList<>(expressions);
    for (int i = 0; i < 25 && !empty.isEmpty(); i++) { // rates need readings before and after
      buy(i);
      empty.removeIf(expression -> !query(expression).isEmpty());
    }

    assertThat(empty).isEmpty();
  }

  /** Whose expressions return nothing when all is well: they have to be about what there is. */
  @Test
  void alertsAreAboutMetricsThatThereAre() {
    for (String alert : named("alerts.yml", "expr")) {
      Matcher name = NAME.matcher(alert.replaceAll("flashsale:[a-z_0-9:]+", ""));
      while (name.find()) {
        assertThat(query(name.group())).as(name.group() + " in " + alert).isNotEmpty();
      }
    }
  }

  @Test
  void everyAlertHasAnEntryInTheRunbook() throws IOException {
    String runbook = Files.readString(Path.of("docs/runbook.md"));

    for (String alert : named("alerts.yml", "- alert")) {
      assertThat(runbook).contains("### " + alert + "\n");
    }
    assertThat(Files.readString(RULES.resolve("tests.yml")))
        .contains(
            named("alerts.yml", "- alert").stream().map(a -> "name: " + a + " fires").toList());
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
        Double.parseDouble(query("timestamp(" + samples + ")").get(0).at("/value/1").asText());
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                Double.parseDouble(
                        query("timestamp(" + samples + ")").get(0).at("/value/1").asText())
                    > before);
  }

  private static Set<String> dashboard() {
    Set<String> expressions = new LinkedHashSet<>();
    try {
      JsonNode dashboard =
          JSON.readTree(Files.readString(MONITORING.resolve("grafana/dashboards/flashsale.json")));
      for (JsonNode expression : dashboard.findValues("expr")) {
        expressions.add(
            expression.asText().replace("$instance", ".*").replace("$__rate_interval", "10s"));
      }
      return expressions;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static List<String> records() {
    return named("rules.yml", "- record");
  }

  /** The values of a key in a file of rules; of those over several lines the lines. */
  private static List<String> named(String file, String key) {
    try {
      List<String> values = new ArrayList<>();
      Matcher value =
          Pattern.compile("(?m)^ +" + Pattern.quote(key) + ": (?:\\|\\n((?: {10,}.*\\n)+)|(.*)$)")
              .matcher(Files.readString(RULES.resolve(file)));
      while (value.find()) {
        values.add((value.group(1) == null ? value.group(2) : value.group(1)).strip());
      }
      assertThat(values).isNotEmpty();
      return values;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static JsonNode query(String expression) {
    try {
      URI uri =
          URI.create(
              "http://127.0.0.1:%d/api/v1/query?query=%s"
                  .formatted(PORT, URLEncoder.encode(expression, StandardCharsets.UTF_8)));
      HttpResponse<String> answer =
          CLIENT.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() == 503) {
        return JSON.createArrayNode(); // up, but not ready
      }
      assertThat(answer.statusCode()).as(expression + ": " + answer.body()).isEqualTo(200);
      return JSON.readTree(answer.body()).at("/data/result");
    } catch (java.net.ConnectException e) {
      return JSON.createArrayNode(); // not yet up
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
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
