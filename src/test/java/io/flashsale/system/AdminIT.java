package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators do, with the program and its database. */
final class AdminIT {

  private static final String TOKEN = "a-token-of-a-test-0123456789";

  @TempDir Path directory;

  @Test
  void anOperatorClosesTheSaleOpensAnotherAndAuditsBoth() throws Exception {
    try (Server server = server("ADMIN_TOKEN", TOKEN)) {
      Shop shop = new Shop(server);
      String code = shop.checkOut(7, 1, 2).body();
      assertThat(shop.purchase(code).isOk()).isTrue();
      String held = shop.checkOut(7, 3).body();
      assertThat(shop.get("/users/7/purchases").body()).contains("\"total_purchased\":2", code);
      assertThat(shop.get("/users/7/checkouts").body())
          .contains("\"total_held\":1")
          .doesNotContain(held);
      assertThat(post(shop, "/admin/sales", "{}").problem()).isEqualTo("sale-overlaps");

      Shop.Answer closing = post(shop, "/admin/sales/1/close", "");

      assertThat(closing.isOk()).as(closing.body()).isTrue();
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> shop.get("/sales/active").problem().equals("no-sale"));
      assertThat(shop.checkOut(8, 4).problem()).isEqualTo("no-sale");
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> shop.get("/health").isOk()); // nothing is down
      assertThat(shop.purchase(held).isOk()).as("its time is not over").isTrue();
      await()
          .atMost(Duration.ofSeconds(10))
          .until(
              () ->
                  Instant.parse(json(shop.get("/sales/1")).path("ended_at").asText())
                      .isBefore(Instant.now().plusSeconds(1)));
      server.kill(); // a node that starts now is ready although no sale is open
      server.start();

      Shop.Answer opened = open(shop, "{\"total_items\":3}");

