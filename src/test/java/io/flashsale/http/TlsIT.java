package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.flashsale.Watcher;
import io.flashsale.ops.OperatorException;
import io.flashsale.sale.Boards;
import io.flashsale.sale.Sale;
import io.flashsale.security.Certificates;
import io.flashsale.security.ServerTls;
import io.flashsale.user.UserReply;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The API by TLS. There is no database. */
class TlsIT {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final int PATIENCE_MILLIS = 20_000;
  private static final String CHECKOUT =
      "POST /checkout?user_id=7&item_id=1 HTTP/1.1\r\nHost: x\r\n\r\n";
  private static final String LAST =
      "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

  @TempDir static Path directory;

  private static Certificates certificates;
  private static ServerTls tls;
  private static TestServer server;

  @BeforeAll
  static void start() throws IOException {
    certificates = new Certificates(directory).makeRsa("rsa").makeEc("ec");
    certificates.replace(certificates.certificate("api"), certificates.certificate("rsa"));
    certificates.replace(certificates.key("api"), certificates.key("rsa"));
    tls = load("api", "api");
    Sale open = new Sale(1, NOON, NOON, NOON.plusSeconds(3_600), 10, 10, Duration.ofSeconds(60));
    server =
        new TestServer(
            Access.OPEN,
            tls,
            Boards.showing(InstantSource.fixed(NOON), open, null, List.of()),
            TestServer.noDatabase(),
            (_, _) ->
                CompletableFuture.completedFuture(
                    new UserReply.Rejected(UserReply.Reason.ITEM_RESERVED)));
    // The first handshake of all takes its time, and a connection has two seconds.
    await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .until(() -> subject("rsa").equals("CN=rsa"));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static ServerTls load(String certificate, String key) {
    return ServerTls.load(
        certificates.certificate(certificate), certificates.key(key), InstantSource.system());
  }

  /** Trusts this certificate, and no other. */
  private static SSLContext trusting(String trusted) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null);
    byte[] certificate = Files.readAllBytes(certificates.certificate(trusted));
    store.setCertificateEntry(
        trusted,
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(certificate)));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  private static SSLSocket connect(String trusted, String... protocols)
      throws IOException, GeneralSecurityException {
    SSLSocket socket =
        (SSLSocket)
            trusting(trusted)
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout(PATIENCE_MILLIS);
    if (protocols.length > 0) {
      socket.setEnabledProtocols(protocols);
    }
    return socket;
  }

  private static String exchange(Socket socket, String requests) throws IOException {
    socket.getOutputStream().write(requests.getBytes(StandardCharsets.US_ASCII));
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void answersAllKindsOfRequests() throws Exception {
    try (SSLSocket socket = connect("rsa")) {
      String answers = exchange(socket, CHECKOUT + CHECKOUT + LAST);

      assertThat(answers.split("item-reserved\"}", -1)).hasSize(3);
      assertThat(answers).endsWith("{\"status\":\"up\"}");
      assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.3");
    }
  }

  /** The connection is handed over as bytes after the handshake of the WebSocket. */
  @Test
  void aWebSocketIsOpenedUsedAndClosed() throws Exception {
    URI uri = URI.create("https://127.0.0.1:" + server.port());
    try (HttpClient client = HttpClient.newBuilder().sslContext(trusting("rsa")).build();
        Watcher watcher = new Watcher(client, uri)) {
      assertThat(watcher.await("stock").json().path("stock").asInt()).isEqualTo(10);
      watcher.say("{\"type\":\"ping\"}");
      watcher.await("pong");
      watcher.sayBytes((byte) 1);
      assertThat(watcher.awaitClose()).isEqualTo(1008);
    }
  }

  @Test
  void knowsTls12And13AndNothingOlder() throws Exception {
    try (SSLSocket socket = connect("rsa", "TLSv1.2")) {
      assertThat(exchange(socket, LAST)).startsWith("HTTP/1.1 200 OK");
      assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.2");
    }
    for (String protocol : List.of("TLSv1.2", "TLSv1.3")) {
      assertThat(tls.engine().getEnabledProtocols()).contains(protocol);
    }
    assertThat(tls.engine().getEnabledProtocols()).hasSize(2);
  }

  @Test
  void whoDoesNotSpeakTlsGetsNoAnswer() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      assertThat(exchange(socket, CHECKOUT)).doesNotContain("HTTP/1.1");
    } catch (java.net.SocketException reset) {
      // no answer either
    }
  }

  @Test
  void aHandshakeThatIsNotGoneOnWithIsNotWaitedFor() throws Exception {
    long start = System.nanoTime();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.getOutputStream().write(new byte[] {0x16, 3, 1, 2, 0});
      var _ = socket.getInputStream().readAllBytes();
    } catch (java.net.SocketException reset) {
      // closed as well
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isBetween(TestServer.FIRST_REQUEST_WITHIN, Duration.ofSeconds(15));
  }

  /** Step by step, as the files of one pair are replaced one after the other. */
  @Test
  void newConnectionsGetTheNewCertificateAndABadOneChangesNothing() throws Exception {
    try (SSLSocket before = connect("rsa")) {
      String first = LAST.replace("Connection: close\r\n", "");
      before.getOutputStream().write(first.getBytes(StandardCharsets.US_ASCII));
      assertThat(before.getInputStream().read()).isEqualTo('H'); // so that it has more time
      certificates.replace(certificates.certificate("api"), certificates.certificate("ec"));
      tls.reload(); // the key is still the old one
      assertThat(subject("rsa")).isEqualTo("CN=rsa");
      certificates.replace(certificates.key("api"), certificates.key("ec"));
      tls.reload();
      assertThat(subject("ec")).isEqualTo("CN=ec");
      assertThatExceptionOfType(SSLException.class).isThrownBy(() -> subject("rsa"));
      Files.writeString(certificates.key("api"), "x");
      tls.reload();
      Files.delete(certificates.key("api"));
      tls.reload();
      assertThat(subject("ec")).isEqualTo("CN=ec");
      assertThat(exchange(before, LAST)).as("goes on").contains("HTTP/1.1 200 OK");
    } finally {
      certificates.replace(certificates.certificate("api"), certificates.certificate("rsa"));
      certificates.replace(certificates.key("api"), certificates.key("rsa"));
      tls.reload();
    }
    assertThat(subject("rsa")).isEqualTo("CN=rsa");
  }

  private static String subject(String trusted) throws Exception {
    try (SSLSocket socket = connect(trusted)) {
      socket.startHandshake();
      X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      return shown.getSubjectX500Principal().getName();
    }
  }

  @Test
  void saysInOneLineWhyAPairCannotBeUsed() throws IOException {
    certificates.makeTraditional("rsa", "old");
    Files.writeString(certificates.certificate("nothing"), "nothing");
    fails("rsa", "ec", "the key is not an RSA key in PKCS#8");
    certificates.makeRsa("other");
    fails("rsa", "other", "the key is not that of the certificate");
    fails("nothing", "rsa", "it must have a BEGIN CERTIFICATE in PEM, and has nothing");
    fails("rsa", "old", "it must have a BEGIN PRIVATE KEY in PEM, and has BEGIN RSA PRIVATE KEY");
    fails("rsa", "missing", "there is no file ");
  }

  private static void fails(String certificate, String key, String why) {
    assertThatThrownBy(() -> load(certificate, key))
        .isInstanceOf(OperatorException.class)
        .hasMessageStartingWith("TLS_CERTIFICATE and TLS_PRIVATE_KEY cannot be used: " + why)
        .satisfies(e -> assertThat(e).message().hasLineCount(1));
  }
}
