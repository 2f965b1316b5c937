package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.flashsale.system.Shop.Answer;
import io.flashsale.user.UserEvent;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Orders over real HTTP: every one that was taken ends, whatever is killed. */
final class OrderIT {

  private static final int ORDERS = Integer.getInteger("orders", 400);

  /** Less than are ordered. */
  private static final int ITEMS = ORDERS * 3 / 4;

  private static final int KILLS = 3;
  private static final int CLIENTS = 16;
  private static final JsonMapper MAPPER = new JsonMapper();

  @TempDir Path directory;

  /** Those that were answered 202, with the item that was ordered. */
  private final Map<String, Integer> taken = new ConcurrentHashMap<>();

  /** Those that were answered 400: it was known already that the item was sold. */
  private final AtomicInteger refused = new AtomicInteger();

  @Test
  void everyOrderEndsAlthoughTheProcessIsKilledAgainAndAgain() throws SQLException {
    try (Server server = server()) {
      Shop shop = new Shop(server);
      try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
        IntStream.rangeClosed(1, ORDERS).forEach(user -> clients.execute(() -> order(shop, user)));
        for (int kill = 1; kill <= KILLS; kill++) {
          int enough = kill * ORDERS / (KILLS + 1);
          await()
              .atMost(Duration.ofSeconds(60))
              .pollInterval(Duration.ofMillis(2))
              .until(() -> taken.size() + refused.get() >= enough);
          server.kill();
          server.start();
        }
      }
      awaitNonePending(server); // nobody asks for them: they are found again

      assertThat(taken.size() + refused.get()).isEqualTo(ORDERS);
      Set<String> bought = bought(server);
      Map<String, Integer> ended = new TreeMap<>();
      taken.forEach(
          (id, item) -> {
            JsonNode order = read(shop.get("/api/orders/" + id));
            assertThat(order.path("product_id").asInt()).isEqualTo(item);
            String status = order.path("status").asText();
            ended.merge(status + order.path("reason").asText(), 1, Integer::sum);
            assertThat(status).as(id).isEqualTo(bought.contains(id) ? "confirmed" : "rejected");
          });
      System.out.println(ORDERS + " orders: " + ended + ", refused: " + refused);
      assertThat(taken.keySet()).containsAll(bought);
      expectClean(server, ended.get("confirmed"));
    }
  }

  /** Until it is known whether it was taken; once, as it has a key. */
  private void order(Shop shop, int user) {
    int item = user * 7 % ITEMS; // of these some are wanted again
    Answer answer =
        await()
            .atMost(Duration.ofSeconds(90))
            .pollDelay(Duration.ZERO)
            .until(() -> buy(shop, user, item, "key"), OrderIT::isKnown);
    if (answer.status() == 202) {
      taken.put(read(answer).path("order_id").asText(), item);
    } else {
      refused.incrementAndGet();
    }
  }

  /** S2: only 202 and 400, never 500; what was cut off is no answer. */
  private static boolean isKnown(Answer answer) {
    return answer.status() == 202 || answer.status() == 400;
  }

  /** Orders whose purchase is in the journal. */
  private static Set<String> bought(Server server) throws SQLException {
    try (Connection connection = server.connectToDatabase()) {
      return JournalStory.read(connection, 1).users().values().stream()
          .flatMap(List::stream)
          .filter(entry -> entry.event() instanceof UserEvent.Purchased)
          .map(entry -> ((UserEvent.Purchased) entry.event()).code().toString())
          .collect(Collectors.toSet());
    }
  }

  /** No order has been begun: its user has died between the event and the first message. */
  @Test
  void anOrderOfWhichThereIsOnlyTheEventIsFoundAndConfirmed() throws Exception {
    try (Server server = server()) {
      Shop shop = new Shop(server);
      JsonNode first = read(buy(shop, 7, 1, null));
      awaitEnd(shop, first);
      server.kill();
      try (var connection = server.connectToDatabase();
          var statement = connection.createStatement()) {
        String end =
            "DELETE FROM event_journal WHERE persistence_id = '%s' AND %s"
                .formatted("User|1-7", "event_ser_manifest <> 'user-order-placed'");
        assertThat(statement.executeUpdate(end)).isEqualTo(2);
        statement.executeUpdate("DELETE FROM event_journal WHERE persistence_id = 'Item|1-1'");
      }

      server.start();
      awaitNonePending(server);

      String path = "/api/orders/" + first.path("order_id").asText();
      assertThat(read(shop.get(path)).path("status").asText()).isEqualTo("confirmed");
      expectClean(server, 1);
    }
  }

  @Test
  void anOrderIsTakenOnceAndItsEndIsWaitedFor() {
    try (Server server = server()) {
      Shop shop = new Shop(server);
      Answer answer = buy(shop, 7, 1, "key");
      assertThat(answer.status()).isEqualTo(202);
      JsonNode order = read(answer);
      JsonNode ended = awaitEnd(shop, order);
      assertThat(ended.path("status").asText()).isEqualTo("confirmed");

      assertThat(buy(shop, 7, 1, "key")).isEqualTo(answer);
      assertThat(buy(shop, 7, 2, "key").problem()).isEqualTo("idempotency-key-reused");
      await().until(() -> buy(shop, 8, 1, null).problem().equals("item-sold"));
      assertThat(buy(shop, 8, 1, null).status()).isEqualTo(400);
      assertThat(read(shop.get("/users/7/purchases")).path("total_purchased").asInt()).isOne();
      expectClean(server, 1);
    }
  }

  @Test
  void anOrderForWhatSomebodyHoldsIsTakenAndRejectedForThat() {
    try (Server server = server()) {
      Shop shop = new Shop(server);
      assertThat(shop.checkOut(7, 1).isOk()).isTrue();

      Answer answer = buy(shop, 8, 1, null);

      assertThat(answer.status()).as(answer.body()).isEqualTo(202);
      assertThat(read(answer).path("status").asText()).isEqualTo("pending");
      JsonNode ended = awaitEnd(shop, read(answer));
      assertThat(ended.path("status").asText()).isEqualTo("rejected");
      assertThat(ended.path("reason").asText()).isEqualTo("item-reserved");
      assertThat(read(shop.get("/users/8/purchases")).path("total_purchased").asInt()).isZero();
    }
  }

  static Answer buy(Shop shop, long user, int item, @Nullable String key) {
    String body = "{\"user_id\":%d,\"product_id\":%d}".formatted(user, item);
    HttpRequest.Builder request =
        shop.request("/api/buy")
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    return Shop.send(key == null ? request : request.header("Idempotency-Key", key));
  }

  private static JsonNode awaitEnd(Shop shop, JsonNode order) {
    return read(shop.get("/api/orders/" + order.path("order_id").asText() + "?wait=9"));
  }

  private static void awaitNonePending(Server server) {
    await("pending orders")
        .atMost(Duration.ofSeconds(40))
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> read(server.audit().out()).at("/sales/0/pending").asInt(-1) == 0);
  }

  /**
   * All that is bought is sold.
   *
   * @param confirmed as far as is known: the 202 of others was lost
   */
  private static void expectClean(Server server, int confirmed) {
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> {
              Server.Outcome audit = server.audit();
              assertThat(audit.exitCode()).as(audit.out()).isZero();
              JsonNode sale = read(audit.out()).at("/sales/0");
              assertThat(sale.path("purchases").asInt()).isGreaterThanOrEqualTo(confirmed);
              assertThat(sale.path("sold").asInt()).isEqualTo(sale.path("purchases").asInt());
            });
  }

  static JsonNode read(Answer answer) {
    return read(answer.body());
  }

  static JsonNode read(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (java.io.IOException e) {
      throw new AssertionError("Not JSON: " + json, e);
    }
  }

  private Server server() {
    return new Server(
            directory,
            "SALE_PERIOD",
            "24h",
            "SALE_ITEMS",
            Integer.toString(ITEMS),
            "HOLD_TTL",
            "10s")
        .start();
  }
}
