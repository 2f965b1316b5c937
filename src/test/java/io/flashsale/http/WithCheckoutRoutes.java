package io.flashsale.http;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.testkit.typed.javadsl.TestInbox;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntity;
import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.RawHeader;
import akka.stream.SystemMaterializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flashsale.sale.Boards;
import io.flashsale.sale.HeldItems;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import io.flashsale.user.CheckoutCode;
import io.flashsale.user.UserCommand;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The routes at noon of sale 3 (10 items, sale 2 has just ended), with users that say as told. */
abstract class WithCheckoutRoutes {

  static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  static final Sale LAST = sale(2, NOON.minusSeconds(3_600), 20);
  static final Sale OPEN = sale(3, NOON, 10);
  static final Sale FORGOTTEN = sale(1, NOON.minusSeconds(7_200), 20);
  static final Instant EXPIRES = NOON.plusSeconds(60);
  static final UserId USER = new UserId(3, 7);
  static final UUID CODE = CheckoutCode.create(USER, RandomGenerator.of("L64X128MixRandom"));
  private static final Duration BODY_TIMEOUT = Duration.ofMillis(100);
  private static final ObjectMapper MAPPER = new ObjectMapper();

  static ActorTestKit testKit;

  final SaleBoard board = Boards.showing(clock(), OPEN, null, List.of(LAST));
  final Availability availability = new Availability(2);
  final AtomicLong nanoTime = new AtomicLong(Long.MAX_VALUE); // which goes on with MIN_VALUE
  final HeldItems held = new HeldItems(nanoTime::get);
  final List<UserId> asked = new ArrayList<>();
  final List<UserCommand.Request> requests = new ArrayList<>();
  CompletionStage<UserReply> reply = new CompletableFuture<>();

  /** The board has forgotten sale 1. */
  CheckoutRoutes.PastSales pastSales =
      id -> CompletableFuture.completedFuture(id == 1 ? Optional.of(FORGOTTEN) : Optional.empty());

  @BeforeAll
  static void start() {
    testKit = ActorTestKit.create();
  }

  @AfterAll
  static void stop() {
    testKit.shutdownTestKit();
  }

  WithCheckoutRoutes() {
    availability.ready();
  }

  static InstantSource clock() {
    return InstantSource.fixed(NOON);
  }

  static Sale sale(long id, Instant opensAt, int items) {
    return new Sale(
        id, opensAt, opensAt, opensAt.plusSeconds(3_600), items, 10, Duration.ofSeconds(60));
  }

  void usersSay(UserReply said) {
    reply = CompletableFuture.completedFuture(said);
  }

  void usersRefuse(UserReply.Reason reason) {
    usersSay(new UserReply.Rejected(reason));
  }

  CheckoutRoutes routes() {
    return routes(board);
  }

  CheckoutRoutes routes(SaleBoard shown) {
    return new CheckoutRoutes(
        availability,
        Access.OPEN,
        shown,
        (user, request) -> {
          asked.add(user);
          requests.add(request.apply(TestInbox.<UserReply>create().getRef()));
          return reply;
        },
        pastSales,
        SystemMaterializer.get(testKit.system()).materializer(),
        held,
        BODY_TIMEOUT);
  }

  static HttpRequest post(String uri) {
    return HttpRequest.create().withMethod(HttpMethods.POST).withUri(uri);
  }

  static HttpRequest form(String uri, String body) {
    return post(uri).withEntity(ContentTypes.APPLICATION_X_WWW_FORM_URLENCODED, body);
  }

  static HttpRequest get(String uri) {
    return HttpRequest.create().withUri(uri);
  }

  static HttpRequest delete(String uri) {
    return get(uri).withMethod(HttpMethods.DELETE);
  }

  static HttpRequest json(HttpRequest request) {
    return accepting(request, "application/json");
  }

  static HttpRequest accepting(HttpRequest request, String accept) {
    return request.addHeader(HttpHeader.parse("Accept", accept));
  }

  static HttpRequest keyed(HttpRequest request, String key) {
    return request.addHeader(RawHeader.create("Idempotency-Key", key));
  }

  HttpResponse answer(HttpRequest request) {
    return answer(routes(), request);
  }

  static HttpResponse answer(CheckoutRoutes routes, HttpRequest request) {
    return join(routes.handle(request));
  }

  static HttpResponse join(@Nullable CompletionStage<HttpResponse> answer) {
    try {
      return requireNonNull(answer).toCompletableFuture().get(5, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("No answer", e);
    }
  }

  static String body(HttpResponse response) {
    return ((HttpEntity.Strict) response.entity()).getData().utf8String();
  }

  static JsonNode read(HttpResponse response) {
    assertThat(response.entity().getContentType()).isEqualTo(ContentTypes.APPLICATION_JSON);
    return parse(response);
  }

  private static JsonNode parse(HttpResponse response) {
    try {
      return MAPPER.readTree(body(response).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new AssertionError("Not JSON: " + body(response), e);
    }
  }

  /** Checks all that every problem has in common, and answers its body. */
  static JsonNode problem(HttpResponse response, int status, String code) {
    assertThat(response.status().intValue()).as(body(response)).isEqualTo(status);
    assertThat(response.entity().getContentType()).hasToString("application/problem+json");
    JsonNode body = parse(response);
    assertThat(body.path("code").asText()).isEqualTo(code);
    assertThat(body.path("type").asText()).isEqualTo("urn:flashsale:problem:" + code);
    assertThat(body.path("title").asText()).isNotBlank();
    assertThat(body.path("status").asInt()).isEqualTo(status);
    assertThat(response.getHeader("Retry-After").isPresent()).isEqualTo(status == 503);
    return body;
  }

  static void invalid(HttpResponse response, String parameter) {
    JsonNode body = problem(response, 400, "invalid-parameter");
    assertThat(body.path("parameter").asText()).isEqualTo(parameter);
    assertThat(body.path("detail").asText()).isNotBlank();
  }
}