      assertThat(opened.status()).as(opened.body()).isEqualTo(201);
      assertThat(open(shop, "{\"total_items\":3}")).as("asked again, done once").isEqualTo(opened);
      assertThat(open(shop, "{\"total_items\":4}").problem()).isEqualTo("idempotency-key-reused");
      assertThat(json(opened).path("id").asLong()).isEqualTo(2);
      await().atMost(Duration.ofSeconds(10)).until(() -> shop.checkOut(8, 2).isOk());
      assertThat(shop.checkOut(8, 3).status()).as("it has 3 items").isEqualTo(400);
      for (int sale = 1; sale <= 2; sale++) {
        Shop.Answer audit = send(shop.request("/admin/audit?sale=" + sale).GET(), TOKEN);
        assertThat(json(audit).path("clean").asBoolean()).as(audit.body()).isTrue();
        assertThat(json(audit).at("/sales/0/sale_id").asInt()).isEqualTo(sale);
      }
      assertThat(
              json(send(shop.request("/admin/audit?sale=1").GET(), TOKEN))
                  .at("/sales/0/sold")
                  .asInt())
          .isEqualTo(3);
      assertThat(send(shop.request("/admin/audit?sale=3").GET(), TOKEN).problem())
          .isEqualTo("sale-unknown");
      JsonNode member =
          json(send(shop.request("/admin/cluster").GET(), TOKEN)).path("members").path(0);
      assertThat(member.path("status").asText()).isEqualTo("up");
      assertThat(member.path("singletons").toString()).contains("sale-coordinator", "order-watch");
      assertThat(member.at("/shards/user").asInt()).isPositive();
      Server.Outcome audit = server.audit();
      assertThat(audit.exitCode()).as(audit.out()).isZero();
      assertThat(server.log()).doesNotContain(TOKEN);
    }
  }

  /** PARITY S3.6, with its names. */
  @Test
  void aSaleIsPlannedForATimeThatIsFree() throws Exception {
    try (Server server = server("ADMIN_TOKEN", TOKEN)) {
      Shop shop = new Shop(server);
      for (String wrong :
          new String[] {
            "{\"started_at\":\"tomorrow\"}",
            "{\"started_at\":\"2020-01-01T00:00:00Z\"}",
            "{\"started_at\":\"2099-01-01T12:00:00Z\",\"ended_at\":\"2099-01-01T11:00:00Z\"}",
            "{\"total_items\":0}",
            "{\"total_items\":\"3\"}",
            "["
          }) {
        Shop.Answer refused = post(shop, "/admin/sales", wrong);
        assertThat(refused.status()).as(wrong).isEqualTo(400);
        assertThat(refused.problem()).as(wrong).isEqualTo("invalid-parameter");
      }
      Shop.Answer whileOneIsOpen = post(shop, "/admin/sales", "{}");
      assertThat(whileOneIsOpen.status()).isEqualTo(409);
      assertThat(whileOneIsOpen.problem()).isEqualTo("sale-overlaps");
      assertThat(post(shop, "/admin/sales/1/close", "").isOk()).isTrue();
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> shop.get("/sales/active").problem().equals("no-sale"));

      Instant later = Instant.now().plusSeconds(1_200).truncatedTo(ChronoUnit.SECONDS);
      Shop.Answer scheduled =
          post(
              shop,
              "/admin/sales",
              "{\"started_at\":\"%s\",\"ended_at\":\"%s\"}"
                  .formatted(later, later.plusSeconds(60)));
      assertThat(scheduled.status()).as(scheduled.body()).isEqualTo(201);
      assertThat(json(scheduled).path("status").asText()).isEqualTo("scheduled");
      Shop.Answer coming = send(shop.request("/admin/sales").GET(), TOKEN);
      assertThat(json(coming)).containsExactly(json(scheduled));

      Instant start = Instant.now().plusSeconds(4).truncatedTo(ChronoUnit.SECONDS);
      Instant end = start.plusSeconds(600);
      String times = "\"started_at\":\"%s\",\"ended_at\":\"%s\"".formatted(start, end);
      Shop.Answer planned = post(shop, "/admin/sales", "{" + times + "}");

      assertThat(planned.status()).as(planned.body()).isEqualTo(201);
      assertThat(json(planned).path("status").asText()).isEqualTo("announced"); // it is near
      assertThat(Instant.parse(json(planned).path("started_at").asText())).isEqualTo(start);
      assertThat(Instant.parse(json(planned).path("ended_at").asText())).isEqualTo(end);
      assertThat(json(planned).path("total_items").asInt()).isEqualTo(50);
      Shop.Answer again = post(shop, "/admin/sales", "{" + times + ",\"total_items\":3}");
      assertThat(again.status()).as("its time is taken").isEqualTo(409);
      assertThat(again.problem()).isEqualTo("sale-overlaps");
      assertThat(shop.checkOut(8, 4).problem()).isEqualTo("no-sale");
      await().atMost(Duration.ofSeconds(15)).until(() -> shop.checkOut(8, 4).isOk());
      assertThat(Instant.now()).isAfterOrEqualTo(start);
      assertThat(json(shop.get("/sales/active")).path("started_at").asText())
          .startsWith(start.toString().substring(0, 19));
    }
  }

  @Test
  void nobodyElseDoes() {
    try (Server server = server("ADMIN_TOKEN", TOKEN)) {
      Shop shop = new Shop(server);
      for (String path : new String[] {"/admin", "/admin/sales", "/admin/x"}) {
        Shop.Answer answer =
            Shop.send(shop.request(path).POST(HttpRequest.BodyPublishers.noBody()));
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.problem()).isEqualTo("unauthorized");
      }
      Shop.Answer wrong = send(shop.request("/admin/audit").GET(), TOKEN + "x");
      assertThat(wrong.problem()).isEqualTo("unauthorized");
      assertThat(post(shop, "/admin/sales", "{\"items\":3}").problem())
          .isEqualTo("invalid-parameter");
      assertThat(post(shop, "/admin/sales/9/close", "").problem()).isEqualTo("sale-unknown");
      assertThat(send(shop.request("/admin/x").GET(), TOKEN).problem()).isEqualTo("not-found");
      assertThat(send(shop.request("/admin/sales").DELETE(), TOKEN).status()).isEqualTo(405);
      assertThat(server.log()).doesNotContain(TOKEN);
    }
  }

  @Test
  void thereIsNothingForOperatorsUnlessThereIsAToken() {
    try (Server server = server("ADMIN_TOKEN", "")) {
      Shop shop = new Shop(server);
      assertThat(send(shop.request("/admin/audit").GET(), TOKEN).problem()).isEqualTo("not-found");
      assertThat(post(shop, "/admin/sales", "{}").problem()).isEqualTo("not-found");
    }
  }

  @Test
  void aTokenThatCannotBeUsedIsNotShown() {
    Server server = new Server(directory, "ADMIN_TOKEN", "short-secret");

    Server.Outcome refused = server.run("serve");

    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.out()).contains("ADMIN_TOKEN cannot be used").doesNotContain("short-secret");
  }

  private Server server(String name, String value) {
    return new Server(
            directory, "SALE_PERIOD", "24h", "SALE_ITEMS", "50", "HOLD_TTL", "1h", name, value)
        .start();
  }

  /** With the same key every time. */
  private static Shop.Answer open(Shop shop, String json) {
    return send(
        shop.request("/admin/sales")
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", "the-second-sale")
            .POST(HttpRequest.BodyPublishers.ofString(json)),
        TOKEN);
  }

  private static Shop.Answer post(Shop shop, String path, String json) {
    return send(
        shop.request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json)),
        TOKEN);
  }

  private static Shop.Answer send(HttpRequest.Builder request, String token) {
    return Shop.send(request.header("Authorization", "Bearer " + token));
  }

  private static JsonNode json(Shop.Answer answer) {
    try {
      return new JsonMapper().readTree(answer.body());
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new AssertionError(answer.body(), e);
    }
  }
}
