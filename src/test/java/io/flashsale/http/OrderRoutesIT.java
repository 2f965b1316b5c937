package io.flashsale.http;

import static io.flashsale.http.TestServer.json;
import static io.flashsale.http.TestServer.problem;
import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.TestInbox;
import akka.actor.typed.ActorRef;
import com.fasterxml.jackson.databind.JsonNode;
import io.flashsale.item.ItemId;
import io.flashsale.sale.Boards;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import io.flashsale.user.CheckoutCode;
import io.flashsale.user.Order;
import io.flashsale.user.UserCommand;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sale 3 is open, with users that say what the test says. */
class OrderRoutesIT {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final InstantSource CLOCK = InstantSource.fixed(NOON);
  private static final Sale OPEN =
      new Sale(3, NOON, NOON, NOON.plusSeconds(3_600), 4, 10, Duration.ofSeconds(60));
  private static final UserId USER = new UserId(3, 12_345);
  private static final UUID ORDER = CheckoutCode.create(USER, RandomGenerator.getDefault());
  private static final String SHOW = "/api/orders/" + ORDER;
  private static final String BODY = "{\"user_id\":12345,\"product_id\":1}";

  private static final Queue<UserCommand.Request> requests = new ConcurrentLinkedQueue<>();
  private static final Queue<UserId> asked = new ConcurrentLinkedQueue<>();
  private static final Queue<CompletionStage<UserReply>> replies = new ConcurrentLinkedQueue<>();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static TestServer server;
  private static TestServer soldOut;
  private static TestServer empty;

  @BeforeAll
  static void start() {
    SaleBoard board = Boards.showing(CLOCK, OPEN, null, List.of());
    board.sold().add(new ItemId(3, 2));
    SaleBoard sold = Boards.showing(CLOCK, OPEN, null, List.of());
    for (int item = 0; item < OPEN.items(); item++) {
      sold.sold().add(new ItemId(3, item));
    }
    server = new TestServer(board, TestServer.noDatabase(), OrderRoutesIT::ask);
    soldOut = new TestServer(sold, TestServer.noDatabase(), OrderRoutesIT::ask);
    empty = new TestServer(Boards.empty(CLOCK), TestServer.noDatabase(), OrderRoutesIT::ask);
  }

  private static CompletionStage<UserReply> ask(
      UserId user, Function<ActorRef<UserReply>, UserCommand.Request> request) {
    asked.add(user);
    requests.add(request.apply(TestInbox.<UserReply>create().getRef()));
    CompletionStage<UserReply> reply = replies.poll();
    return reply != null ? reply : CompletableFuture.failedFuture(new TimeoutException("ask"));
  }

  @AfterAll
  static void stop() {
    server.close();
    soldOut.close();
    empty.close();
    CLIENT.close();
  }

  @BeforeEach
  void begin() {
    requests.clear();
    asked.clear();
    replies.clear();
  }

  private static void usersSay(UserReply reply) {
    replies.add(CompletableFuture.completedFuture(reply));
  }

