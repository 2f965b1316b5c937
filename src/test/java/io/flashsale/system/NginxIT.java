package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.flashsale.security.Certificates;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** What the balancer does beside what ClusterIT asks of it: TLS, bounds, WebSockets. */
final class NginxIT {

  private static final String DEPLOYED_RATE = "rate=200r/s";
  private static final int BURST = 400;
  private static final String KEY = "Idempotency-Key";

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path directory;

  private static List<String> thrice(String node) {
    return List.of(node, node, node);
  }

  @Test
  void aSaleGoesThroughTlsAndMetricsStayInside() throws Exception {
    new Certificates(directory).makeRsa("tls");
    try (Server node = new Server(directory).start();
        Nginx nginx =
            new Nginx(directory, thrice(node.uri().getAuthority()), "https", DEPLOYED_RATE);
        HttpClient client = HttpClient.newBuilder().sslContext(trusting()).build()) {
      URI uri = nginx.uri();
      var checkout = send(client, "POST", uri.resolve("/checkout?user_id=1&item_id=5"));
      var purchase = send(client, "POST", uri.resolve("/purchase?code=" + checkout.body().strip()));

      assertThat(uri.getScheme()).isEqualTo("https");
      assertThat(purchase.statusCode()).as(purchase.body()).isEqualTo(200);
      assertThat(purchase.headers().firstValue("Strict-Transport-Security")).isPresent();
      assertThat(send(client, "GET", uri.resolve("/metrics")).statusCode()).isEqualTo(404);
      // Who forgets the s is sent on.
      var plain = send(client, "GET", URI.create("http://" + uri.getAuthority() + "/sales/active"));
      assertThat(plain.statusCode()).isEqualTo(301);
      assertThat(plain.headers().firstValue("Location")).hasValue(uri + "/sales/active");
    }
  }

  /** No node is there: whoever is let through hears 502. */
  @Test
  void anAddressThatAsksTooMuchIsToldSoAsTheNodesSayIt() throws Exception {
    try (Nginx nginx =
            new Nginx(directory, thrice("127.0.0.1:" + Server.freePort()), "http", "rate=1r/s");
        HttpClient client = HttpClient.newHttpClient()) {
      List<HttpResponse<String>> answers = new ArrayList<>();
      for (int i = 0; i < BURST + 50; i++) {
        answers.add(send(client, "POST", nginx.uri().resolve("/checkout"), i % 2 == 0));
      }
      List<HttpResponse<String>> refused =
          answers.stream().filter(answer -> answer.statusCode() == 429).toList();

      assertThat(answers.getFirst().statusCode()).isEqualTo(502);
      assertThat(refused).hasSizeBetween(1, 50);
      assertThat(refused).anyMatch(NginxIT::hasKey).anyMatch(answer -> !hasKey(answer));
      for (HttpResponse<String> problem : refused) {
        assertThat(problem.headers().firstValue("Content-Type"))
            .hasValue("application/problem+json");
        assertThat(problem.headers().firstValue("Retry-After")).hasValue("1");
        assertThat(problem.body()).contains("\"code\":\"rate-limited\"");
      }
    }
  }

  @Test
  void theHeadersOfAWebSocketReachTheNodeAndOtherConnectionsAreKept() throws Exception {
    try (ServerSocket node = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Nginx nginx = new Nginx(directory, thrice("127.0.0.1:" + node.getLocalPort()))) {
      List<String> webSocket =
          heard(node, nginx, "/ws", "Upgrade: websocket\r\nConnection: Upgrade\r\n");
      List<String> plain = heard(node, nginx, "/sales/active", "");

      assertThat(webSocket).contains("Upgrade: websocket", "Connection: upgrade");
      assertThat(webSocket).contains("X-Forwarded-For: 127.0.0.1");
      assertThat(plain).noneMatch(line -> line.startsWith("Connection:"));
      assertThat(plain).noneMatch(line -> line.startsWith("Upgrade:"));
    }
  }

  /** The head of a request as a node gets it; the node then hangs up. */
  private static List<String> heard(ServerSocket node, Nginx nginx, String path, String headers)
      throws IOException {
    try (Socket client = new Socket(InetAddress.getLoopbackAddress(), nginx.uri().getPort())) {
      client
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.1\r\nHost: shop\r\n" + headers + "\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      var head = CompletableFuture.supplyAsync(() -> head(node));
      return head.join();
    }
  }

  private static List<String> head(ServerSocket node) {
    try (Socket socket = node.accept();
        var reader =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))) {
      List<String> lines = new ArrayList<>();
      for (String line = reader.readLine(); line != null && !line.isEmpty(); ) {
        lines.add(line);
        line = reader.readLine();
      }
      socket
          .getOutputStream()
          .write("HTTP/1.1 204 No Content\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      return lines;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static HttpResponse<String> send(HttpClient client, String method, URI uri)
      throws Exception {
    return send(client, method, uri, true);
  }

  /** nginx has a location of its own for requests with a key. */
  private static HttpResponse<String> send(
      HttpClient client, String method, URI uri, boolean withKey) throws Exception {
    var request = HttpRequest.newBuilder(uri).method(method, HttpRequest.BodyPublishers.noBody());
    if (withKey) {
      request.header(KEY, Long.toString(System.nanoTime()));
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static boolean hasKey(HttpResponse<String> answer) {
    return answer.request().headers().firstValue(KEY).isPresent();
  }

  private SSLContext trusting() throws Exception {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (InputStream file = Files.newInputStream(directory.resolve("tls.crt"))) {
      trusted.setCertificateEntry(
          "shop", CertificateFactory.getInstance("X.509").generateCertificate(file));
    }
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }
}
