package io.flashsale.http;

import static io.flashsale.http.TestServer.THE_LONG_WAY;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.flashsale.sale.Boards;
import io.flashsale.sale.Sale;
import io.flashsale.user.CheckoutCode;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who asks too often. Time stands still unless the test says so; there is no database. */
class FairUseIT {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Sale OPEN =
      new Sale(1, NOON, NOON, NOON.plusSeconds(3_600), 10, 10, Duration.ofSeconds(60));
  private static final String CHECKOUT = "/checkout?user_id=7&item_id=1";
  private static final String CODE =
      CheckoutCode.create(new UserId(1, 7), new Random(1)).toString();

  /** So that the user is asked, also about an item that is known to be held. */
  private static final String KEY = "Idempotency-Key: k\r\n";

  private static final String RESERVED = "\"code\":\"item-reserved\"";
  private static final String LIMITED = "\"code\":\"rate-limited\"";

  private final AtomicLong nanoTime = new AtomicLong();
  private final AtomicInteger asked = new AtomicInteger();
  private @Nullable TestServer opened;

  private void serve(
      FairUse.@Nullable Limit user,
      FairUse.@Nullable Limit address,
      String proxies,
      String... origins) {
    TrustedProxies trusted =
        proxies.isEmpty() ? TrustedProxies.NONE : TrustedProxies.parse(proxies).orElseThrow();
    opened =
        new TestServer(
            new Access(
                null, new FairUse(new FairUse.Limits(user, address, trusted), nanoTime::get)),
            null,
            Boards.showing(InstantSource.fixed(NOON), OPEN, null, List.of()),
            TestServer.noDatabase(),
            (_, _) -> {
              asked.incrementAndGet();
              return CompletableFuture.completedFuture(
                  new UserReply.Rejected(UserReply.Reason.ITEM_RESERVED));
            },
            origins);
  }

  private TestServer server() {
    return requireNonNull(opened);
  }

  @AfterEach
  void stop() {
    server().close();
  }

  private String post(String target, String headers) throws IOException {
    return server().post(target, headers);
  }

  // ---------------------------------------------------------------- users

  @ParameterizedTest
  @ValueSource(strings = {"", THE_LONG_WAY})
  void aUserWhoAsksTooOftenWaitsUntilATokenComes(String way) throws IOException {
    serve(new FairUse.Limit(2, 3), null, "");
    for (int i = 0; i < 3; i++) {
      assertThat(post(CHECKOUT, way + KEY)).contains(RESERVED).doesNotContain("RateLimit");
    }

    String refused = post(CHECKOUT, way + KEY);

    assertThat(refused)
        .startsWith("HTTP/1.1 429 Too Many Requests\r\n")
        .contains(
            LIMITED,
            "\r\nRetry-After: 1\r\n",
            "\r\nRateLimit-Policy: \"user\";q=3;w=2\r\n",
            "\r\nRateLimit: \"user\";r=0;t=1\r\n",
            "application/problem+json");
    assertThat(asked).hasValue(3);
    assertThat(post(CHECKOUT.replace("7", "8"), way)).as("somebody else").contains(RESERVED);
    nanoTime.addAndGet(Duration.ofMillis(500).toNanos());
    assertThat(post(CHECKOUT, way)).contains(RESERVED);
    assertThat(post(CHECKOUT, way)).contains(LIMITED);
  }

  @Test
  void theAnswerIsTheSameWhateverWayARequestTakesAndSoIsTheBucket() throws IOException {
    serve(new FairUse.Limit(2, 2), null, "");
    assertThat(post(CHECKOUT, "")).contains(RESERVED);
    assertThat(post(CHECKOUT, THE_LONG_WAY)).contains(RESERVED);

    assertThat(post(CHECKOUT, "")).contains(LIMITED).isEqualTo(post(CHECKOUT, THE_LONG_WAY));
  }

