package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Prometheus reads, after real sales. */
final class MetricsIT {

  private static final int ITEMS = 30;
  private static final String TOKEN = "metrics-it-0123456789";

  @TempDir static Path directory;
  private static Server server;
  private static Shop shop;

  @BeforeAll
  static void sell() {
    server =
        new Server(
                directory,
                "SALE_PERIOD",
                "24h",
                "SALE_ITEMS",
                Integer.toString(ITEMS),
                "ADMIN_TOKEN",
                TOKEN)
            .start();
    shop = new Shop(server);
    for (int item = 0; item < 10; item++) {
      String code = shop.checkOut(item, item).body();
      assertThat(shop.purchase(code).isOk()).isTrue();
      assertThat(shop.purchase(code).problem()).isEqualTo("already-purchased");
    }
    await().until(() -> shop.checkOut(20, 3).problem().equals("item-sold"));
    assertThat(shop.checkOut(20, 10).isOk()).isTrue();
    assertThat(shop.checkOut(21, 10).problem()).isEqualTo("item-reserved");
    assertThat(shop.delete("/checkout/" + shop.checkOut(22, 11).body()).isOk()).isTrue();
    await().until(() -> Scraped.from(shop).sum("holds_live") == 1);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void countsCheckoutsAndPurchasesWithTheirReasons() {
    Scraped scraped = Scraped.from(shop);

    assertThat(scraped.sum("checkout_success_total")).isEqualTo(12);
    assertThat(scraped.sum("checkout_failure_total", "reason=\"item-reserved\"")).isEqualTo(1);
    assertThat(scraped.sum("checkout_failure_total", "reason=\"item-sold\"")).isPositive();
    assertThat(scraped.sum("checkout_attempts_total"))
        .isEqualTo(12 + scraped.sum("checkout_failure_total"));
    assertThat(scraped.sum("purchase_success_total")).isEqualTo(10);
    assertThat(scraped.sum("purchase_failure_total", "reason=\"already-purchased\"")).isEqualTo(10);
    assertThat(scraped.sum("purchase_failure_total")).isEqualTo(10);
    assertThat(scraped.sum("purchase_attempts_total")).isEqualTo(20);
  }

  @Test
  void countsRequestsAndTheirTime() {
    Scraped scraped = Scraped.from(shop);

    assertThat(scraped.sum("http_requests_total", "route=\"/purchase\"", "status=\"200\""))
        .isEqualTo(10);
    assertThat(scraped.sum("http_requests_total", "method=\"DELETE\"", "status=\"200\""))
        .isEqualTo(1);
    assertThat(
            scraped.sum(
                "http_request_duration_seconds_count", "route=\"/purchase\"", "result=\"ok\""))
        .isEqualTo(10);
    double seconds = scraped.sum("http_request_duration_seconds_sum", "route=\"/purchase\"");
    assertThat(seconds).isBetween(0.000_01, 20.0);
    assertThat(scraped.sum("http_problems_total", "reason=\"already-purchased\"")).isEqualTo(10);
  }

  @Test
  void showsTheSale() {
    Scraped scraped = Scraped.from(shop);

    assertThat(scraped.sum("sale_open")).isEqualTo(1);
    assertThat(scraped.sum("sale_id")).isEqualTo(1);
    assertThat(scraped.sum("sale_items_total")).isEqualTo(ITEMS);
    assertThat(scraped.sum("sale_items_sold")).isEqualTo(10);
    assertThat(scraped.sum("sale_items_sold_total")).isEqualTo(10);
    assertThat(scraped.sum("sale_stock")).isEqualTo(ITEMS - 10);
    assertThat(scraped.sum("holds_live")).isEqualTo(1);
    assertThat(scraped.sum("holds_overdue")).isZero();
    assertThat(scraped.sum("holds_total")).isEqualTo(12);
    assertThat(scraped.sum("holds_ended_total", "how=\"sold\"")).isEqualTo(10);
    assertThat(scraped.sum("holds_ended_total", "how=\"released\"")).isEqualTo(1);
  }

  @Test
  void showsTheJournalAndTheDatabase() {
    Scraped scraped = Scraped.from(shop);

    // 12 x Reserved and CheckedOut, 10 x Purchased and Sold, 2 x Released, 1 x SaleOpened
    assertThat(scraped.sum("journal_batch_size_sum", "operation=\"write\""))
        .isGreaterThanOrEqualTo(2 * 12 + 2 * 10 + 2 + 1);
    double batches = scraped.sum("journal_batch_size_count", "operation=\"write\"");
    assertThat(batches).isPositive();
    assertThat(scraped.sum("db_query_duration_seconds_count", "query=\"journal_write\""))
        .isEqualTo(batches);
    assertThat(scraped.sum("journal_queue_depth")).isZero();
    assertThat(scraped.sum("journal_write_failures_total")).isZero();
    assertThat(scraped.has("entity_recovery_seconds_count")).isTrue(); // none has any events yet
    assertThat(scraped.sum("journal_batch_size_sum", "operation=\"read\""))
        .isGreaterThanOrEqualTo(ITEMS); // each item has asked how far its stream goes
    assertThat(scraped.sum("db_connections_active", "pool=\"journal\""))
        .isGreaterThanOrEqualTo(2); // of the writer and of the reader
    assertThat(scraped.sum("db_connections_max")).isEqualTo(10 + 4 + 2);
    assertThat(scraped.sum("database_up")).isEqualTo(1);
  }

  @Test
  void showsTheClusterAndTheNode() {
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> Scraped.from(shop).sum("entities", "type=\"item\"") == ITEMS);
    Scraped scraped = Scraped.from(shop);

    assertThat(scraped.sum("cluster_members", "status=\"up\"")).isEqualTo(1);
    assertThat(scraped.sum("cluster_members")).isEqualTo(1);
    assertThat(scraped.sum("cluster_unreachable_members")).isZero();
    assertThat(scraped.sum("cluster_singleton", "sale-coordinator")).isEqualTo(1);
    assertThat(scraped.sum("cluster_singleton", "order-watch")).isEqualTo(1);
    assertThat(scraped.sum("shards", "type=\"user\"")).isEqualTo(30);
    assertThat(scraped.sum("node_ready")).isEqualTo(1);
    assertThat(scraped.sum("event_loop_delay_seconds_count")).isPositive();
    assertThat(scraped.sum("http_requests_in_flight_max")).isEqualTo(5_000);
    assertThat(scraped.sum("jvm_memory_used_bytes")).isPositive();
  }

