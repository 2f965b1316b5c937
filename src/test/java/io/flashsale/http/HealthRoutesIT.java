package io.flashsale.http;

import static io.flashsale.http.TestServer.json;
import static io.flashsale.http.TestServer.problem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flashsale.database.Database;
import io.flashsale.sale.Boards;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated
class HealthRoutesIT {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

  private static TestServer serve(DataSource database, SaleBoard board) {
    return new TestServer(board, database, TestServer.NOBODY);
  }

  private static SaleBoard board() {
    Sale open = new Sale(1, NOON, NOON, NOON.plusSeconds(3_600), 10, 10, Duration.ofSeconds(60));
    return Boards.showing(InstantSource.fixed(NOON), open, null, List.of());
  }

  private static Database.Location at(int port) {
    String url = "jdbc:postgresql://localhost:" + port + "/postgres";
    return new Database.Location(url, "postgres", "", Path.of("unused"), Duration.ofSeconds(10));
  }

  @Test
  void isHealthyUntilTheDatabaseStops() throws IOException {
    EmbeddedPostgres postgres = EmbeddedPostgres.start();
    try (postgres;
        Database database = Database.open(at(postgres.getPort()));
        var pool = database.pool("test", 2);
        TestServer server = serve(pool, board())) {
      HttpResponse<String> response = server.get("/health");
      JsonNode health = json(response);
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(health.path("services_status").path("app").asText()).isEqualTo("up");
      assertThat(health.path("services_status").path("database").asText()).isEqualTo("up");
      assertThat(health.path("services_status").path("cluster").asText()).isEqualTo("up");
      assertThat(health.path("services_status").path("sale").asText()).isEqualTo("up");
      assertThat(Duration.parse(health.path("uptime").asText())).isPositive();
      assertThat(health.path("memory").path("used").asLong()).isPositive();

      postgres.close();

      unhealthyWithin(server, Duration.ofSeconds(10));
      assertThat(server.get("/health/live").statusCode()).isEqualTo(200);
      assertThat(server.get("/health/ready").statusCode()).isEqualTo(200); // refusals need none
    }
  }

  /** What was found is remembered for a second, so the first answers may be the old one. */
  private static void unhealthyWithin(TestServer server, Duration patience) {
    long until = System.nanoTime() + patience.toNanos();
    HttpResponse<String> response = server.get("/health");
    while (response.statusCode() == 200 && System.nanoTime() < until) {
      response = server.get("/health");
    }
    unhealthy(response, "database");
  }

  private static void unhealthy(HttpResponse<String> response, String service) {
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.headers().firstValue("Retry-After")).isPresent();
    assertThat(json(response).path("services_status").path(service).asText()).isEqualTo("down");
    assertThat(json(response).path("services_status").path("app").asText()).isEqualTo("up");
  }

  @Test
  void saysWithinSecondsThatADatabaseHangs() {
    try (TestServer server = serve(TestServer.hangingDatabase(), board())) {
      long start = System.nanoTime();

      unhealthy(server.get("/health"), "database");

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
      problem(server.get("/sales/active"), 503, "unavailable");
    }
  }

  @Test
  void isUnhealthyWithoutASale() {
    try (TestServer server =
        serve(TestServer.noDatabase(), Boards.empty(InstantSource.fixed(NOON)))) {
      HttpResponse<String> response = server.get("/health");

      unhealthy(response, "sale");
      unhealthy(response, "database");
      assertThat(response.body()).doesNotContain("secret");
    }
  }

  @Test
  void isUnhealthyOutsideTheCluster() {
    try (TestServer server = serve(TestServer.noDatabase(), board())) {
      server.clusterUp = false;

      unhealthy(server.get("/health"), "cluster");
    }
  }

  @Test
  void isReadyUntilItStops() {
    try (TestServer server = serve(TestServer.noDatabase(), board())) {
      assertThat(json(server.get("/health/ready")).path("status").asText()).isEqualTo("ready");
      assertThat(json(server.get("/health/live")).path("status").asText()).isEqualTo("up");

      server.availability.leaving();

      HttpResponse<String> leaving = server.get("/health/ready");
      problem(leaving, 503, "stopping");
      assertThat(leaving.headers().firstValue("Connection")).contains("close");

      server.availability.stopping();

      problem(server.get("/health/ready"), 503, "stopping");
      assertThat(server.get("/health/live").statusCode()).isEqualTo(200);
      assertThat(server.get("/health").statusCode()).isEqualTo(503);
    }
  }

  @Test
  void findsNothingBeside() {
    try (TestServer server = serve(TestServer.noDatabase(), board())) {
      for (String path : List.of("/health/", "/health/x", "/healthy", "/health/live/")) {
        problem(server.get(path), 404, "not-found");
      }
    }
  }
}
