package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.flashsale.Watcher;
import io.flashsale.security.Certificates;
import io.flashsale.security.Issuer;
import io.flashsale.security.JwksServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The program with TLS, tokens and limits, as operators set them. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class EntranceIT {

  private static final KeyPair KEYS = Issuer.ec();

  @TempDir static Path directory;

  private static Issuer issuer;
  private static Certificates certificates;
  private static JwksServer jwks;
  private static Server server;

  @BeforeAll
  static void start() throws Exception {
    certificates = new Certificates(directory).makeEc("api").makeRsa("next");
    issuer = new Issuer(Instant.now());
    jwks = new JwksServer();
    jwks.show(KEYS);
    server = new Server(Files.createDirectory(directory.resolve("server")), settings(jwks));
    server.launch();
    HttpClient client = client("api");
    await("ready; see " + directory)
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .until(() -> get(client, "/health/ready", null).statusCode() == 200);
  }

  @AfterAll
  static void stop() {
    server.close();
    jwks.close();
  }

  private static String[] settings(JwksServer jwks, String... more) {
    String[] settings = {
      "SALE_PERIOD", "24h",
      "SALE_ITEMS", "50",
      "AUTH", "jwt",
      "JWT_JWKS_URL", jwks.uri().toString(),
      "JWT_ADMIN_ROLE", "admin",
      "RATE_LIMIT_USER", "1",
      "RATE_LIMIT_USER_BURST", "20",
      "TLS_CERTIFICATE", certificates.certificate("api").toString(),
      "TLS_PRIVATE_KEY", certificates.key("api").toString(),
      "JAVA_OPTS", "-XX:TieredStopAtLevel=1 -Xmx1g -Dflashsale.http.tls.reload-every=200ms"
    };
    String[] all = Arrays.copyOf(settings, settings.length + more.length);
    System.arraycopy(more, 0, all, settings.length, more.length);
    return all;
  }

  private static String token(String user) {
    return issuer.token(KEYS.getPrivate(), "k1", user);
  }

  /** By TLS. */
  private static URI uri() {
    return URI.create("https://" + server.uri().getAuthority());
  }

  @Test
  @Order(1)
  void aUserBuysWithATokenByTlsAndNobodyElseDoes() throws Exception {
    HttpClient client = client("api");
    String token = token("7");

    try (Watcher watcher = new Watcher(client, uri())) {
      assertThat(watcher.await("stock").json().path("sold").asInt()).isZero();
      String code = post(client, "/checkout?user_id=7&item_id=1", token).body();
      assertThat(post(client, "/purchase?code=" + code, null).statusCode()).isEqualTo(401);
      assertThat(post(client, "/purchase?code=" + code, token("8")).statusCode()).isEqualTo(403);
      assertThat(get(client, "/checkout/" + code, token).body()).contains("\"open\"");
      assertThat(post(client, "/purchase?code=" + code, token).statusCode()).isEqualTo(200);
      watcher.await("stock", json -> json.path("sold").asInt() == 1);
    }
    assertThat(audit(client).path("sold").asInt()).isEqualTo(1);
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> get(client, "/users/7/purchases", token).statusCode() == 429);
  }

  @Test
  @Order(2)
  void aPageBuysNothingWithoutTheTokenOfItsUser() throws Exception {
    assumeTrue(
        Browser.program().isPresent(),
        "The pages are not tested: there is no Chromium (apt install chromium)");
    HttpClient client = client("api");
    try (Browser browser =
            new Browser(
                Browser.program().get(),
                Files.createDirectory(directory.resolve("browser")),
                certificates.certificate("api"));
        Browser.Tab page = browser.open(uri())) {
      page.until(PageIT.LIVE);
      page.type("#user", "9");
      page.until("document.getElementById('token-part').open"); // a 401 has been answered
      page.type("#item", "5");
      page.click("#add");
      page.until("document.querySelectorAll('#basket li .price:not(:empty)').length === 1");

      page.click("#reserve");
      page.until("document.getElementById('notice').innerText === 'A token is needed.'");
      page.until("document.activeElement.id === 'token'");
      PageIT.assertAccessible(page);
      page.type("#token", token("8"));
      page.click("#reserve");
      page.until(
          "document.getElementById('notice').innerText === 'This token belongs to another user.'");
      assertThat(page.number("#refusals")).isEqualTo(2);
      assertThat(audit(client).path("held").asInt()).isZero();

      page.type("#token", token("9"));
      page.click("#reserve");
      page.until("!document.getElementById('purchase').hidden");
      assertThat(audit(client).path("held").asInt()).isEqualTo(1);
      page.click("#purchase");
      page.until("document.querySelectorAll('#purchases li').length === 1");
      assertThat(page.text("#notice")).isEqualTo("Bought: item 5.");
      assertThat(read(get(client, "/users/9/purchases", token("9"))).findValuesAsText("id"))
          .containsExactly("5");
      page.go(uri()); // the tab has the token still
      page.until("document.querySelectorAll('#purchases li').length === 1");
      assertThat(page.evaluate("JSON.stringify(localStorage)").asText())
          .isEqualTo("{\"user\":\"9\"}");
      assertThat(page.complaints()).isEmpty();
    }
  }

  @Test
  @Order(3)
  void aCertificateIsReplacedWhileTheProgramRuns() throws Exception {
    certificates.replace(certificates.key("api"), certificates.key("next"));
    certificates.replace(certificates.certificate("api"), certificates.certificate("next"));
    HttpClient next = client("next");
    await()
        .atMost(Duration.ofSeconds(20))
        .ignoreExceptions()
        .until(() -> get(next, "/health/live", null).statusCode() == 200);
    assertThat(server.log())
        .contains("Listening on https://")
        .doesNotContain("eyJ", "PRIVATE", "Exception"); // eyJ: how every token begins
  }

  @Test
  @Order(4)
  void aStartWithoutKeysOrWithABadPairFailsInOneLine() throws Exception {
    certificates.makeEc("other");
    try (JwksServer own = new JwksServer()) {
      own.show(KEYS);
      String wrong = certificates.key("other").toString();
      Server.Outcome badPair =
          new Server(directory, settings(own, "TLS_PRIVATE_KEY", wrong)).run("serve");
      assertThat(badPair.exitCode()).isEqualTo(1);
      assertThat(badPair.out().lines().filter(line -> !line.contains(" INFO  StartUp - ")))
          .singleElement()
          .asString()
          .startsWith("flashsale: TLS_CERTIFICATE and TLS_PRIVATE_KEY cannot be used: ");
      own.stop();
      Server.Outcome noKeys = new Server(directory, settings(own)).run("serve");
      assertThat(noKeys.exitCode()).isEqualTo(1);
      assertThat(noKeys.out()).contains("flashsale: JWT_JWKS_URL is ", "nobody listens there");
    }
  }

  /** What the journal says of the open sale. */
  private static JsonNode audit(HttpClient client) throws Exception {
    String operator =
        issuer.token(KEYS.getPrivate(), "k1", "ann", c -> c.claim("roles", List.of("admin")));
    JsonNode report = read(get(client, "/admin/audit", operator));
    assertThat(report.path("clean").asBoolean()).as(report.toString()).isTrue();
    return report.at("/sales/0");
  }

  private static JsonNode read(HttpResponse<String> response) {
    return Watcher.read(response.body());
  }

  private static HttpClient client(String trusted) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null);
    store.setCertificateEntry(
        trusted,
        CertificateFactory.getInstance("X.509")
            .generateCertificate(
                new ByteArrayInputStream(Files.readAllBytes(certificates.certificate(trusted)))));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return HttpClient.newBuilder().sslContext(context).build();
  }

  private static HttpResponse<String> get(HttpClient client, String path, @Nullable String token)
      throws IOException, InterruptedException {
    return send(client, path, token, HttpRequest.newBuilder().GET());
  }

  private static HttpResponse<String> post(HttpClient client, String path, @Nullable String token)
      throws IOException, InterruptedException {
    return send(client, path, token, HttpRequest.newBuilder().POST(BodyPublishers.noBody()));
  }

  private static HttpResponse<String> send(
      HttpClient client, String path, @Nullable String token, HttpRequest.Builder request)
      throws IOException, InterruptedException {
    request.uri(URI.create(uri() + path)).timeout(Duration.ofSeconds(20));
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    HttpResponse<String> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    io.flashsale.ApiDocument.expect(response);
    return response;
  }
}
