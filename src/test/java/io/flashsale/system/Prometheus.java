package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.ConnectException;
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

/**
 * A real Prometheus that reads nodes, with what is under {@code monitoring/}, but once a second:
 * apt-get install prometheus.
 */
final class Prometheus implements AutoCloseable {

  static final Path MONITORING = Path.of("monitoring");
  static final Path RULES = MONITORING.resolve("prometheus");
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private final int port = Server.freePort();
  private final Process process;

  /** Reads all nodes already. */
  Prometheus(Path directory, List<Server> nodes) throws IOException {
    String config =
        Files.readString(RULES.resolve("prometheus.yml"))
            .replace("scrape_interval: 5s", "scrape_interval: 1s")
            .replace("scrape_timeout: 4s", "scrape_timeout: 1s")
            .replace("evaluation_interval: 5s", "evaluation_interval: 1s");
    Files.writeString(directory.resolve("prometheus.yml"), config);
    List<String> targets = nodes.stream().map(node -> node.uri().getAuthority()).toList();
    Files.writeString(directory.resolve("nodes.yml"), "- targets: " + targets);
    for (String rules : List.of("rules.yml", "alerts.yml")) {
      Files.copy(RULES.resolve(rules), directory.resolve(rules));
    }
    process =
        new ProcessBuilder(
                "prometheus",
                "--config.file=" + directory.resolve("prometheus.yml"),
                "--storage.tsdb.path=" + directory.resolve("tsdb"),
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("prometheus.log").toFile())
            .start();
    await().atMost(Duration.ofSeconds(30)).until(() -> query("up == 1").size() == nodes.size());
  }

  /** Until so many nodes, all that live, have said what is now: they say the same for a second. */
  void awaitScrape(int living) {
    long from = System.currentTimeMillis() + 1_000;
    String since = "timestamp(up) * 1000 > %d and up == 1".formatted(from);
    await().atMost(Duration.ofSeconds(30)).until(() -> query(since).size() >= living);
  }

  /** What the dashboard asks for, and what is recorded for it and for the alerts. */
  static Set<String> expressions() {
    Set<String> expressions = new LinkedHashSet<>();
    try {
      JsonNode dashboard =
          JSON.readTree(Files.readString(MONITORING.resolve("grafana/dashboards/flashsale.json")));
      for (JsonNode expression : dashboard.findValues("expr")) {
        expressions.add(
            expression.asText().replace("$instance", ".*").replace("$__rate_interval", "10s"));
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    expressions.addAll(named("rules.yml", "- record"));
    return expressions;
  }

  /** The values of a key in a file of rules; of those over several lines the lines. */
  static List<String> named(String file, String key) {
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

  /** The samples of an expression now; none before Prometheus is up. */
  JsonNode query(String expression) {
    try {
      URI uri =
          URI.create(
              "http://127.0.0.1:%d/api/v1/query?query=%s"
                  .formatted(port, URLEncoder.encode(expression, StandardCharsets.UTF_8)));
      HttpResponse<String> answer =
          CLIENT.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() == 503) {
        return JSON.createArrayNode(); // up, but not ready
      }
      assertThat(answer.statusCode()).as(expression + ": " + answer.body()).isEqualTo(200);
      return JSON.readTree(answer.body()).at("/data/result");
    } catch (ConnectException e) {
      return JSON.createArrayNode(); // not yet up
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
  }
}
