package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.flashsale.RawConnection;
import io.flashsale.sale.Boards;
import io.flashsale.sale.Sale;
import io.flashsale.user.UserReply;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is not a request of HTTP gets an answer of it nevertheless. There is no database. */
class MalformedRequestsIT {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final String KEEP = "Host: localhost\r\n";
  private static final String HOST = KEEP + "Connection: close\r\n";
  private static final String FORM = "Content-Type: application/x-www-form-urlencoded\r\n";
  private static final String CHECKOUT =
      "POST /checkout?user_id=7&item_id=1 HTTP/1.1\r\n" + HOST + FORM;

  private static TestServer server;

  @BeforeAll
  static void start() {
    Sale open = new Sale(1, NOON, NOON, NOON.plusSeconds(3_600), 10, 10, Duration.ofSeconds(60));
    server =
        new TestServer(
            Boards.showing(InstantSource.fixed(NOON), open, null, List.of()),
            TestServer.noDatabase(),
            (_, _) ->
                CompletableFuture.completedFuture(
                    new UserReply.Rejected(UserReply.Reason.ITEM_RESERVED)));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  static Stream<Arguments> requests() {
    String get = "GET /health/live HTTP/1.1\r\n" + HOST;
    return Stream.of(
        request(
            "a long URI",
            "GET /" + "x".repeat(5_000) + " HTTP/1.1\r\n" + HOST + "\r\n",
            414,
            "uri-too-long"),
        request(
            "a long query",
            "GET /?" + "x".repeat(5_000) + " HTTP/1.1\r\n" + HOST + "\r\n",
            414,
            "uri-too-long"),
        request("many headers", get + "x: y\r\n".repeat(1_000) + "\r\n", 400, "malformed-request"),
        request(
            "a long header",
            get + "x: " + "y".repeat(5_000) + "\r\n\r\n",
            431,
            "headers-too-large"),
        request("an endless header", get + "x".repeat(100_000), 431, "headers-too-large"),
        request(
            "a bad escape in the path",
            "GET /checkout/%zz HTTP/1.1\r\n" + HOST + "\r\n",
            400,
            "malformed-request"),
        request("half an escape", "GET /% HTTP/1.1\r\n" + HOST + "\r\n", 400, "malformed-request"),
        request("no path", "GET HTTP/1.1\r\n" + HOST + "\r\n", 400, "malformed-request"),
        request("not HTTP", "hello, is anybody there?\r\n\r\n", 400, "malformed-request"),
        request(
            "TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001", 400, "malformed-request"),
        request(
            "an unknown method",
            "BREW /checkout HTTP/1.1\r\n" + HOST + "\r\n",
            400,
            "malformed-request"),
        request(
            "an unknown version", "GET / HTTP/7.0\r\n" + HOST + "\r\n", 400, "malformed-request"),
        request("no host", "GET /health/live HTTP/1.1\r\n\r\n", 400, "malformed-request"),
        request(
            "two lengths",
            CHECKOUT + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
            400,
            "malformed-request"),
        request(
            "a length that is no number",
            CHECKOUT + "Content-Length: x\r\n\r\n",
            400,
            "malformed-request"),
        request(
            "a negative length", CHECKOUT + "Content-Length: -1\r\n\r\n", 400, "malformed-request"),
        request(
            "a length of 31 digits",
            CHECKOUT + "Content-Length: 1" + "0".repeat(30) + "\r\n\r\n",
            400,
            "malformed-request"),
        request(
            "a huge length",
            CHECKOUT + "Content-Length: 99999999999\r\n\r\n",
            413,
            "content-too-large"),
        request(
            "a huge length elsewhere",
            "GET /nowhere HTTP/1.1\r\n" + HOST + "Content-Length: 99999999999\r\n\r\n",
            413,
            "content-too-large"),
        request(
            "a huge chunk",
            CHECKOUT
                + "Transfer-Encoding: chunked\r\n\r\n"
                + ("1000\r\n" + "x".repeat(4_096) + "\r\n").repeat(5),
            413,
            "content-too-large"),
        request(
            "a bad chunk",
            CHECKOUT + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
            400,
            "invalid-parameter"),
        request(
            "no database", "GET /sales/active HTTP/1.1\r\n" + HOST + "\r\n", 503, "unavailable"));
  }

  private static Arguments request(String what, String request, int status, String code) {
    return Arguments.of(what, request, status, code);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("requests")
  void getAProblemForAnAnswer(String what, String request, int status, String code)
      throws IOException {
    String answer = answer(request);

    assertThat(answer).startsWith("HTTP/1.1 " + status + " ");
    assertThat(answer).contains("Content-Type: application/problem+json\r\n");
    assertThat(answer).doesNotContain("secret", "Exception", "akka");
    TestServer.problem(answer.substring(answer.indexOf("\r\n\r\n") + 4), status, code);
  }

  @Test
  void endsTheConnectionIfABodyStopsHalfway() throws IOException {
    try (RawConnection connection = new RawConnection(server.port())) {
      connection.send(CHECKOUT + "Content-Length: 10\r\n\r\nhalf");
      connection.endOutput();

      String answer = connection.readAll();

      assertThat(answer)
          .satisfiesAnyOf(
              a -> assertThat(a).isEmpty(), a -> assertThat(a).startsWith("HTTP/1.1 400 "));
    }
  }

  /** Otherwise its answer would come before its end: a warning in the log, and no next request. */
  @Test
  void readsABodyThatNobodyWantsToItsEnd() throws IOException {
    String chunked = KEEP + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
    String get = "GET /health/live HTTP/1.1\r\n";

    String answers = answer(get + chunked + get + HOST + "\r\n");

    assertThat(answers.split("HTTP/1.1 200 OK", -1)).hasSize(3);
  }

  /** A body that nobody wants is not taken for the next request, and does not block it. */
  @Test
  void answersTheNextRequestOfAConnectionAfterARefusedBody() throws IOException {
    String length = "Content-Length: 10\r\n\r\n0123456789";
    String last = "GET /health/live HTTP/1.1\r\n" + HOST + "\r\n";
    for (String refused :
        List.of(
            "POST /checkout?user_id=7&item_id=1 HTTP/1.1\r\nContent-Type: text/plain\r\n"
                + KEEP
                + length,
            "PUT /checkout HTTP/1.1\r\n" + FORM + KEEP + length,
            "DELETE /checkout/x HTTP/1.1\r\n" + FORM + KEEP + length,
            "POST /checkout?user_id=%25zz HTTP/1.1\r\n" + FORM + KEEP + length,
            "POST /sales/active HTTP/1.1\r\n" + FORM + KEEP + length,
            "GET /nowhere HTTP/1.1\r\n" + FORM + KEEP + length)) {
      String answers = answer(refused + last);

      assertThat(answers).as(refused).startsWith("HTTP/1.1 4");
      assertThat(answers).as(refused).contains("HTTP/1.1 200 OK").endsWith("{\"status\":\"up\"}");
    }
  }

  private static String answer(String request) throws IOException {
    return RawConnection.exchange(server.port(), request);
  }
}