  private static HttpResponse<String> buy(TestServer at, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + at.port() + "/api/buy"))
            .header("Content-Type", "application/json")
            .timeout(Duration.ofSeconds(20))
            .POST(HttpRequest.BodyPublishers.ofString(body));
    for (int i = 0; i < headers.length; i += 2) {
      request.setHeader(headers[i], headers[i + 1]);
    }
    try {
      return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError("No answer", e);
    }
  }

  // ---------------------------------------------------------------- placing

  @Test
  void takesAnOrderAndSaysWhereItIs() {
    usersSay(new UserReply.OrderTaken(ORDER, 1));

    HttpResponse<String> response = buy(server, BODY);

    assertThat(response.statusCode()).isEqualTo(202);
    assertThat(response.headers().firstValue("Location")).contains(SHOW);
    JsonNode body = json(response);
    assertThat(body.path("order_id").asText()).isEqualTo(ORDER.toString());
    assertThat(body.path("status").asText()).isEqualTo("pending");
    assertThat(body.path("user_id").asLong()).isEqualTo(12_345);
    assertThat(body.path("product_id").asInt()).isEqualTo(1);
    assertThat(body.path("sale_id").asLong()).isEqualTo(3);
    assertThat(body.has("reason")).isFalse();
    assertThat(asked).containsExactly(USER);
    UserCommand.Buy request = (UserCommand.Buy) requests.element();
    assertThat(request.item()).isEqualTo(1);
    assertThat(request.key()).isNull();
    assertThat(request.sold()).isFalse();
    assertThat(request.terms()).isEqualTo(new UserCommand.Terms(10, Duration.ofSeconds(60)));
  }

  @Test
  void refusesAnItemThatIsSoldWith400AndAsksNobody() {
    problem(buy(server, "{\"user_id\":1,\"product_id\":2}"), 400, "item-sold");
    problem(buy(soldOut, BODY), 400, "sold-out");
    assertThat(asked).isEmpty();
  }

  @Test
  void asksTheUserAboutASoldItemIfItMayBeARepeat() {
    usersSay(new UserReply.OrderTaken(ORDER, 1));
    usersSay(new UserReply.Rejected(UserReply.Reason.ITEM_SOLD));

    assertThat(buy(soldOut, BODY, "Idempotency-Key", "k").statusCode()).isEqualTo(202);
    problem(buy(soldOut, BODY, "Idempotency-Key", "k"), 400, "sold-out");
    assertThat(requests)
        .hasSize(2)
        .allMatch(request -> request instanceof UserCommand.Buy b && b.sold() && b.key() != null);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"product_id\":1} | user_id",
        "{\"user_id\":1} | product_id",
        "{\"user_id\":\"1\",\"product_id\":1} | user_id",
        "{\"user_id\":1.0,\"product_id\":1} | user_id",
        "{\"user_id\":9223372036854775808,\"product_id\":1} | user_id",
        "{\"user_id\":null,\"product_id\":1} | user_id",
        "{\"user_id\":1,\"product_id\":4} | product_id",
        "{\"user_id\":1,\"product_id\":-1} | product_id",
        "{\"user_id\":1,\"product_id\":true} | product_id",
        "{\"user_id\":1,\"product_id\":1,\"product_id\":2} | body",
        "{\"user_id\":1,\"product_id\":1}{} | body",
        "{\"user_id\":1e3,\"product_id\":1} | user_id",
        "[] | body",
        "7 | body",
        "{ | body",
        "'' | body",
      })
  void namesWhatIsWrongWithTheBody(String body, String parameter) {
    JsonNode said = problem(buy(server, body), 400, "invalid-parameter");

    assertThat(said.path("parameter").asText()).isEqualTo(parameter);
    assertThat(asked).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE, -1, 0, 4_294_967_303L, Long.MAX_VALUE})
  void knowsUsersOfTheWholeRangeOf64Bits(long number) {
    usersSay(new UserReply.Rejected(UserReply.Reason.TOO_MANY_ORDERS));

    problem(buy(server, "{\"user_id\":" + number + ",\"product_id\":1}"), 409, "too-many-orders");
    assertThat(asked).containsExactly(new UserId(3, number));
  }

  @Test
  void refusesOtherBodiesAndOtherMethods() {
    problem(
        buy(server, "user_id=1", "Content-Type", "application/x-www-form-urlencoded"),
        415,
        "unsupported-media-type");
    problem(buy(server, " ".repeat(2_000) + BODY), 413, "content-too-large");
    HttpResponse<String> got = server.get("/api/buy");
    problem(got, 405, "method-not-allowed");
    assertThat(got.headers().firstValue("Allow")).contains("POST");
    problem(server.send("DELETE", SHOW), 405, "method-not-allowed");
  }

  @Test
  void saysThatNoSaleIsOpenThatNobodyKnowsAndThatTheKeyIsWrong() {
    problem(buy(empty, BODY), 503, "no-sale");
    problem(buy(server, BODY), 503, "outcome-unknown");
    problem(buy(server, BODY, "Idempotency-Key", "a b"), 400, "invalid-parameter");
    usersSay(new UserReply.Rejected(UserReply.Reason.KEY_REUSED));
    problem(buy(server, BODY, "Idempotency-Key", "k"), 422, "idempotency-key-reused");
  }

  // ---------------------------------------------------------------- showing

  @Test
  void showsWhatHasBecomeOfAnOrder() {
    usersSay(new UserReply.OrderShown(ORDER, 1, Order.Status.PENDING, null));
    usersSay(new UserReply.OrderShown(ORDER, 1, Order.Status.CONFIRMED, null));
    usersSay(
        new UserReply.OrderShown(ORDER, 1, Order.Status.REJECTED, Order.Rejection.ITEM_RESERVED));

    assertThat(json(server.get(SHOW)).path("status").asText()).isEqualTo("pending");
    JsonNode confirmed = json(server.get(SHOW));
    assertThat(confirmed.toString())
        .isEqualTo(
            "{\"order_id\":\"%s\",\"status\":\"confirmed\",\"user_id\":12345,\"product_id\":1,\"sale_id\":3}"
                .formatted(ORDER));
    JsonNode rejected = json(server.get(SHOW));
    assertThat(rejected.path("status").asText()).isEqualTo("rejected");
    assertThat(rejected.path("reason").asText()).isEqualTo("item-reserved");
    assertThat(requests).allMatch(r -> r instanceof UserCommand.ShowOrder s && !s.await());
  }

  @Test
  void knowsNoOrderThatItDoesNotKnow() {
    usersSay(new UserReply.Rejected(UserReply.Reason.ORDER_UNKNOWN));

    problem(server.get(SHOW), 404, "order-unknown");
    problem(server.get("/api/orders/" + new UUID(1, 1)), 404, "order-unknown");
    problem(server.get("/api/orders/1"), 400, "invalid-parameter");
    problem(server.get(SHOW), 503, "outcome-unknown");
  }

  @Test
  void waitsForTheEndOfAnOrder() {
    CompletableFuture<UserReply> ending = new CompletableFuture<>();
    replies.add(new CompletableFuture<>()); // whoever was asked first has died
    replies.add(ending);
    CompletableFuture<HttpResponse<String>> answer =
        CompletableFuture.supplyAsync(() -> server.get(SHOW + "?wait=20"));
    org.awaitility.Awaitility.await().until(() -> requests.size() == 2);
    assertThat(answer).isNotDone();

    ending.complete(new UserReply.OrderShown(ORDER, 1, Order.Status.CONFIRMED, null));

    assertThat(json(answer.join()).path("status").asText()).isEqualTo("confirmed");
    assertThat(requests).allMatch(r -> r instanceof UserCommand.ShowOrder s && s.await());
  }

  @Test
  void waitsNoLongerThanItWasTold() {
    replies.add(new CompletableFuture<>());
    replies.add(
        CompletableFuture.completedFuture(
            new UserReply.OrderShown(ORDER, 1, Order.Status.PENDING, null)));

    JsonNode body = json(server.get(SHOW + "?wait=1"));

    assertThat(body.path("status").asText()).isEqualTo("pending");
    assertThat(requests).hasSize(2);
    assertThat(((UserCommand.ShowOrder) List.copyOf(requests).getLast()).await()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"21", "-1", "x", ""})
  void namesAWaitThatIsTooLong(String wait) {
    JsonNode said = problem(server.get(SHOW + "?wait=" + wait), 400, "invalid-parameter");

    assertThat(said.path("parameter").asText()).isEqualTo("wait");
  }
}
