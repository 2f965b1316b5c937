package io.flashsale.system;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * What clients may send that mean no good, or know no better: what comes over one connection, made
 * from a seed. All texts are bytes, as ISO 8859-1.
 */
final class HostileRequests {

  /** For the routes of operators. */
  static final String TOKEN = "a-token-of-operators";

  /** How a connection is left. */
  enum End {
    /** Its last request asks for it. */
    ASKED_FOR,
    /** The client has nothing more to say. */
    OUTPUT_ENDED,
    /** The client has stopped in the middle, and says nothing. */
    SILENT
  }

  /**
   * A request.
   *
   * @param wild whether it may be no request of HTTP, so that it may be refused with the connection
   */
  record Sent(String method, String path, boolean wild, String bytes) {}

  /**
   * All that is sent over a connection.
   *
   * @param smuggled whether something is hidden in a body that would be answered with 404
   */
  record Script(List<Sent> requests, String bytes, End end, boolean smuggled) {}

  private record Route(String method, String path, List<String> parameters) {
    Route(String method, String path, String... parameters) {
      this(method, path, List.of(parameters));
    }
  }

  private static final String LAST =
      "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

  private static final String HIDDEN = "GET /hidden HTTP/1.1\r\nHost: x\r\nX: ";

  private static final List<Route> ROUTES =
      List.of(
          new Route("POST", "/checkout", "user_id", "item_id"),
          new Route("POST", "/checkout", "user_id", "item_id", "item_id", "code"),
          new Route("POST", "/checkout", "user_id", "id"),
          new Route("POST", "/purchase", "code"),
          new Route("GET", "/checkout/{code}"),
          new Route("DELETE", "/checkout/{code}"),
          new Route("POST", "/api/buy"),
          new Route("POST", "/api/buy"),
          new Route("GET", "/api/orders/{code}", "wait"),
          new Route("GET", "/users/{id}/purchases", "sale"),
          new Route("GET", "/users/{id}/checkouts", "sale"),
          new Route("GET", "/sales", "limit", "offset"),
          new Route("GET", "/sales/active"),
          new Route("GET", "/sales/{id}"),
          new Route("GET", "/sales/{id}/items", "limit", "offset"),
          new Route("GET", "/items/{id}/image.svg", "sale"),
          new Route("GET", "/health"),
          new Route("GET", "/health/live"),
          new Route("GET", "/health/ready"),
          new Route("GET", "/docs"),
          new Route("GET", "/nowhere/{id}", "x"),
          new Route("POST", "/admin/sales"),
          new Route("POST", "/admin/sales/{other}/close"),
          new Route("GET", "/admin/audit", "sale"));

  private final Random random;
  private final List<String> codes;

  /**
   * As the seed says.
   *
   * @param codes of checkouts and orders that there are
   */
  HostileRequests(long seed, List<String> codes) {
    this.random = new Random(seed);
    this.codes = codes;
    random.nextInt(); // neighbouring seeds begin alike
  }