  @Test
  void everyMetricHasAHelpTextAndNoLabelHasAnId() {
    Scraped scraped = Scraped.from(shop);

    List<String> types =
        scraped.lines().stream().filter(line -> line.startsWith("# TYPE")).toList();
    List<String> helps =
        scraped.lines().stream().filter(line -> line.startsWith("# HELP")).toList();
    assertThat(types).hasSizeGreaterThan(60);
    assertThat(helps).hasSameSizeAs(types).allMatch(line -> line.split(" ", 4)[3].length() > 5);
    assertThat(scraped.lines()).noneMatch(line -> line.matches(".*\"[0-9a-f]{8}-[0-9a-f]{4}-.*"));
    assertThat(scraped.lines()).hasSizeLessThan(1_000);
  }

  @Test
  void speaksOpenMetricsToThoseWhoLikeIt() throws Exception {
    HttpResponse<String> text = scrape("*/*");
    HttpResponse<String> open =
        scrape("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5");

    assertThat(text.headers().firstValue("Content-Type"))
        .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain; version=0.0.4"));
    assertThat(open.headers().firstValue("Content-Type"))
        .hasValueSatisfying(
            type -> assertThat(type).startsWith("application/openmetrics-text; version=1.0.0"));
    assertThat(open.body()).endsWith("# EOF\n");
  }

  @Test
  void countsAuditsThatFindABreach() {
    assertThat(audit()).isEqualTo(200);
    await().until(() -> Scraped.from(shop).sum("audits_total") == 1); // written once in a second
    assertThat(Scraped.from(shop).sum("audit_breaches_total")).isZero();
  }

  private static int audit() {
    return Shop.send(shop.request("/admin/audit").header("Authorization", "Bearer " + TOKEN).GET())
        .status();
  }

  @Test
  void isOnTheManagementPortIfItIsToBe() throws Exception {
    int management = Server.freePort();
    try (Server other =
        new Server(
                Files.createDirectories(directory.resolve("management")),
                "METRICS",
                "management",
                "MANAGEMENT_PORT",
                Integer.toString(management))
            .start()) {
      Shop api = new Shop(other);

      assertThat(api.get("/metrics").status()).isEqualTo(404);
      assertThat(
              Scraped.from(new Shop(URI.create("http://127.0.0.1:" + management))).has("sale_open"))
          .isTrue();
    }
  }

  private static HttpResponse<String> scrape(String accept)
      throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create(server.uri() + "/metrics"))
              .header("Accept", accept)
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }
}
