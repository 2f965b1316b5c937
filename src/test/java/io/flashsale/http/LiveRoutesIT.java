package io.flashsale.http;

import static io.flashsale.http.TestServer.problem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.flashsale.Watcher;
import io.flashsale.item.ItemId;
import io.flashsale.sale.Boards;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import io.flashsale.security.Issuer;
import io.flashsale.security.KeyLocation;
import io.flashsale.security.TokenVerifier;
import io.flashsale.user.Order;
import io.flashsale.user.UserReply;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What may be said over a WebSocket and an event stream, and what is answered. */
class LiveRoutesIT {

  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final Sale OPEN =
      new Sale(3, NOW, NOW, NOW.plusSeconds(3_600), 20, 10, Duration.ofSeconds(60));
  private static final UUID ORDER = new UUID(1, 2);
  private static final String OWN = "{\"type\":\"subscribe\",\"topic\":\"orders\",\"user_id\":7}";

  private TestServer server;

  @BeforeEach
  void start() {
    server = server(Access.OPEN);
  }

  private static TestServer server(Access access) {
    SaleBoard board = Boards.showing(InstantSource.fixed(NOW), OPEN, null, List.of());
    board.sold().add(new ItemId(3, 1));
    return new TestServer(
        access,
        null,
        board,
        TestServer.noDatabase(),
        (user, _) ->
            CompletableFuture.completedFuture(
                new UserReply.OrdersShown(
                    user.number() == 7 && user.saleId() == 3
                        ? List.of(
                            new UserReply.OrderShown(
                                ORDER, 5, Order.Status.REJECTED, Order.Rejection.ITEM_SOLD))
                        : List.of())));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private URI uri() {
    return URI.create("http://127.0.0.1:" + server.port());
  }

  @Test
  void saysHelloAndShowsWhatThereIs() {
    try (Watcher watcher = new Watcher(uri())) {
      watcher.await("stock");

      assertThat(watcher.heard().getFirst().json().path("node").asText()).isEqualTo("test");
      JsonNode stock = watcher.heard().get(1).json();
      assertThat(stock.path("sale").asLong()).isEqualTo(3);
      assertThat(stock.path("stock").asInt()).isEqualTo(19);
    }
  }

  @Test
  void answersWhatIsSaid() {
    try (Watcher watcher = new Watcher(uri())) {
      watcher.say("{\"type\":\"ping\"}");
      watcher.await("pong");
      watcher.say("{\"type\":\"subscribe\",\"topic\":\"items\"}");
      watcher.await("subscribed", json -> json.path("topic").asText().equals("items"));
      JsonNode items = watcher.await("items").json();
      assertThat(items.path("sold").asText()).isEqualTo("AgAA");
      watcher.say("hello");
      watcher.await("error", json -> json.path("code").asText().equals("invalid-parameter"));
      watcher.say("{\"type\":\"ping\",\"x\":\"" + "x".repeat(5_000) + "\"}");
      watcher.await("error", json -> json.path("code").asText().equals("content-too-large"));
      watcher.say(OWN);
      JsonNode order = watcher.await("order").json();
      assertThat(order.path("id").asText()).isEqualTo(ORDER.toString());
      assertThat(order.path("status").asText()).isEqualTo("rejected");
      assertThat(order.path("reason").asText()).isEqualTo("item-sold");
      watcher.heard().forEach(heard -> expectDocumented(heard.json()));
      watcher.say("{\"type\":\"unsubscribe\",\"topic\":\"orders\"}");
      watcher.say("{\"type\":\"ping\"}");
      await()
          .until(() -> watcher.heard().stream().filter(h -> h.type().equals("pong")).count() == 2);
    }
  }

  /** With all that asyncapi.json requires, and nothing that it has not. */
  private void expectDocumented(JsonNode message) {
    JsonNode payload =
        Watcher.read(server.get("/asyncapi.json").body())
            .at("/components/messages/" + message.path("type").asText() + "/payload");
    List<String> names = new ArrayList<>();
    message.fieldNames().forEachRemaining(names::add);
    List<String> documented = new ArrayList<>();
    payload.path("properties").fieldNames().forEachRemaining(documented::add);
    List<String> required = new ArrayList<>();
    payload.path("required").forEach(name -> required.add(name.asText()));

    assertThat(documented).as(message.toString()).containsAll(names);
    assertThat(names).as(message.toString()).containsAll(required);
  }

  @Test
  void endsWhatIsNoConversation() {
    try (Watcher binary = new Watcher(uri())) {
      binary.sayBytes((byte) 1);
      assertThat(binary.awaitClose()).isEqualTo(1008);
    }
    try (Watcher loud = new Watcher(uri())) {
      for (int i = 0; i < 21; i++) {
        loud.say("{\"type\":\"ping\"}");
      }
      assertThat(loud.awaitClose()).isEqualTo(1008);
    }
  }

  @Test
  void hasAPlaceForSoManyAndNoMore() {
    try (Watcher one = new Watcher(uri())) {
      one.await("stock");
      try (Watcher two = new Watcher(uri())) {
        two.await("stock");
        problem(server.get("/events"), 503, "overloaded");
      }
      await()
          .untilAsserted(
              () -> {
                try (Watcher two = new Watcher(uri())) {
                  two.await("stock");
                }
              });
    }
  }

  @Test
  void refusesWhatIsNoHandshake() {
    var answer = server.get("/ws");

    problem(answer, 426, "upgrade-required");
    assertThat(answer.headers().firstValue("Upgrade")).hasValue("websocket");
    problem(server.get("/events?topic=orders"), 400, "invalid-parameter");
    problem(server.send("POST", "/ws"), 405, "method-not-allowed");
  }

  @Test
  void sendsEverybodyAwayWhenTheNodeLeaves() {
    try (Watcher watcher = new Watcher(uri())) {
      watcher.await("stock");
      server.live.leave();

      assertThat(watcher.awaitClose()).isEqualTo(1001);
    }
  }

  @Test
  void streamsEventsUntilTheNodeLeaves() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      socket.setSoTimeout(10_000);
      socket
          .getOutputStream()
          .write(
              "GET /events?topic=items HTTP/1.1\r\nHost: x\r\nX-Request-Id: r1\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));

      String head = in.readLine();
      StringBuilder all = new StringBuilder();
      while (!all.toString().contains("\"type\":\"items\"")) {
        all.append(in.readLine()).append('\n');
      }
      assertThat(head).isEqualTo("HTTP/1.1 200 OK");
      assertThat(all)
          .contains("Content-Type: text/event-stream", "X-Request-Id: r1")
          .contains("event: connection\n", "event: stock\n", "\"stock\":19");
      server.live.leave();
      String line = in.readLine();
      while (line != null && !line.equals("0")) { // the last chunk
        line = in.readLine();
      }
      assertThat(line).isEqualTo("0");
    }
  }

