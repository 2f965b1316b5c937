package io.flashsale.http;

import static io.flashsale.http.TestServer.THE_LONG_WAY;
import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.TestInbox;
import io.flashsale.sale.Boards;
import io.flashsale.sale.Sale;
import io.flashsale.security.Issuer;
import io.flashsale.security.JwksServer;
import io.flashsale.security.KeyLocation;
import io.flashsale.security.TokenVerifier;
import io.flashsale.user.CheckoutCode;
import io.flashsale.user.UserCommand;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** AUTH=jwt, with keys of a URL. There is no database. */
class AccessIT {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Issuer ISSUER = new Issuer(NOON);
  private static final KeyPair KEYS = Issuer.ec();
  private static final String CODE =
      CheckoutCode.create(new UserId(1, 7), new Random(1)).toString();
  private static final AtomicInteger asked = new AtomicInteger();

  private static JwksServer jwks;
  private static TokenVerifier tokens;
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    jwks = new JwksServer();
    jwks.show(Issuer.rsa(), KEYS);
    tokens =
        new TokenVerifier(
            new KeyLocation.Url(jwks.uri(), Duration.ofMinutes(5), Duration.ofSeconds(30)),
            new TokenVerifier.Rules(null, null, Duration.ofSeconds(30), "roles", "admin"),
            1,
            InstantSource.fixed(NOON));
    FairUse fairUse =
        new FairUse(
            new FairUse.Limits(new FairUse.Limit(1, 100), null, TrustedProxies.NONE), () -> 0);
    Sale open = new Sale(1, NOON, NOON, NOON.plusSeconds(3_600), 10, 10, Duration.ofSeconds(60));
    server =
        new TestServer(
            new Access(tokens, fairUse),
            null,
            Boards.showing(InstantSource.fixed(NOON), open, null, List.of()),
            TestServer.noDatabase(),
            (_, request) -> {
              asked.incrementAndGet();
              return CompletableFuture.completedFuture(
                  new UserReply.Rejected(
                      switch (request.apply(TestInbox.<UserReply>create().getRef())) {
                        case UserCommand.Show _ -> UserReply.Reason.CHECKOUT_UNKNOWN;
                        case UserCommand.ShowOrder _ -> UserReply.Reason.ORDER_UNKNOWN;
                        default -> UserReply.Reason.ITEM_RESERVED;
                      }));
            });
  }

  @AfterAll
  static void stop() {
    server.close();
    tokens.close();
    jwks.close();
  }

  @BeforeEach
  void nobodyIsAsked() {
    asked.set(0);
  }

  private static String token(String user) {
    return ISSUER.token(KEYS.getPrivate(), "k2", user);
  }

  /** All that is done for user 7. */
  private static Stream<HttpRequest.Builder> requests() {
    return Stream.of(
        request("/checkout?user_id=7&item_id=1").POST(BodyPublishers.noBody()),
        request("/checkout?item_id=2")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString("user_id=7")),
        request("/purchase?code=" + CODE).POST(BodyPublishers.noBody()),
        request("/checkout/" + CODE).GET(),
        request("/checkout/" + CODE).DELETE(),
        request("/api/buy")
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString("{\"user_id\":7,\"product_id\":1}")),
        request("/api/orders/" + CODE).GET());
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
  }

  private static HttpResponse<String> send(
      HttpRequest.Builder request, @Nullable String authorization) {
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    return server.send(request.build());
  }

  private static String challenge(HttpResponse<String> response) {
    return response.headers().firstValue("WWW-Authenticate").orElse("none");
  }

  @Test
  void aTokenOfTheUserIsAccepted() {
    requests()
        .forEach(
            request -> {
              HttpResponse<String> response = send(request, "bearer " + token("7"));
              assertThat(response.body())
                  .as(response.request().toString())
                  .containsAnyOf("item-reserved", "checkout-unknown", "order-unknown");
            });
    assertThat(asked).hasValue(7);
  }

  @Test
  void withoutATokenNothingIsDone() {
    requests()
        .forEach(
            request -> {
              HttpResponse<String> response = send(request, null);
              TestServer.problem(response, 401, "unauthorized");
              assertThat(challenge(response)).isEqualTo("Bearer realm=\"flashsale\"");
            });
    for (String path : List.of("/users/7/purchases", "/users/7/checkouts")) {
      TestServer.problem(server.get(path), 401, "unauthorized");
      TestServer.problem(send(request(path).GET(), "Bearer " + token("8")), 403, "forbidden");
    }
    assertThat(asked).hasValue(0);
    assertThat(server.availability.inFlight()).isZero();
  }

  @Test
  void withTheTokenOfAnotherUserNothingIsDone() {
    for (String subject : List.of("8", "-7", "07", "ann")) {
      requests()
          .forEach(
              request -> {
                HttpResponse<String> response = send(request, "Bearer " + token(subject));
                TestServer.problem(response, 403, "forbidden");
                assertThat(challenge(response)).contains("error=\"insufficient_scope\"");
              });
    }
    assertThat(asked).hasValue(0);
  }

  @Test
  void aTokenThatIsNotAcceptedIsRefusedWithTheReason() {
    String expired = new Issuer(NOON.minusSeconds(7_200)).token(KEYS.getPrivate(), "k2", "7");
    String forged = ISSUER.token(Issuer.ec().getPrivate(), "k2", "7");
    String none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiI3IiwiZXhwIjo5OTk5OTk5OTk5fQ.";
    for (String credentials :
        List.of(
            "Bearer " + expired,
            "Bearer " + forged,
            "Bearer " + none,
            "Bearer x",
            "Bearer",
            "Basic dXNlcjo3",
            token("7"))) {
      requests()
          .forEach(
              request -> {
                HttpResponse<String> response = send(request, credentials);
                TestServer.problem(response, 401, "invalid-token");
                assertThat(challenge(response))
                    .startsWith("Bearer realm=\"flashsale\", error=\"invalid_token\"");
              });
    }
    HttpResponse<String> late = send(request("/users/7/purchases").GET(), "Bearer " + expired);
    assertThat(challenge(late)).endsWith("error_description=\"It has expired\"");
    HttpResponse<String> two =
        send(
            request("/users/7/purchases").header("Authorization", "Bearer " + token("7")).GET(),
            "Bearer " + token("8"));
    TestServer.problem(two, 401, "invalid-token");
    assertThat(asked).hasValue(0);
  }

  @Test
  void aPlainRequestGetsTheSameAnswerAsAnyOther() throws Exception {
    for (String target : List.of("/checkout?user_id=7&item_id=1", "/purchase?code=" + CODE)) {
      assertThat(server.post(target, ""))
          .contains("HTTP/1.1 401 ", "WWW-Authenticate: Bearer realm=\"flashsale\"")
          .isEqualTo(server.post(target, THE_LONG_WAY));
    }
    assertThat(
            server.post(
                "/checkout?user_id=7&item_id=4", // nobody else's: what is held is known for 100 ms
                "Authorization: Bearer " + token("7") + "\r\n"))
        .contains("item-reserved");
    assertThat(asked).hasValue(1);
  }

  @Test
  void whatIsForEverybodyNeedsNoToken() {
    TestServer.problem(server.get("/sales/active"), 503, "unavailable"); // there is no database
    assertThat(server.get("/openapi.json").statusCode()).isEqualTo(200);
    assertThat(server.get("/health/live").statusCode()).isEqualTo(200);
  }

  /** Who is refused for who they are does not use up what the user may do. */
  @Test
  void nobodyElseUsesUpTheLimitOfAUser() {
    for (int i = 0; i < 120; i++) {
      TestServer.problem(
          send(request("/users/70/purchases").GET(), "Bearer " + token("8")), 403, "forbidden");
    }
    HttpRequest.Builder own =
        request("/checkout?user_id=70&item_id=1").POST(BodyPublishers.noBody());
    TestServer.problem(send(own, "Bearer " + token("70")), 409, "item-reserved");
  }

  @Test
  void operatorsAreKnownByTheirRole() {
    String operator =
        ISSUER.token(
            KEYS.getPrivate(), "k2", "ann", claims -> claims.claim("roles", List.of("admin")));

    TestServer.problem(
        send(request("/admin/audit?sale=9").GET(), "Bearer " + operator), 404, "sale-unknown");
    HttpResponse<String> user = send(request("/admin/audit").GET(), "Bearer " + token("7"));
    TestServer.problem(user, 403, "forbidden");
    TestServer.problem(send(request("/admin/audit").GET(), "Bearer x"), 401, "invalid-token");
    TestServer.problem(server.get("/admin/audit"), 401, "unauthorized");
  }
}