  @Test
  void whateverIsDoneForAUserCounts() throws Exception {
    for (HttpRequest.Builder request :
        List.of(
            request("/checkout")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("user_id=7&item_id=1")),
            request("/purchase?code=" + CODE).POST(HttpRequest.BodyPublishers.noBody()),
            request("/checkout/" + CODE).GET(),
            request("/checkout/" + CODE).DELETE(),
            request("/api/buy")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"user_id\":7,\"product_id\":1}")),
            request("/api/orders/" + CODE).GET(),
            request("/users/7/purchases").GET(),
            request("/users/7/checkouts").GET())) {
      serve(new FairUse.Limit(1, 1), null, "");
      assertThat(post(CHECKOUT, "Idempotency-Key: k\r\n")).contains(RESERVED);

      String path = request.build().uri().toString().substring("http://127.0.0.1".length());
      URI target = URI.create("http://127.0.0.1:" + server().port() + path);
      HttpResponse<String> response = server().send(request.uri(target).build());

      TestServer.problem(response, 429, "rate-limited");
      assertThat(asked).hasValue(1);
      asked.set(0);
      server().close();
    }
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1" + path));
  }

  @Test
  void aRepeatWithItsKeyCountsLikeAnyOther() throws IOException {
    serve(new FairUse.Limit(1, 1), null, "");

    assertThat(post(CHECKOUT, "Idempotency-Key: k\r\n")).contains(RESERVED);

    assertThat(post(CHECKOUT, "Idempotency-Key: k\r\n")).contains(LIMITED);
  }

  // ---------------------------------------------------------------- addresses

  @Test
  void anAddressThatAsksTooOftenIsRefusedBothWaysButForHealth() throws IOException {
    serve(null, new FairUse.Limit(1, 3), "");
    assertThat(post(CHECKOUT, "")).contains(RESERVED);
    assertThat(post(CHECKOUT.replace("7", "8"), THE_LONG_WAY)).contains(RESERVED);
    TestServer.problem(server().get("/sales/active"), 503, "unavailable");

    String refused = post(CHECKOUT, "");

    assertThat(refused)
        .contains(
            LIMITED, "RateLimit-Policy: \"address\";q=3;w=3", "RateLimit: \"address\";r=0;t=1")
        .isEqualTo(post(CHECKOUT, THE_LONG_WAY));
    for (String path : List.of("/sales/active", "/openapi.json", "/admin/audit", "/nowhere")) {
      TestServer.problem(server().get(path), 429, "rate-limited");
    }
    assertThat(server().get("/health/live").statusCode()).isEqualTo(200);
    assertThat(server().get("/health/ready").statusCode()).isEqualTo(200);
  }

  /** A request that has to be explained by Akka HTTP has been through the other way before. */
  @Test
  void aRequestIsCountedOnce() throws IOException {
    serve(null, new FairUse.Limit(1, 2), "");
    String outOfRange = "/checkout?user_id=7&item_id=10";

    assertThat(post(outOfRange, "")).contains("invalid-parameter");
    assertThat(post(outOfRange, "")).contains("invalid-parameter");
    assertThat(post(outOfRange, "")).contains(LIMITED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", THE_LONG_WAY})
  void behindATrustedProxyEachClientHasItsOwnBucket(String way) throws IOException {
    serve(null, new FairUse.Limit(1, 1), "127.0.0.0/8, 10.0.0.1");
    String one = way + "X-Forwarded-For: 1.1.1.1, 203.0.113.7\r\nX-Forwarded-For: 10.0.0.1\r\n";

    assertThat(post(CHECKOUT, one)).contains(RESERVED);

    assertThat(post(CHECKOUT, one.replace("1.1.1.1", "2.2.2.2"))).contains(LIMITED);
    assertThat(post(CHECKOUT, one.replace("203.0.113.7", "203.0.113.8"))).contains(RESERVED);
    assertThat(post(CHECKOUT, way + "Forwarded: for=203.0.113.9\r\n")).contains(RESERVED);
    assertThat(post(CHECKOUT, way + "Forwarded: for=203.0.113.9\r\n")).contains(LIMITED);
    assertThat(post(CHECKOUT, way + "X-Forwarded-For: 2001:db8::1\r\n")).contains(RESERVED);
    assertThat(post(CHECKOUT, way + "X-Forwarded-For: 2001:db8::2\r\n")).contains(LIMITED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", THE_LONG_WAY})
  void nobodyElseIsBelieved(String way) throws IOException {
    serve(null, new FairUse.Limit(1, 1), "10.0.0.0/8");

    assertThat(post(CHECKOUT, way + "X-Forwarded-For: 203.0.113.7\r\n")).contains(RESERVED);

    assertThat(post(CHECKOUT, way + "X-Forwarded-For: 203.0.113.8\r\n")).contains(LIMITED);
  }

  @Test
  void pagesOfOtherOriginsMayReadHowLongToWait() {
    serve(null, new FairUse.Limit(1, 1), "", "https://shop.example");
    HttpRequest request =
        request("/sales/active")
            .uri(URI.create("http://127.0.0.1:" + server().port() + "/sales/active"))
            .header("Origin", "https://shop.example")
            .build();
    var _ = server().send(request);

    HttpResponse<String> refused = server().send(request);

    TestServer.problem(refused, 429, "rate-limited");
    assertThat(refused.headers().firstValue("Access-Control-Expose-Headers").orElse(""))
        .contains("Retry-After", "RateLimit", "RateLimit-Policy");
  }
}