  @Test
  void refusesThoseWhoComeBeforeItIsReadyOrAfter() {
    server.availability.stopping();

    problem(server.get("/events"), 503, "stopping");
  }

  // ---------------------------------------------------------------- tokens

  @Test
  void tellsAUserOfItsOrdersAndNobodyElse() {
    byte[] secret = "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    var key = new javax.crypto.spec.SecretKeySpec(secret, "HmacSHA256");
    Issuer issuer = new Issuer(Instant.now());
    String token = issuer.token(key, null, "7");
    try (TokenVerifier tokens = verifier(secret);
        TestServer guarded = server(new Access(tokens, FairUse.UNLIMITED))) {
      URI uri = URI.create("http://127.0.0.1:" + guarded.port());
      try (Watcher watcher = new Watcher(uri)) {
        watcher.await("stock"); // for everybody
        watcher.say(OWN);
        watcher.await("error", json -> json.path("code").asText().equals("unauthorized"));
        watcher.say(with(issuer.token(key, null, "8")));
        watcher.await("error", json -> json.path("code").asText().equals("forbidden"));
        watcher.say(with("x"));
        watcher.await("error", json -> json.path("code").asText().equals("invalid-token"));
        watcher.say(with(token));
        watcher.await("subscribed");
        watcher.await("order");
      }
      try (Watcher watcher = new Watcher(uri, "Authorization", "Bearer " + token)) {
        watcher.say(OWN);
        watcher.await("order");
      }
    }
  }

  private static String with(String token) {
    return OWN.replace("}", ",\"token\":\"" + token + "\"}");
  }

  private static TokenVerifier verifier(byte[] secret) {
    try {
      var file = java.nio.file.Files.createTempFile("secret", "");
      java.nio.file.Files.write(file, secret);
      return new TokenVerifier(
          new KeyLocation.Secret(file),
          new TokenVerifier.Rules(null, null, Duration.ofSeconds(30), "roles", null),
          1,
          InstantSource.system());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
