package io.flashsale.system;

import static io.flashsale.system.OrderIT.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.flashsale.system.Shop.Answer;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What users of other flash-sale systems expect (docs/PARITY.md), as far as no other test has it.
 */
final class ParityIT {

  private static final int ITEMS = 60;

  @TempDir static Path directory;
  private static Server server;
  private static Shop shop;

  @BeforeAll
  static void start() {
    server =
        new Server(directory, "SALE_PERIOD", "24h", "SALE_ITEMS", Integer.toString(ITEMS)).start();
    shop = new Shop(server);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void aHoldLastsAMinuteUnlessItIsSaidOtherwise() {
    Answer answer =
        Shop.send(
            shop.request("/checkout?user_id=11&item_id=31")
                .header("Accept", "application/json")
                .POST(HttpRequest.BodyPublishers.noBody()));

    Duration left =
        Duration.between(Instant.now(), Instant.parse(read(answer).path("expires_at").asText()));
    assertThat(left).isBetween(Duration.ofSeconds(50), Duration.ofSeconds(60));
  }

  @Test
  void aCheckoutIsAnsweredWithItsCodeAndNothingElse() {
    for (String name : List.of("item_id=1", "id=2")) {
      Answer answer = shop.post("/checkout?user_id=1&" + name);

      assertThat(answer.isOk()).as(answer.body()).isTrue();
      assertThat(UUID.fromString(answer.body())).hasToString(answer.body());
    }
  }

  @Test
  void aCheckoutIsAnsweredWithJsonIfThatIsAccepted() {
    Answer answer =
        Shop.send(
            shop.request("/checkout?user_id=2&item_id=3&item_id=4")
                .header("Accept", "application/json")
                .POST(HttpRequest.BodyPublishers.noBody()));

    JsonNode json = read(answer);
    String code = json.path("code").asText();
    assertThat(UUID.fromString(code)).hasToString(code);
    assertThat(json.path("items_count").asInt()).isEqualTo(2);
    String end = read(shop.get("/sales/active")).path("ended_at").asText();
    assertThat(json.path("sale_ends_at").asText()).isEqualTo(end);
  }

  @Test
  void whatCannotBeCheckedOutIsRefusedWithItsReason() {
    for (String query :
        List.of(
            "",
            "user_id=3",
            "item_id=5",
            "user_id=x&item_id=5",
            "user_id=3&item_id=-1",
            "user_id=3&item_id=" + ITEMS,
            "user_id=3&item_id=20&item_id=21&item_id=22&item_id=23&item_id=24&item_id=25"
                + "&item_id=26&item_id=27&item_id=28&item_id=29&item_id=30")) {
      expect(shop.post("/checkout?" + query), 400, "invalid-parameter");
    }
    expect(shop.get("/checkout?user_id=3&item_id=5"), 405, "method-not-allowed");
    String code = shop.checkOut(3, 5).body();
    expect(shop.checkOut(4, 5), 409, "item-reserved");
    shop.purchase(code);
    await().untilAsserted(() -> expect(shop.checkOut(4, 5), 409, "item-sold"));
  }

  @Test
  void whatCannotBePurchasedIsRefusedWithItsReason() {
    String code = shop.checkOut(5, 6).body();
    assertThat(shop.purchase(code).isOk()).isTrue();

    expect(shop.purchase(code), 409, "already-purchased");
    expect(shop.purchase(UUID.randomUUID().toString()), 409, "checkout-unknown");
    expect(shop.purchase("x"), 400, "invalid-parameter");
    expect(shop.post("/purchase"), 400, "invalid-parameter");
    expect(shop.get("/purchase?code=" + code), 405, "method-not-allowed");
  }

  @Test
  void theLimitCountsWhatIsBoughtAndWhatIsHeld() {
    String bought = shop.checkOut(6, 10, 11, 12, 13, 14).body();
    assertThat(shop.purchase(bought).isOk()).isTrue();
    assertThat(shop.checkOut(6, 15, 16, 17, 18).isOk()).isTrue();

    expect(shop.checkOut(6, 19, 20), 409, "limit-reached");
    assertThat(shop.checkOut(6, 19).isOk()).isTrue();
    expect(shop.checkOut(6, 20), 409, "limit-reached");
    assertThat(server.audit().exitCode()).isZero();
  }

  /** All or nothing: what could have been had is somebody else's at once. */
  @Test
  void upToTenItemsAreCheckedOutAtOnceOrNone() {
    assertThat(shop.checkOut(8, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29).isOk()).isTrue();

    expect(shop.checkOut(9, 30, 29), 409, "item-reserved");

    await()
        .atMost(Duration.ofSeconds(2))
        .untilAsserted(() -> assertThat(shop.checkOut(10, 30).isOk()).isTrue());
  }

  @Test
  void itemsHaveNamesAndImagesOfOurOwn() {
    JsonNode items = read(shop.get("/sales/1/items?limit=1000"));

    assertThat(items).hasSize(ITEMS);
    for (int n = 0; n < ITEMS; n++) {
      assertThat(items.path(n).path("name").asText()).isEqualTo("Flash Item #%d (Sale 1)", n);
      assertThat(items.path(n).path("image_url").asText()).startsWith("/items/" + n + "/");
    }
    Answer image = shop.get(items.path(7).path("image_url").asText());
    assertThat(image.isOk()).isTrue();
    assertThat(image.body()).startsWith("<svg");
  }

  private static void expect(Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.problem()).isEqualTo(code);
  }
}
