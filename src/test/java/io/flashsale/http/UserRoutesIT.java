package io.flashsale.http;

import static io.flashsale.http.TestServer.json;
import static io.flashsale.http.TestServer.problem;
import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.TestInbox;
import com.fasterxml.jackson.databind.JsonNode;
import io.flashsale.database.JournalDatabase;
import io.flashsale.sale.Boards;
import io.flashsale.sale.Sale;
import io.flashsale.user.Checkout;
import io.flashsale.user.UserCommand;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sale 3 is open, with users that say what the test says. */
class UserRoutesIT {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final InstantSource CLOCK = InstantSource.fixed(NOON);
  private static final Sale OPEN =
      new Sale(3, NOON, NOON, NOON.plusSeconds(3_600), 12, 10, Duration.ofSeconds(60));
  private static final UUID CODE = UUID.fromString("00000000-0000-8007-8c01-123456789abc");
  private static final UserReply SHOWN =
      new UserReply.ShownAll(
          List.of(
              new UserReply.Shown(CODE, Checkout.Status.OPEN, List.of(1, 2), NOON.plusSeconds(60))),
          List.of(
              new UserReply.Shown(
                  CODE, Checkout.Status.PURCHASED, List.of(7), NOON.plusSeconds(50))));

  private static final Queue<UserId> asked = new ConcurrentLinkedQueue<>();
  private static volatile CompletionStage<UserReply> reply =
      CompletableFuture.completedFuture(SHOWN);
  private static JournalDatabase postgres;
  private static TestServer server;
  private static TestServer empty;

  @BeforeAll
  static void start() throws Exception {
    postgres = JournalDatabase.start();
    server =
        new TestServer(
            Boards.showing(CLOCK, OPEN, null, List.of()), postgres.dataSource(), UserRoutesIT::ask);
    empty = new TestServer(Boards.empty(CLOCK), postgres.dataSource(), UserRoutesIT::ask);
  }

  private static CompletionStage<UserReply> ask(
      UserId user,
      java.util.function.Function<akka.actor.typed.ActorRef<UserReply>, UserCommand.Request>
          request) {
    assertThat(request.apply(TestInbox.<UserReply>create().getRef()))
        .isInstanceOf(UserCommand.ShowAll.class);
    asked.add(user);
    return reply;
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
    empty.close();
    postgres.close();
  }

  @BeforeEach
  void usersSay() {
    asked.clear();
    reply = CompletableFuture.completedFuture(SHOWN);
  }

  @Test
  void showsWhatAUserHasBought() {
    JsonNode body = json(server.get("/users/42/purchases"));

    assertThat(body.path("user_id").asLong()).isEqualTo(42);
    assertThat(body.path("sale_id").asLong()).isEqualTo(3);
    assertThat(body.path("total_purchased").asInt()).isEqualTo(1);
    assertThat(body.path("purchases").size()).isEqualTo(1);
    JsonNode purchase = body.path("purchases").get(0);
    assertThat(purchase.path("code").asText()).isEqualTo(CODE.toString());
    JsonNode item = purchase.path("items").get(0);
    assertThat(item.path("id").asInt()).isEqualTo(7);
    assertThat(item.path("name").asText()).isEqualTo("Flash Item #7 (Sale 3)");
    assertThat(item.path("image_url").asText()).isEqualTo("/items/7/image.svg?sale=3");
    assertThat(asked).containsExactly(new UserId(3, 42));
  }

  @Test
  void showsWhatAUserHoldsWithoutTheCodeThatBuysIt() {
    var response = server.get("/users/42/checkouts");
    JsonNode body = json(response);

    assertThat(body.path("total_held").asInt()).isEqualTo(2);
    JsonNode checkout = body.path("checkouts").get(0);
    assertThat(checkout.path("items_count").asInt()).isEqualTo(2);
    assertThat(checkout.path("expires_at").asText()).isEqualTo("2026-03-01T12:01:00Z");
    assertThat(response.body()).doesNotContain(CODE.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "9223372036854775807", "-9223372036854775808", "4294967296"})
  void anySigned64BitIntegerIsAUser(String id) {
    assertThat(json(server.get("/users/" + id + "/purchases")).path("user_id").asText())
        .isEqualTo(id);
    assertThat(asked).containsExactly(new UserId(3, Long.parseLong(id)));
  }

  @ParameterizedTest
  @CsvSource({
    "/users/x/purchases, user_id",
    "/users/9223372036854775808/checkouts, user_id",
    "/users/%2B1/checkouts, user_id",
    "/users/1.0/purchases, user_id",
    "/users/1/purchases?sale=x, sale",
    "/users/1/purchases?sale=0, sale",
    "/users/1/checkouts?sale=-1, sale",
    "/users/1/checkouts?sale=1&sale=2, sale",
  })
  void namesTheParameterThatIsWrong(String path, String parameter) {
    JsonNode body = problem(server.get(path), 400, "invalid-parameter");

    assertThat(body.path("parameter").asText()).isEqualTo(parameter);
    assertThat(asked).isEmpty();
  }

  @Test
  void startsNobodyForASaleThatNeverWas() {
    problem(server.get("/users/1/purchases?sale=4"), 404, "sale-unknown");
    problem(empty.get("/users/1/purchases?sale=3"), 404, "sale-unknown");
    problem(empty.get("/users/1/purchases"), 404, "no-sale");
    assertThat(asked).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/users", "/users/1", "/users/1/x", "/users/1/purchases/", "/users//x"})
  void findsNothingElsewhere(String path) {
    problem(server.get(path), 404, "not-found");
  }

  @Test
  void saysThatNobodyKnowsWhenTheUserDoesNotAnswer() {
    reply = CompletableFuture.failedFuture(new TimeoutException("no answer"));
    problem(server.get("/users/1/purchases"), 503, "outcome-unknown");
    assertThat(server.availability.inFlight()).isZero();
  }

  @ParameterizedTest
  @EnumSource(
      value = UserReply.Reason.class,
      names = {"OUTCOME_UNKNOWN", "OVERLOADED"})
  void passesOnWhyAUserDoesNotSay(UserReply.Reason reason) {
    reply = CompletableFuture.completedFuture(new UserReply.Rejected(reason));
    assertThat(server.get("/users/1/purchases").statusCode()).isEqualTo(503);
  }

  @Test
  void hasNoMethodsButGetAndHead() {
    assertThat(server.send("HEAD", "/users/1/purchases").statusCode()).isEqualTo(200);
    for (String method : List.of("POST", "PUT", "DELETE", "PATCH", "OPTIONS")) {
      var response = server.send(method, "/users/1/checkouts");
      problem(response, 405, "method-not-allowed");
      assertThat(response.headers().firstValue("Allow")).hasValue("GET, HEAD");
    }
  }
}
