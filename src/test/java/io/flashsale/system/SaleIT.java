package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** A sale over real HTTP on the embedded PostgreSQL. */
@Isolated // sixty-four people at once
final class SaleIT {

  private static final int ITEMS = 400;

  @TempDir static Path directory;
  private static Server server;
  private static Shop shop;

  @BeforeAll
  static void start() {
    String items = Integer.toString(ITEMS);
    server = // one user fires 200 requests at once
        new Server(directory, "SALE_PERIOD", "24h", "SALE_ITEMS", items, "RATE_LIMIT_USER", "off")
            .start();
    shop = new Shop(server);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void sellsEveryItemOnceUnderContention() throws Exception {
    Buyers buyers = new Buyers(shop, ITEMS - 100, 1);

    buyers.buyUntil(64, () -> buyers.purchased.size() >= ITEMS - 100);

    assertThat(buyers.others).as(buyers.toString()).isEmpty();
    assertThat(buyers.purchased).hasSize(ITEMS - 100);
    JsonNode sale = auditedSale();
    assertThat(sale.get("sold").asInt() + sale.get("settling").asInt())
        .isGreaterThanOrEqualTo(ITEMS - 100);
    assertThat(shop.checkOut(1, 0).problem()).isIn("item-sold", "item-reserved");
  }

  @Test
  void oneUserFiring200CheckoutsAtOnceNeverHasMoreThanTheLimit() throws Exception {
    // S1: "one user can hold all 10,000 items"; S3: "two first checkouts at once pass the limit"
    List<Shop.Answer> answers = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Shop.Answer>> fired = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        int item = ITEMS - 100 + i % 90;
        fired.add(threads.submit(() -> shop.checkOut(77, item)));
      }
      for (Future<Shop.Answer> answer : fired) {
        answers.add(answer.get());
      }
    }

    assertThat(answers).filteredOn(Shop.Answer::isOk).hasSize(10);
    assertThat(answers)
        .filteredOn(answer -> !answer.isOk())
        .allMatch(answer -> answer.status() == 409);
    auditedSale(); // I3: not even for a moment in the journal
  }

  @Test
  void ofManyPurchasesOfOneCodeOneIsAnswered200() throws Exception {
    String code = shop.checkOut(78, ITEMS - 1).body();

    List<Shop.Answer> answers = atOnce(50, () -> shop.purchase(code));

    assertThat(answers).filteredOn(Shop.Answer::isOk).hasSize(1);
    assertThat(answers)
        .filteredOn(answer -> !answer.isOk())
        .allMatch(answer -> answer.problem().equals("already-purchased"));
  }

  @Test
  void aUserIdOfMoreThan32BitsIsAnOrdinaryUser() {
    // S1: it breaks the whole batch
    String code = shop.checkOut(Long.MIN_VALUE, ITEMS - 2).body();

    assertThat(shop.purchase(code).isOk()).isTrue();
    assertThat(shop.checkOut(Long.MAX_VALUE, ITEMS - 3).isOk()).isTrue();
  }

  @Test
  void aCheckoutOfSeveralItemsIsBoughtAsAWhole() throws Exception {
    assertThat(shop.checkOut(81, ITEMS - 5).isOk()).isTrue();
    assertThat(shop.checkOut(80, ITEMS - 4, ITEMS - 5).problem()).isEqualTo("item-reserved");

    String code = shop.checkOut(80, ITEMS - 4, ITEMS - 6).body();
    Shop.Answer added = shop.post("/checkout?user_id=80&item_id=" + (ITEMS - 7) + "&code=" + code);
    assertThat(added.body()).isEqualTo(code);
    Shop.Answer bought =
        Shop.send(
            shop.request("/purchase?code=" + code)
                .header("Accept", "application/json")
                .POST(java.net.http.HttpRequest.BodyPublishers.noBody()));

    JsonNode json = JsonMapper.builder().build().readTree(bought.body());
    assertThat(json.get("success").asBoolean()).isTrue();
    assertThat(json.get("total_purchased").asInt()).isEqualTo(3);
    assertThat(json.get("failed_count").asInt()).isZero();
    assertThat(json.get("purchased_items").findValuesAsText("id"))
        .containsExactly("396", "394", "393");
    assertThat(json.get("purchased_items").findValuesAsText("name"))
        .containsExactly(
            "Flash Item #396 (Sale 1)", "Flash Item #394 (Sale 1)", "Flash Item #393 (Sale 1)");
    assertThat(json.get("purchased_items").findValuesAsText("sold")).containsOnly("true");
  }

  @Test
  void aCheckoutThatIsGivenUpFreesItsItemsAtOnce() {
    String code = shop.checkOut(82, ITEMS - 8).body();

    assertThat(shop.delete("/checkout/" + code).isOk()).isTrue();

    assertThat(shop.purchase(code).problem()).isEqualTo("checkout-expired");
    await().until(() -> shop.checkOut(83, ITEMS - 8).isOk());
  }

  @Test
  void aRepeatedRequestWithTheSameKeyIsDoneOnce() {
    Shop.Answer first = keyed("/checkout?user_id=84&item_id=" + (ITEMS - 9), "key-1");
    Shop.Answer again = keyed("/checkout?user_id=84&item_id=" + (ITEMS - 9), "key-1");
    assertThat(again).isEqualTo(first);
    assertThat(keyed("/checkout?user_id=84&item_id=" + (ITEMS - 10), "key-1").status())
        .isEqualTo(422);

    String purchase = "/purchase?code=" + first.body();
    assertThat(keyed(purchase, "key-2")).isEqualTo(keyed(purchase, "key-2"));
    assertThat(keyed(purchase, "key-3").problem()).isEqualTo("already-purchased");
    String item = "/sales/1/items?limit=1&offset=" + (ITEMS - 9);
    await().until(() -> shop.get(item).body().contains("\"sold\":true"));
    assertThat(keyed("/checkout?user_id=84&item_id=" + (ITEMS - 9), "key-1")).isEqualTo(first);
  }

  private static Shop.Answer keyed(String path, String key) {
    return Shop.send(
        shop.request(path)
            .header("Idempotency-Key", key)
            .POST(java.net.http.HttpRequest.BodyPublishers.noBody()));
  }

  private static List<Shop.Answer> atOnce(int times, Callable<Shop.Answer> request)
      throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Shop.Answer> answers = new ArrayList<>();
      for (Future<Shop.Answer> answer :
          threads.invokeAll(java.util.Collections.nCopies(times, request))) {
        answers.add(answer.get());
      }
      return answers;
    }
  }

  private static JsonNode auditedSale() throws Exception {
    Server.Outcome audit = server.audit();
    assertThat(audit.exitCode()).as(audit.out()).isZero();
    return JsonMapper.builder().build().readTree(audit.out()).get("sales").get(0);
  }
}
