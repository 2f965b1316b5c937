package io.flashsale.http;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlainRequestTest {

  private static final String CODE = "00000000-0000-8000-9401-ddce1cada9a5";
  private static final String LINE = "POST /checkout?user_id=7&item_id=1 HTTP/1.1\r\n";
  private static final String HOST = "Host: localhost:8080\r\n";
  private static final String REST = " HTTP/1.1\r\n" + HOST + "\r\n";

  private static @Nullable PlainRequest read(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return PlainRequest.read(bytes, 0, bytes.length);
  }

  private static PlainRequest plain(String text) {
    return requireNonNull(read(text), text);
  }

  @Test
  void readsACheckout() {
    PlainRequest request =
        plain("POST /checkout?user_id=-42&item_id=3&item_id=0" + REST.replace("Host", "hOST"));

    assertThat(request.isCheckOut()).isTrue();
    assertThat(request.userId()).isEqualTo(-42);
    assertThat(request.items()).containsExactly(3, 0);
    assertThat(request.key()).isNull();
    assertThat(request.json()).isFalse();
  }

  @Test
  void readsParametersInAnyOrder() {
    PlainRequest request = plain("POST /checkout?item_id=9&user_id=1&item_id=8" + REST);

    assertThat(request.userId()).isEqualTo(1);
    assertThat(request.items()).containsExactly(9, 8);
  }

  @Test
  void readsAPurchase() {
    PlainRequest request = plain("POST /purchase?code=" + CODE + REST);

    assertThat(request.isCheckOut()).isFalse();
    assertThat(request.code()).hasToString(CODE);
  }

  @Test
  void readsTheHeadersThatCount() {
    PlainRequest request =
        plain(
            LINE
                + HOST
                + "User-Agent: curl/8.5.0\r\nContent-Length: 0\r\nCONNECTION:keep-alive\r\n"
                + "Accept: application/json\r\nIdempotency-Key:  a key\r\n\r\n");

    assertThat(request.key()).isEqualTo("a key");
    assertThat(request.json()).isTrue();
    assertThat(request.traceparent()).isNull();
  }

  @Test
  void readsOneTraceparent() {
    String header = "TraceParent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";

    assertThat(plain(LINE + HOST + header + "tracestate: a=b\r\n\r\n").traceparent())
        .isEqualTo("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    assertThat(read(LINE + HOST + header + header + "\r\n")).isNull();
  }

  @Test
  void saysWhereTheNextOneBegins() {
    String first = "POST /purchase?code=" + CODE + REST;
    byte[] bytes = (first + LINE + HOST + "\r\nrest").getBytes(StandardCharsets.US_ASCII);

    PlainRequest second =
        requireNonNull(PlainRequest.read(bytes, plain(first).end(), bytes.length));

    assertThat(second.userId()).isEqualTo(7);
    assertThat(second.end()).isEqualTo(bytes.length - "rest".length());
  }

  @Test
  void isCompleteOrNothing() {
    String whole = LINE + HOST + "Accept: */*\r\n\r\n";
    assertThat(plain(whole).end()).isEqualTo(whole.length());

    assertThat(IntStream.range(0, whole.length()).mapToObj(n -> read(whole.substring(0, n))))
        .containsOnlyNulls();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Expect: 100-continue",
        "Content-Length: 1",
        "Content-Length: 00",
        "Content-Length: ",
        "Transfer-Encoding: chunked",
        "Upgrade: h2c",
        "Connection: close",
        "Connection: Upgrade, HTTP2-Settings",
        "Authorization: Bearer x",
        "Origin: http://example.org",
        "Cookie: a=b",
        "Host: twice",
        "Accept: application/json;q=0.5",
        "Accept: text/html",
        "Idempotency-Key:",
        "Idempotency-Key: \u00e4",
        "Idempotency-Key: trailing ",
        "Idempotency-Key: a\r\nIdempotency-Key: b",
        "Accept: */*\r\nAccept: application/json",
        "User-Agent : space",
        " folded",
        "no colon",
        ": no name",
        "User-Agent: \u0000",
        "User-Agent: a\tb",
        "X-Unknown: y",
      })
  void leavesHeadersThatMayMeanMoreToAkkaHttp(String header) {
    assertThat(read(LINE + HOST + "User-Agent: x\r\n\r\n")).isNotNull();
    assertThat(read(LINE + HOST + header + "\r\n\r\n")).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "Host:\r\n", "Host: a b\r\n", "Host: user@host\r\n", "Host: \u00e4\r\n"})
  void needsAHost(String host) {
    assertThat(read(LINE + host + "\r\n")).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/checkout?user_id=7",
        "/checkout?item_id=7",
        "/checkout?",
        "/checkout",
        "/checkout/",
        "/checkout?user_id=7&item_id=1&",
        "/checkout?&user_id=7&item_id=1",
        "/checkout?user_id=7&item_id=1&item_id=1",
        "/checkout?user_id=7&user_id=8&item_id=1",
        "/checkout?user_id=7&item_id=1&id=2",
        "/checkout?user_id=7&item_id=1&code=" + CODE,
        "/checkout?user_id=7&item_id=-1",
        "/checkout?user_id=+7&item_id=1",
        "/checkout?user_id=--7&item_id=1",
        "/checkout?user_id=-&item_id=1",
        "/checkout?user_id=&item_id=1",
        "/checkout?user_id=7&item_id=",
        "/checkout?user_id=7&item_id=1x",
        "/checkout?user_id=9223372036854775808&item_id=1",
        "/checkout?user_id=7&item_id=4294967296",
        "/checkout?user_id=%37&item_id=1",
        "/checkout?user_id=7&item_id=1#",
        "/purchase?code=",
        "/purchase?code=" + CODE + "0",
        "/purchase?code=" + CODE + "&user_id=7",
        "/purchase?code=0000000000000-8000-9401-ddce1cada9a5",
        "/purchase?code=0-0-0-0-0",
        "/purchasf?code=" + CODE,
        "//checkout?user_id=7&item_id=1",
        "http://localhost/checkout?user_id=7&item_id=1",
      })
  void leavesWhatHasToBeExplainedToAkkaHttp(String target) {
    assertThat(read("POST " + target + REST)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "PUT", "post", " POST", "\r\nPOST"})
  void leavesOtherMethodsToAkkaHttp(String method) {
    assertThat(read(method + " /checkout?user_id=7&item_id=1" + REST)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {" HTTP/1.0\r\n", " HTTP/1.1\n", "  HTTP/1.1\r\n", " HTTP/1.1 \r\n", "\r\n"})
  void leavesOtherVersionsToAkkaHttp(String version) {
    assertThat(read("POST /checkout?user_id=7&item_id=1" + version + HOST + "\r\n")).isNull();
  }

  @Test
  void leavesMoreThanTenItemsToAkkaHttp() {
    String ten =
        IntStream.range(0, 10).mapToObj(n -> "&item_id=" + n).collect(Collectors.joining());

    assertThat(plain("POST /checkout?user_id=1" + ten + REST).items()).hasSize(10);
    assertThat(read("POST /checkout?user_id=1" + ten + "&item_id=10" + REST)).isNull();
  }

  @Test
  void leavesLongRequestsToAkkaHttp() {
    String begin = LINE + HOST + "User-Agent: ";
    String fits = "x".repeat(PlainRequest.LONGEST - begin.length() - 4);

    assertThat(read(begin + fits + "\r\n\r\n")).isNotNull();
    assertThat(read(begin + fits + "x\r\n\r\n")).isNull();
  }

  @Test
  void readsTheLargestNumbers() {
    assertThat(plain("POST /checkout?item_id=999999999&user_id=-999999999999999999" + REST))
        .returns(List.of(999_999_999), PlainRequest::items)
        .returns(-999_999_999_999_999_999L, PlainRequest::userId);
  }
}
