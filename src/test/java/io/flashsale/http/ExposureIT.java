package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.flashsale.sale.Boards;
import io.flashsale.sale.Sale;
import io.flashsale.user.UserReply;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What browsers are told, and what clients are not waited for. There is no database. */
class ExposureIT {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final String SHOP = "https://shop.example";
  private static final int PATIENCE_MILLIS = 20_000;

  private static TestServer closed;
  private static TestServer open;

  @BeforeAll
  static void start() {
    closed = serve();
    open = serve(SHOP, "http://localhost:3000");
  }

  @AfterAll
  static void stop() {
    closed.close();
    open.close();
  }

  private static TestServer serve(String... origins) {
    Sale sale = new Sale(1, NOON, NOON, NOON.plusSeconds(3_600), 10, 10, Duration.ofSeconds(60));
    return new TestServer(
        Boards.showing(InstantSource.fixed(NOON), sale, null, List.of()),
        TestServer.noDatabase(),
        (_, _) ->
            CompletableFuture.completedFuture(
                new UserReply.Rejected(UserReply.Reason.ITEM_RESERVED)),
        origins);
  }

  private static HttpResponse<String> send(
      TestServer server, String method, String path, Map<String, String> headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
            .method(method, HttpRequest.BodyPublishers.noBody());
    headers.forEach(request::header);
    return server.send(request.build());
  }

  private static String header(HttpResponse<String> response, String name) {
    return response.headers().firstValue(name).orElse("none");
  }

  // ---------------------------------------------------------------- headers

  @Test
  void nothingButPicturesIsKeptOrGuessedAt() {
    for (String path :
        List.of("/health/live", "/sales/active", "/x", "/checkout/x", "/users/1/x")) {
      HttpResponse<String> response = closed.get(path);
      assertThat(header(response, "Cache-Control")).as(path).isEqualTo("no-store");
      assertThat(header(response, "X-Content-Type-Options")).as(path).isEqualTo("nosniff");
    }
    HttpResponse<String> refused = closed.send("POST", "/checkout?user_id=1&item_id=1");
    assertThat(header(refused, "Cache-Control")).isEqualTo("no-store");
    HttpResponse<String> picture = closed.get("/items/1/image.svg");
    assertThat(header(picture, "Cache-Control")).contains("public");
    assertThat(header(picture, "Content-Security-Policy")).isEqualTo("default-src 'none'");
  }

  // ---------------------------------------------------------------- other origins

  @Test
  void pagesOfAnOriginThatIsNamedMayAskAndRead() {
    HttpResponse<String> response = send(open, "GET", "/health/live", Map.of("Origin", SHOP));

    assertThat(header(response, "Access-Control-Allow-Origin")).isEqualTo(SHOP);
    assertThat(header(response, "Access-Control-Expose-Headers")).contains("X-Total-Count");
    assertThat(header(response, "Vary")).isEqualTo("Origin");
    assertThat(header(response, "Access-Control-Allow-Credentials")).isEqualTo("none");
  }

  @Test
  void pagesThatWantToBuyAreToldThatTheyMay() {
    HttpResponse<String> response =
        send(
            open,
            "OPTIONS",
            "/checkout",
            Map.of("Origin", SHOP, "Access-Control-Request-Method", "POST"));

    assertThat(response.statusCode()).isEqualTo(204);
    assertThat(header(response, "Access-Control-Allow-Origin")).isEqualTo(SHOP);
    assertThat(header(response, "Access-Control-Allow-Methods")).contains("POST");
    assertThat(header(response, "Access-Control-Allow-Headers")).contains("Idempotency-Key");
  }

  @Test
  void othersMayNot() {
    Map<String, String> evil = Map.of("Origin", SHOP + ".evil");
    Map<String, String> preflight = Map.of("Origin", SHOP, "Access-Control-Request-Method", "POST");
    for (HttpResponse<String> response :
        List.of(
            send(open, "GET", "/health/live", evil),
            send(open, "GET", "/health/live", Map.of()),
            send(open, "POST", "/admin/sales", Map.of("Origin", SHOP)),
            send(open, "OPTIONS", "/admin/sales", preflight),
            send(closed, "OPTIONS", "/checkout", preflight),
            send(closed, "GET", "/health/live", Map.of("Origin", SHOP)))) {
      assertThat(header(response, "Access-Control-Allow-Origin")).isEqualTo("none");
    }
  }

  // ---------------------------------------------------------------- slow clients

  /** Byte for byte, so that the connection is never silent. */
  @Test
  void aRequestThatDripsInIsNotWaitedFor() throws Exception {
    long start = System.nanoTime();
    try (Socket socket = connect()) {
      CompletableFuture<Void> dripping = CompletableFuture.runAsync(() -> drip(socket));
      awaitEnd(socket);
      dripping.join();
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isBetween(TestServer.FIRST_REQUEST_WITHIN, Duration.ofSeconds(15));
  }

  @Test
  void aConnectionThatSendsNothingIsNotKept() throws Exception {
    try (Socket socket = connect()) {
      awaitEnd(socket);
    }
  }

  @Test
  void aConnectionThatIsUsedIsKept() throws Exception {
    try (Socket socket = connect();
        Socket other = connect()) {
      ask(socket);
      awaitEnd(other); // which was accepted later
      ask(socket);
    }
  }

  private static void ask(Socket socket) throws IOException {
    socket
        .getOutputStream()
        .write("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    StringBuilder read = new StringBuilder();
    InputStream in = socket.getInputStream();
    while (read.indexOf("{\"status\":\"up\"}") < 0) {
      int next = in.read();
      assertThat(next).as(read.toString()).isNotNegative();
      read.append((char) next);
    }
    assertThat(read).startsWith("HTTP/1.1 200");
  }

  private static Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), closed.port());
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }

  /** Until the server has closed it, whatever it says before. */
  private static void awaitEnd(Socket socket) throws IOException {
    try {
      socket.getInputStream().readAllBytes();
    } catch (SocketException reset) {
      // closed while a byte was on its way
    }
  }

  private static void drip(Socket socket) {
    try {
      OutputStream out = socket.getOutputStream();
      out.write("GET /health/live HTTP/1.1\r\nx: ".getBytes(StandardCharsets.US_ASCII));
      for (int i = 0; i < 500; i++) {
        out.write('y');
        Thread.sleep(50); // this is what is tested
      }
    } catch (IOException | InterruptedException e) {
      // closed
    }
  }
}
