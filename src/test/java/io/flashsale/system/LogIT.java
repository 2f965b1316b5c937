package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a node writes for machines to read, and what it does not. */
final class LogIT {

  private static final String TOKEN = "log-it-0123456789abcdef";
  private static final long USER = 4_711_471_147_114_711L; // no time has these digits

  @TempDir static Path directory;
  private static Server server;
  private static String code;

  @BeforeAll
  static void sell() {
    server =
        new Server(
                directory,
                "LOG_FORMAT",
                "json",
                "REQUEST_LOG",
                "info",
                "SALE_PERIOD",
                "3s",
                "SALE_ITEMS",
                "7",
                "ADMIN_TOKEN",
                TOKEN)
            .start();
    Shop shop = new Shop(server);
    code = shop.checkOut(USER, 3).body();
    shop.purchase(code);
    shop.get("/checkout/" + code);
    await().until(() -> has("has ended: [01] of 7 items are sold"));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static List<String> messages() {
    return server.log().lines().map(LogIT::message).toList();
  }

  private static String message(String line) {
    try {
      JsonNode json = JsonMapper.builder().build().readTree(line);
      assertThat(json.path("level").asText()).isIn("INFO", "WARN");
      return json.path("formattedMessage").asText();
    } catch (java.io.IOException e) {
      throw new AssertionError("Not JSON: " + line, e);
    }
  }

  private static boolean has(String pattern) {
    return messages().stream().anyMatch(message -> message.matches(".*" + pattern + ".*"));
  }

  @Test
  void beginsWithASummary() {
    assertThat(messages().getFirst())
        .startsWith("flashsale ")
        .contains("a sale of 7 items every 3s, 10 per user, holds of 1m")
        .contains("PostgreSQL embedded in ")
        .endsWith("cluster: self");
    assertThat(has("Not as by default: .*sale.items=7, sale.period=3s.*")).isTrue();
  }

  @Test
  void saysHowASaleBeginsAndEnds() {
    assertThat(has("Sale \\d+ is open: 7 items until .*")).isTrue();
    await().until(() -> has("Sale \\d+ opened here 0[.,]\\d\\d s after its slot"));
  }

  @Test
  void saysWhoJoins() {
    assertThat(has("Node 127\\.0\\.0\\.1:\\d+ has joined")).isTrue();
  }

  @Test
  void hasALineForEachAnswerWithoutIdsCodesAndSecrets() {
    assertThat(has("POST /checkout 200 ok \\d+[.,]\\d{3} ms -")).isTrue();
    assertThat(has("GET /checkout/\\{code} 200 ok .*")).isTrue();
    assertThat(server.log())
        .doesNotContain(code)
        .doesNotContain(Long.toString(USER))
        .doesNotContain(TOKEN);
  }

  /** On both ways that a request can go (ADR 11). */
  @Test
  void aRequestIdComesBackAndIsInTheLog() throws Exception {
    assertThat(requestId("POST", "/checkout?user_id=1&item_id=1", "plain-1"))
        .containsOnly("plain-1");
    assertThat(requestId("GET", "/sales/active", "other-1")).containsOnly("other-1");
    assertThat(requestId("GET", "/sales/active", "<script>")).isEmpty();
    assertThat(requestId("POST", "/checkout?user_id=1&item_id=1", "x".repeat(65))).isEmpty();
    await().until(() -> has("POST /checkout .* plain-1") && has("GET /sales/active .* other-1"));
  }

  private static List<String> requestId(String method, String path, String id) throws Exception {
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(URI.create(server.uri() + path))
                  .method(method, HttpRequest.BodyPublishers.noBody())
                  .header("X-Request-Id", id)
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      return response.headers().allValues("X-Request-Id");
    }
  }
}