  Script next() {
    List<Sent> requests = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      requests.add(request());
    }
    if (oneIn(8)) {
      String smuggling = smuggling();
      return script(List.of(new Sent("POST", "", true, smuggling)), End.ASKED_FOR, true);
    }
    if (oneIn(3)) {
      requests.add(new Sent("", "", true, oneIn(2) ? malformed() : bent(request().bytes())));
    } else if (requests.isEmpty()) {
      requests.add(request());
    }
    if (oneIn(200)) {
      String whole = request().bytes();
      String begun = whole.substring(0, random.nextInt(whole.length()));
      return new Script(List.of(new Sent("", "", true, begun)), begun, End.SILENT, false);
    }
    return script(requests, oneIn(12) ? End.OUTPUT_ENDED : End.ASKED_FOR, false);
  }

  private Script script(List<Sent> requests, End end, boolean smuggled) {
    StringBuilder bytes = new StringBuilder();
    requests.forEach(request -> bytes.append(request.bytes()));
    if (end == End.OUTPUT_ENDED) {
      bytes.setLength(random.nextInt(bytes.length() + 1));
      return new Script(requests, bytes.toString(), end, smuggled);
    }
    List<Sent> all = new ArrayList<>(requests);
    all.add(new Sent("GET", "/health/live", false, LAST));
    return new Script(all, bytes.append(LAST).toString(), end, smuggled);
  }

  // ---------------------------------------------------------------- requests of HTTP

  private Sent request() {
    Route route = ROUTES.get(random.nextInt(ROUTES.size()));
    String method =
        usually(route.method(), any("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"));
    String path =
        route
            .path()
            .replace("{code}", usually(code(), encoded()))
            .replace("{id}", usually(any("0", "1", "7", "77"), encoded()))
            .replace("{other}", any("0", "2", "-1", "99999999999999999999", "x", "%00"));
    String target = path + query(route);
    StringBuilder request = new StringBuilder(method + " ");
    request.append(usually(target, "http://x" + target)).append(" HTTP/1.1\r\nHost: x\r\n");
    if (path.startsWith("/admin")) {
      request.append(
          usually("Authorization: Bearer " + TOKEN + "\r\n", any("", "Authorization: x\r\n")));
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      request.append(header()).append("\r\n");
    }
    boolean json = path.startsWith("/api") || path.startsWith("/admin");
    boolean body = route.method().equals("POST") ? json || oneIn(4) : oneIn(12);
    boolean printable =
        request.chars().allMatch(c -> (c >= ' ' && c <= '~') || "\t\r\n".indexOf(c) >= 0);
    boolean elsewhere = path.contains("/.."); // it is not the path that is asked for
    request.append(body ? body(json) : usually("", "Content-Length: 0\r\n") + "\r\n");
    return new Sent(method, path, !printable || elsewhere, request.toString());
  }

  private String query(Route route) {
    List<String> parameters = new ArrayList<>();
    for (String name : route.parameters()) {
      String value =
          switch (name) {
            case "code" -> code();
            case "wait" -> any("0", "1");
            case "sale" ->
                route.path().startsWith("/admin") ? "2" : "1"; // no audit after the other
            default -> Integer.toString(random.nextInt(50));
          };
      if (!oneIn(12)) {
        parameters.add(name + "=" + usually(value, encoded()));
      }
      if (oneIn(12)) {
        parameters.add(name + "=" + encoded());
      }
    }
    if (oneIn(6)) {
      parameters.add(
          any("", "=", "x", "user_id", "%00=1", "item_id=", "&", "a=b=c", "item_id%3D1"));
    }
    if (oneIn(4)) {
      Collections.shuffle(parameters, random);
    }
    return parameters.isEmpty() ? usually("", "?") : "?" + String.join("&", parameters);
  }

  private String code() {
    return codes.get(random.nextInt(codes.size()));
  }

  /** A value that may stand in a target. */
  private String encoded() {
    return any(
        "",
        "0",
        "-0",
        "-1",
        "007",
        "+1",
        "1+",
        "1e3",
        "1.0",
        "0x10",
        "NaN",
        "null",
        "true",
        "1,2",
        "1%202",
        "%31",
        "%00",
        "%0d%0aX:1",
        "%e2%80%ae",
        "%f0%9f%9b%92",
        "%d9%a1",
        "..",
        "%2e%2e%2fetc",
        "*",
        "~",
        "%27%20OR%201=1--",
        "%3Cscript%3E",
        "2147483647",
        "2147483648",
        "4294967297",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "9".repeat(1 + random.nextInt(300)),
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "1-2-3-4-5",
        code().toUpperCase(Locale.ROOT),
        code() + "0",
        code().substring(1));
  }

  private String header() {
    return any(
        "Idempotency-Key: " + random.nextInt(20),
        "Idempotency-Key:",
        "Idempotency-Key: a b",
        "Idempotency-Key: " + "k".repeat(250 + random.nextInt(10)),
        "Idempotency-Key: \u00e4\u00ff",
        "Idempotency-Key: 1\r\nIdempotency-Key: 2",
        "Accept: application/json",
        "Accept: text/plain;q=0.1, application/json;q=0.2",
        "Accept: image/*",
        "Accept: ,;q=x",
        "Accept-Encoding: gzip;q=x, *",
        "Accept-Language: " + "de,".repeat(random.nextInt(200)),
        "Origin: null",
        "Cookie: a=" + "b".repeat(random.nextInt(2_000)),
        "Range: bytes=9-1,-",
        "If-None-Match: *",
        "If-Modified-Since: yesterday",
        "X-Forwarded-For: " + encoded(),
        "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
        "Upgrade: websocket",
        "Expect: 100-continue",
        "Forwarded: for=\"",
        "User-Agent: " + latin(random.nextInt(40)),
        "Content-Encoding: gzip",
        "TE: trailers",
        "X-" + random.nextInt(100) + ": \t ");
  }

  // ---------------------------------------------------------------- bodies

  /** The rest of a request whose body is complete. */
  private String body(boolean json) {
    String body = json ? usually(utf8(json()), latin(random.nextInt(100))) : form();
    String type =
        usually(
            json ? "application/json" : "application/x-www-form-urlencoded",
            any("", "text/plain", "nothing", "application/json; charset=utf-16", "*/*", "a/b; c"));
    String head = type.isEmpty() ? "" : "Content-Type: " + type + "\r\n";
    if (usually(true, false)) {
      return head + "Content-Length: " + body.length() + "\r\n\r\n" + body;
    }
    StringBuilder chunks = new StringBuilder(head + "Transfer-Encoding: chunked\r\n\r\n");
    for (int at = 0; at < body.length(); ) {
      int end = Math.min(body.length(), at + 1 + random.nextInt(60));
      chunks.append(Integer.toHexString(end - at)).append(any("", ";x=y")).append("\r\n");
      chunks.append(body, at, end).append("\r\n");
      at = end;
    }
    return chunks.append("0\r\n").append(any("", "X: y\r\n")).append("\r\n").toString();
  }

  private String form() {
    return any(
        "user_id=7&item_id=" + random.nextInt(50),
        "user_id=" + encoded(),
        "code=" + encoded(),
        "item_id=%zz&user_id=%",
        "item_id=" + latin(20),
        "&".repeat(random.nextInt(1_000)),
        "item_id=1&".repeat(random.nextInt(100)),
        "user_id=" + "9".repeat(random.nextInt(15_000)));
  }

  private String json() {
    String user = usually("" + random.nextInt(50), value());
    String item = usually("" + random.nextInt(50), value());
    String order = "{\"user_id\":" + user + ",\"product_id\":" + item + "}";
    String sale =
        "{\"started_at\":%s,\"ended_at\":%s,\"total_items\":%s}".formatted(time(), time(), value());
    String whole = oneIn(2) ? order : any(order, order, sale, "{\"started_at\":" + time() + "}");
    return oneIn(3)
        ? any(
            "\ufeff" + whole,
            whole + whole,
            whole + " ]",
            whole.substring(0, random.nextInt(whole.length())),
            whole.replace(":", ":/* */"),
            whole.replace("\"", "'"),
            whole.replace("user_id", "user_id\\u0000"),
            "[" + whole + "]",
            "{\"user_id\":1," + whole.substring(1),
            "{\"x\":" + value() + "," + whole.substring(1),
            value(),
            "")
        : whole;
  }

  private String value() {
    int deep = 1 + random.nextInt(500);
    return any(
        "null",
        "true",
        "-0",
        "007",
        "1.0",
        "1e0",
        "1E400",
        "1e999999999",
        "-1e-999999999",
        "NaN",
        "Infinity",
        "+1",
        ".5",
        "9223372036854775807",
        "9223372036854775808",
        "4294967297",
        "9".repeat(deep),
        "\"1\"",
        "\"\\ud800\"",
        "\"\\u0000\"",
        "\"" + latin(10) + "\"",
        "\"",
        "{}",
        "[1]",
        "[".repeat(deep) + "]".repeat(deep),
        "{\"a\":".repeat(deep) + "1",
        "\u0661");
  }

  private String time() {
    return any(
        "null",
        "\"2026-03-01T12:00:00Z\"",
        "\"9999-12-31T23:59:59Z\"",
        "\"+999999999-12-31T23:59:59-18:00\"",
        "\"-999999999-01-01T00:00:00+18:00\"",
        "\"2026-02-30T12:00:00Z\"",
        "\"2026-03-01T24:00:00Z\"",
        "\"2026-03-01\"",
        "\"\"",
        value());
  }

  // ---------------------------------------------------------------- what is no request

  /** A body that one reader of it would take for another request. */
  private String smuggling() {
    String post = "POST /checkout?user_id=7&item_id=1 HTTP/1.1\r\nHost: x\r\n";
    String chunks = "0\r\n\r\n" + HIDDEN;
    String chunked =
        any(
            "Transfer-Encoding: chunked",
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding : chunked",
            "Transfer-Encoding:\tchunked",
            "Transfer-Encoding: identity, chunked",
            "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
            "transfer-encoding: CHUNKED",
            "X: y\nTransfer-Encoding: chunked",
            "Transfer-Encoding: \u000bchunked");
    String length =
        "Content-Length: "
            + any("%d", "+%d", "0%d", "%d, %d", "0x%d", "%d ", "%d\r\nContent-Length: %d", "-%d")
                .replace("%d", "" + chunks.length());
    return switch (random.nextInt(4)) {
      case 0 -> post + length + "\r\n" + chunked + "\r\n\r\n" + chunks;
      case 1 -> post + chunked + "\r\n" + length + "\r\n\r\n" + chunks;
      case 2 -> {
        String hidden = HIDDEN + "\r\n\r\n";
        String size = Integer.toHexString(hidden.length()) + "\r\n";
        String end = hidden + "\r\n0\r\n\r\n";
        yield post
            + "Content-Length: "
            + size.length()
            + "\r\n"
            + chunked
            + "\r\n\r\n"
            + size
            + end;
      }
      default -> post + "Content-Length: 0\r\n" + length + "\r\n\r\n" + chunks;
    };
  }

  private String malformed() {
    String end = " HTTP/1.1\r\nHost: x\r\n";
    String get = "GET /health/live" + end;
    String post = "POST /checkout?user_id=7&item_id=1" + end;
    return any(
        "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001" + latin(500),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + latin(30),
        "GET /health/live HTTP/1.0\r\n\r\n",
        "GET /health/live HTTP/0.9\r\n\r\n",
        "GET /health/live\r\n\r\n",
        "GET  /health/live HTTP/1.1\r\n\r\n",
        "GET\t/health/live\tHTTP/1.1\r\n\r\n",
        "get /health/live" + end + "\r\n",
        "\r\n\r\n" + get + "\r\n",
        latin(1 + random.nextInt(200)) + "\r\n\r\n",
        "BREW /checkout" + end + "\r\n",
        "x".repeat(100 + random.nextInt(20_000)),
        "CONNECT localhost:443" + end + "\r\n",
        "OPTIONS *" + end + "\r\n",
        "TRACE /health/live" + end + "\r\n",
        "GET " + any("//", "/../..", "health", "*", "http://", "http://[", "?", "\\", "/a b") + end,
        "GET /" + any("%", "%zz", "%c3%28", "\u00e4", "<x>", "\u0000", "{x}", "#x") + end + "\r\n",
        "GET /sales?limit=" + any("%", "%zz", "%ff", "\"", "\u00ff", "\u0001") + end + "\r\n",
        "GET /" + "x".repeat(4_000 + random.nextInt(5_000)) + end + "\r\n",
        get.replace("Host: x\r\n", "") + "\r\n",
        get + "Host: y\r\n\r\n",
        get.replace("\r\n", "\n") + "\n",
        get.replace("\r", "") + "\r\n",
        get + "X: a\r\n b\r\n\r\n",
        get + "X : a\r\n\r\n",
        get + ": a\r\n\r\n",
        get + "X\r\n\r\n",
        get + "X: \u0000\r\n\r\n",
        get + latin(20) + ": x\r\n\r\n",
        get + "X: y\r\n".repeat(60 + random.nextInt(1_000)) + "\r\n",
        get + "X: " + "y".repeat(4_000 + random.nextInt(50_000)) + "\r\n\r\n",
        get + "y".repeat(random.nextInt(5_000)) + ": x\r\n\r\n",
        get + "Content-Length: 99999999999\r\n\r\n",
        post + "Content-Length: " + any("-1", "x", "", "1e3", "9".repeat(40)) + "\r\n\r\n",
        post + "Content-Length: 20000\r\n\r\n" + "x".repeat(20_000),
        post + "Transfer-Encoding: chunked\r\n\r\n" + any("zz", "-1", "", "fffffffff") + "\r\n",
        post + "Transfer-Encoding: chunked\r\n\r\n5\r\nabcdefgh\r\n0\r\n\r\n",
        post + "Transfer-Encoding: chunked\r\n\r\n5;" + "x".repeat(3_000) + "\r\nabcde\r\n",
        post + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + "X: y\r\n".repeat(2_000) + "\r\n",
        post
            + "Content-Type: application/x-www-form-urlencoded\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + ("1000\r\n" + "x".repeat(4_096) + "\r\n").repeat(5)
            + "0\r\n\r\n",
        post + "Content-Encoding: gzip\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
  }

  /** With some bytes lost, changed, doubled or come from elsewhere. */
  private String bent(String request) {
    StringBuilder bent = new StringBuilder(request);
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      int at = random.nextInt(bent.length());
      switch (random.nextInt(4)) {
        case 0 -> bent.deleteCharAt(at).append(' ');
        case 1 -> bent.setCharAt(at, (char) random.nextInt(256));
        case 2 -> bent.insert(at, any("\r\n", "\n", " ", "%", "\u0000", "&", ":", "\u00ff"));
        default -> bent.insert(at, bent.substring(at, Math.min(bent.length(), at + 10)));
      }
    }
    return bent.toString();
  }

  // ---------------------------------------------------------------- chance

  private boolean oneIn(int n) {
    return random.nextInt(n) == 0;
  }

  private String any(String... texts) {
    return texts[random.nextInt(texts.length)];
  }

  private <T> T usually(T one, T other) {
    return oneIn(6) ? other : one;
  }

  /** Any bytes but the end of a line. */
  private String latin(int length) {
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      char next = (char) random.nextInt(256);
      text.append(next == '\r' || next == '\n' ? '?' : next);
    }
    return text.toString();
  }

  private static String utf8(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }
}
