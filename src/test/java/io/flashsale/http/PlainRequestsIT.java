package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.TestInbox;
import io.flashsale.RawConnection;
import io.flashsale.sale.Boards;
import io.flashsale.sale.Sale;
import io.flashsale.user.CheckoutCode;
import io.flashsale.user.UserCommand;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Whatever way a request takes, through its bytes or through Akka HTTP: it gets the same answer.
 * The users of this server say what they were asked.
 */
class PlainRequestsIT {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final int REQUESTS = 1_500;
  private static final int CLIENTS = 400;
  private static final long SEED = Long.getLong("plain.seed", System.nanoTime() % 10_000);

  /** Takes a request through Akka HTTP, and changes nothing else. */
  private static final String THE_LONG_WAY = "\r\nVia: 1.1 localhost\r\n";

  private static final Sale OPEN =
      new Sale(1, NOON, NOON, NOON.plusSeconds(3_600), 10, 10, Duration.ofSeconds(60));
  private static final UUID CODE =
      CheckoutCode.create(new UserId(1, 7), new Random(1)); // any that can be
  private static final Random RANDOM = new Random(SEED);

  private static TestServer server;

  @BeforeAll
  static void start() {
    System.out.println("PlainRequestsIT with seed " + SEED);
    server =
        new TestServer(
            Boards.showing(InstantSource.fixed(NOON), OPEN, null, List.of()),
            TestServer.noDatabase(),
            (user, request) -> echo(user, request.apply(TestInbox.<UserReply>create().getRef())));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static CompletionStage<UserReply> echo(UserId user, UserCommand.Request request) {
    UserReply reply =
        switch (request) {
          case UserCommand.CheckOut c ->
              new UserReply.CheckedOut(
                  code(user + " " + c.items() + " " + c.key() + " " + c.addTo()), c.items(), NOON);
          case UserCommand.Purchase p ->
              new UserReply.Purchased(code(user + " " + p.code() + " " + p.key()), List.of(3));
          default -> new UserReply.Rejected(UserReply.Reason.OVERLOADED);
        };
    return user.number() % 2 == 0
        ? CompletableFuture.completedFuture(reply)
        : CompletableFuture.supplyAsync(() -> reply);
  }

  private static UUID code(String of) {
    return UUID.nameUUIDFromBytes(of.getBytes(StandardCharsets.UTF_8));
  }

  // ---------------------------------------------------------------- requests, most of them plain

  private static String any(String... texts) {
    return texts[RANDOM.nextInt(texts.length)];
  }

  private static String usually(String plain, String other) {
    return RANDOM.nextInt(6) == 0 ? other : plain;
  }

  private static String parameter() {
    return any(
        "user_id=" + any("-9", "-0", "007", "", "x", "" + RANDOM.nextLong(), "+1", "1e3"),
        "item_id=" + any("10", "99999", "-1", "", "4294967297", "1;2", "\u0661", "03", "%31", "1+"),
        any("id=1", "code=", "utm=", "user_id", "="));
  }

  private static String target() {
    String end = usually("", any("&", "#a", "%20", "&code=" + CODE, "&x=y"));
    if (RANDOM.nextInt(4) == 0) {
      String code = CODE.toString();
      return "/purchase?code=" + usually(code, any(code.toUpperCase(Locale.ROOT), "x", "")) + end;
    }
    List<String> parameters = new ArrayList<>(List.of("user_id=" + RANDOM.nextInt(20)));
    for (int item = RANDOM.nextInt(10), step = 1 + RANDOM.nextInt(5); item < 10; item += step) {
      parameters.add(RANDOM.nextInt(parameters.size() + 1), "item_id=" + item);
    }
    int last = RANDOM.nextInt(parameters.size());
    parameters.set(last, usually(parameters.get(last), parameter()));
    return "/checkout?" + String.join("&", parameters) + end;
  }

  private static String header() {
    String plain =
        any(
            "User-Agent: a (b; c) d/1",
            "Accept: */*",
            "accept: application/json",
            "Accept: text/plain",
            "Content-Length: 0",
            "content-length:  0",
            "Connection: keep-alive",
            "Connection: Keep-Alive",
            "Idempotency-Key: " + RANDOM.nextInt(3),
            "Idempotency-Key: a b",
            "Idempotency-Key: " + "k".repeat(256),
            "Content-Type: application/json",
            "Content-Type: nothing",
            "X-Forwarded-For: 10.0.0.1",
            "Accept-Encoding: gzip, br",
            "X-Real-IP: localhost",
            "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "traceparent: nothing",
            "tracestate: a=b",
            "Referer: %%%",
            "Pragma: no-cache",
            "Cache-Control: ,,,");
    String other =
        any(
            "Accept:application/json, text/plain;q=0.1",
            "Accept-Language: \u00a7",
            "Cookie: a=b",
            "Host: twice",
            "Expect: 100-continue",
            "Range: bytes=0-1");
    return usually(plain, other);
  }

  private static String request() {
    StringBuilder request = new StringBuilder(usually("POST", any("PUT", "GET", "post")));
    request.append(' ').append(target()).append(' ').append(usually("HTTP/1.1", "HTTP/1.0"));
    request.append("\r\n").append(usually("Host: localhost", any("HOST:a:80", "Host: [::1]:80")));
    for (int i = RANDOM.nextInt(4); i > 0; i--) {
      request.append("\r\n").append(header());
    }
    return request.append("\r\n\r\n").toString();
  }

  // ---------------------------------------------------------------- facts

  @Test
  void answersAreTheSameWhateverWayARequestTakes() throws IOException {
    int plain = 0;
    for (int i = 0; i < REQUESTS; i++) {
      String request = request();
      byte[] bytes = request.getBytes(StandardCharsets.UTF_8);
      plain += PlainRequest.read(bytes, 0, bytes.length) == null ? 0 : 1;

      assertThat(answers(request))
          .as("request %d of seed %d: %s", i, SEED, request)
          .isEqualTo(answers(request.replaceFirst("\r\n", THE_LONG_WAY)));
    }
    assertThat(plain).isBetween(REQUESTS / 6, REQUESTS / 2);
  }

  @Test
  void requestsThatComeTogetherAreAnsweredInTheirOrder() throws IOException {
    StringBuilder requests = new StringBuilder();
    StringBuilder one = new StringBuilder();
    for (int user = 1; user <= 50; user++) {
      String request =
          "POST /checkout?user_id=%d&item_id=%d HTTP/1.1\r\nHost: x\r\n\r\n"
              .formatted(user, user % 10);
      requests.append(request);
      one.append(answers(request));
    }

    assertThat(answers(requests.toString())).isEqualTo(one.toString());
  }

  @Test
  void aRequestInPiecesIsAnswered() throws IOException {
    String request = "POST /checkout?user_id=7&item_id=1 HTTP/1.1\r\nHost: x\r\n\r\n";
    for (int cut = 1; cut < request.length(); cut += 5) {
      String begin = request.substring(0, cut);
      String end = request.substring(cut);
      assertThat(exchange(begin, end)).isEqualTo(answers(request));
    }
  }

  @Test
  void whoEndsTheirHalfIsAnsweredAndThenClosed() {
    String plain = "POST /checkout?user_id=7&item_id=1 HTTP/1.1\r\nHost: x\r\n\r\n";
    String requests =
        plain
            + "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
            + plain
            + "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";

    IntStream.range(0, CLIENTS)
        .parallel()
        .forEach(
            _ ->
                assertThat(untilTheEnd(requests))
                    .containsSubsequence(Collections.nCopies(4, "HTTP/1.1 200 OK")));
  }

  private static String untilTheEnd(String requests) {
    try (RawConnection connection = new RawConnection(server.port())) {
      connection.send(requests);
      connection.endOutput();
      return connection.readAll();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All answers until the server hangs up because the last request asks for it, without dates. */
  private static String answers(String requests) throws IOException {
    return exchange(requests);
  }

  private static String exchange(String... pieces) throws IOException {
    List<String> all = new ArrayList<>();
    for (String piece : pieces) {
      all.add(new String(piece.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
    }
    all.add("GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    String answers =
        RawConnection.exchange(server.port(), all.toArray(String[]::new))
            .replaceAll("\r\nDate: [^\r]*", "");
    return answers.endsWith("{\"status\":\"up\"}")
        ? answers.substring(0, answers.lastIndexOf("HTTP/1.1 "))
        : answers;
  }
}
