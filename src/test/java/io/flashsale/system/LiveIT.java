package io.flashsale.system;

import static io.flashsale.system.OrderIT.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.flashsale.Watcher;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The live feed of one node, while people buy. What may be said over it is in LiveRoutesIT. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class LiveIT {

  private static final int ITEMS = 4_000;
  private static final int CONTENDED = 60;
  private static final int PASSED_ON_MILLIS = 2_000;
  private static final String TOKEN = "live-it-0123456789";
  private static final String ITEMS_PLEASE = "{\"type\":\"subscribe\",\"topic\":\"items\"}";

  @TempDir static Path directory;
  private static Server server;
  private static Shop shop;

  @BeforeAll
  static void start() {
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
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void buy(long user, int item) {
    assertThat(shop.purchase(shop.checkOut(user, item).body()).isOk()).isTrue();
  }

  private static BitSet bits(JsonNode json) {
    return BitSet.valueOf(Base64.getDecoder().decode(json.asText()));
  }

  @Test
  @Order(1)
  void everybodySeesAPurchaseAndAHoldAtOnce() {
    try (Watcher watcher = new Watcher(server.uri())) {
      int stock = watcher.await("stock").json().path("stock").asInt();
      assertThat(stock).isEqualTo(ITEMS);
      long before = System.nanoTime();
      buy(1, 100);
      Watcher.Heard sold = watcher.await("stock", json -> json.path("sold").asInt() == 1);
      assertThat(sold.json().path("stock").asInt()).isEqualTo(ITEMS - 1);
      assertThat(Duration.ofNanos(sold.at() - before)).isLessThan(Duration.ofSeconds(2));
      String code = shop.checkOut(2, 101, 102).body();
      watcher.await("stock", json -> json.path("held").asInt() == 2);
      assertThat(shop.delete("/checkout/" + code).isOk()).isTrue();
      await().until(() -> watcher.latest("stock").path("held").asInt() == 0);
    }
  }

  /** With what a client that has no WebSockets gets, by the files that are deployed. */
  @Test
  @Order(1)
  void nginxPassesEventsOnAsTheyHappen() throws IOException {
    String node = server.uri().getAuthority();
    try (Nginx nginx = new Nginx(directory, List.of(node, node, node));
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), nginx.uri().getPort());
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      socket.setSoTimeout(PASSED_ON_MILLIS);
      socket
          .getOutputStream()
          .write("GET /events HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      int sold = nextStock(in).path("sold").asInt();
      for (int i = 1; i <= 3; i++) {
        buy(10 + i, 110 + i);
        long bought = System.nanoTime();
        int now = sold + i;
        while (nextStock(in).path("sold").asInt() < now) {
          // a hold, or the time
        }
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - bought))
            .isLessThan(PASSED_ON_MILLIS);
      }
    }
  }

  private static JsonNode nextStock(BufferedReader events) throws IOException {
    String line = events.readLine();
    while (!line.startsWith("data: {\"type\":\"stock\"")) {
      line = events.readLine();
    }
    return read(line.substring("data: ".length()));
  }

  @Test
  @Order(2)
  void aUserHearsOfItsOrders() {
    try (Watcher watcher = new Watcher(server.uri())) {
      watcher.say("{\"type\":\"subscribe\",\"topic\":\"orders\",\"user_id\":3}");
      watcher.await("subscribed");
      String confirmed = read(OrderIT.buy(shop, 3, 103, null)).path("order_id").asText();
      String held = shop.checkOut(4, 104).body();
      String rejected = read(OrderIT.buy(shop, 3, 104, null)).path("order_id").asText();

      watcher.await("order", json -> is(json, confirmed, "confirmed"));
      JsonNode why = watcher.await("order", json -> is(json, rejected, "rejected")).json();
      assertThat(why.path("reason").asText()).isEqualTo("item-reserved");
      shop.delete("/checkout/" + held);
    }
  }

  private static boolean is(JsonNode json, String id, String status) {
    return json.path("id").asText().equals(id) && json.path("status").asText().equals(status);
  }

  @Test
  @Order(3)
  void whoDoesNotReadDelaysNobodyAndIsShownTheLatest() throws IOException {
    try (Socket deaf = new Socket();
        Watcher watcher = new Watcher(server.uri())) {
      deaf.setReceiveBufferSize(2_048);
      deaf.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.uri().getPort()));
      deaf.setSoTimeout(500);
      deaf.getOutputStream()
          .write(
              "GET /events?topic=items HTTP/1.1\r\nHost: x\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      int sold = watcher.await("stock").json().path("sold").asInt();
      watcher.say(ITEMS_PLEASE);
      int purchases = 30;
      long slowest = 0;
      for (int i = 1; i <= purchases; i++) {
        int now = sold + i;
        long before = System.nanoTime();
        buy(1_000 + i, 200 + i);
        Watcher.Heard heard = watcher.await("stock", json -> json.path("sold").asInt() >= now);
        slowest = Math.max(slowest, heard.at() - before);
      }
      System.out.println(
          "Slowest of " + purchases + ": " + TimeUnit.NANOSECONDS.toMillis(slowest) + " ms");
      assertThat(Duration.ofNanos(slowest)).isLessThan(Duration.ofSeconds(2));

      String late = readAll(deaf.getInputStream());
      assertThat(late.substring(late.lastIndexOf("event: stock")))
          .contains("\"sold\":" + (sold + purchases));
    }
  }

  /** Until nothing comes. */
  private static String readAll(InputStream in) throws IOException {
    StringBuilder all = new StringBuilder();
    byte[] some = new byte[8_192];
    try {
      for (int n = in.read(some); n > 0; n = in.read(some)) {
        all.append(new String(some, 0, n, StandardCharsets.UTF_8));
      }
    } catch (java.net.SocketTimeoutException e) {
      // it is all that there was
    }
    return all.toString();
  }

  @Test
  @Order(4)
  void theItemsAreExactAfterContention() {
    try (Watcher watcher = new Watcher(server.uri());
        Buyers buyers = new Buyers(shop, CONTENDED, 8)) {
      watcher.say(ITEMS_PLEASE);
      watcher.await("items");
      buyers.start(12);
      await().atMost(Duration.ofSeconds(30)).until(() -> buyers.purchased.size() >= 40);
      buyers.stop();
      assertThat(shop.checkOut(5, 300).isOk()).isTrue(); // so that something is held

      JsonNode audit = read(server.audit().out()).at("/sales/0");
      await()
          .untilAsserted(
              () -> {
                JsonNode shown = watcher.latest("items");
                JsonNode stock = watcher.latest("stock");
                assertThat(bits(shown.path("sold")).cardinality())
                    .isEqualTo(audit.path("sold").asInt())
                    .isEqualTo(stock.path("sold").asInt());
                assertThat(bits(shown.path("held")).cardinality())
                    .isEqualTo(audit.path("held").asInt())
                    .isEqualTo(stock.path("held").asInt())
                    .isPositive();
              });
      BitSet sold = new BitSet();
      for (int offset = 0; offset < ITEMS; offset += 1_000) {
        read(shop.get("/sales/1/items?limit=1000&offset=" + offset))
            .forEach(item -> sold.set(item.path("id").asInt(), item.path("sold").asBoolean()));
      }
      assertThat(bits(watcher.latest("items").path("sold"))).isEqualTo(sold);
      assertThat(bits(watcher.latest("items").path("held")).get(300)).isTrue();
    }
  }

  @Test
  @Order(5)
  void itIsRightAfterARestart() {
    int sold;
    int held;
    try (Watcher watcher = new Watcher(server.uri())) {
      sold = watcher.await("stock").json().path("sold").asInt();
      held = watcher.await("stock").json().path("held").asInt();
    }
    server.kill();
    server.start();

    try (Watcher watcher = new Watcher(server.uri())) {
      assertThat(watcher.await("stock").json().path("sold").asInt()).isEqualTo(sold).isPositive();
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> watcher.latest("stock").path("held").asInt() == held);
    }
  }

  @Test
  @Order(6)
  void theSalesFollowOneAnotherAndALeavingNodeSaysSo() {
    try (Watcher watcher = new Watcher(server.uri())) {
      admin("/admin/sales/1/close", "");
      watcher.await("stock", json -> json.path("sale").isNull());
      admin("/admin/sales", "{\"total_items\":50}");
      JsonNode next =
          watcher
              .await("stock", Duration.ofSeconds(20), json -> json.path("sale").asLong() == 2)
              .json();
      assertThat(next.path("items").asInt()).isEqualTo(50);
      assertThat(next.path("stock").asInt()).isEqualTo(50);
      Scraped scraped = Scraped.from(shop);
      assertThat(scraped.sum("websocket_connections_active")).isEqualTo(1);
      assertThat(
              scraped.sum(
                  "websocket_messages_total", "direction=\"out\"", "message_type=\"stock\""))
          .isPositive();

      long before = System.nanoTime();
      server.terminate();
      assertThat(watcher.awaitClose()).isEqualTo(1001);
      assertThat(server.awaitEnd()).isZero();
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(10));
    }
  }

  private static void admin(String path, String body) {
    Shop.Answer answer =
        Shop.send(
            shop.request(path)
                .header("Authorization", "Bearer " + TOKEN)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    assertThat(answer.status()).as(answer.body()).isBetween(200, 201);
  }
}
