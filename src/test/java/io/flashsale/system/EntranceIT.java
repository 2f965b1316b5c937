package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program with TLS, tokens and limits, as operators set them. */
final class EntranceIT {

  @TempDir Path directory;

  private final KeyPair keys = Issuer.ec();
  private final Issuer issuer = new Issuer(Instant.now());
  private Certificates certificates;

  @BeforeEach
  void makeCertificates() {
    certificates = new Certificates(directory).makeEc("api").makeRsa("next");
  }

  private String[] settings(JwksServer jwks, String... more) {
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
    String[] all = java.util.Arrays.copyOf(settings, settings.length + more.length);
    System.arraycopy(more, 0, all, settings.length, more.length);
    return all;
  }

  @Test
  void aUserBuysWithATokenByTlsAndNobodyElseDoes() throws Exception {
    try (JwksServer jwks = new JwksServer()) {
      jwks.show(keys);
      try (Server server = new Server(directory, settings(jwks))) {
        server.launch();
        HttpClient client = client("api");
        await("ready; see " + directory)
            .atMost(Duration.ofSeconds(60))
            .ignoreExceptions()
            .until(() -> get(client, server, "/health/ready", null).statusCode() == 200);
        String token = issuer.token(keys.getPrivate(), "k1", "7");

        String code = post(client, server, "/checkout?user_id=7&item_id=1", token).body();
        assertThat(post(client, server, "/purchase?code=" + code, null).statusCode())
            .isEqualTo(401);
        String other = issuer.token(keys.getPrivate(), "k1", "8");
        assertThat(post(client, server, "/purchase?code=" + code, other).statusCode())
            .isEqualTo(403);
        assertThat(get(client, server, "/checkout/" + code, token).body()).contains("\"open\"");
        assertThat(post(client, server, "/purchase?code=" + code, token).statusCode())
            .isEqualTo(200);
        String operator =
            issuer.token(
                keys.getPrivate(), "k1", "ann", c -> c.claim("roles", java.util.List.of("admin")));
        assertThat(get(client, server, "/admin/audit", operator).body())
            .contains("\"clean\" : true", "\"sold\" : 1");
        await()
            .atMost(Duration.ofSeconds(20))
            .until(() -> get(client, server, "/users/7/purchases", token).statusCode() == 429);

        certificates.replace(certificates.key("api"), certificates.key("next"));
        certificates.replace(certificates.certificate("api"), certificates.certificate("next"));
        HttpClient next = client("next");
        await()
            .atMost(Duration.ofSeconds(20))
            .ignoreExceptions()
            .until(() -> get(next, server, "/health/live", null).statusCode() == 200);
        assertThat(server.log())
            .contains("Listening on https://")
            .doesNotContain(token, "PRIVATE", "Exception");
      }
    }
  }

  @Test
  void aStartWithoutKeysOrWithABadPairFailsInOneLine() throws Exception {
    try (JwksServer jwks = new JwksServer()) {
      jwks.show(keys);
      Path wrong = certificates.key("next");
      Server.Outcome badPair =
          new Server(directory, settings(jwks, "TLS_PRIVATE_KEY", wrong.toString())).run("serve");
      assertThat(badPair.exitCode()).isEqualTo(1);
      assertThat(badPair.out().lines().filter(line -> !line.contains(" INFO  StartUp - ")))
          .singleElement()
          .asString()
          .startsWith("flashsale: TLS_CERTIFICATE and TLS_PRIVATE_KEY cannot be used: ");
      jwks.stop();
      Server.Outcome noKeys = new Server(directory, settings(jwks)).run("serve");
      assertThat(noKeys.exitCode()).isEqualTo(1);
      assertThat(noKeys.out()).contains("flashsale: JWT_JWKS_URL is ", "nobody listens there");
    }
  }

  private HttpClient client(String trusted) throws Exception {
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

  private static HttpResponse<String> get(
      HttpClient client, Server server, String path, @Nullable String token)
      throws IOException, InterruptedException {
    return send(client, server, path, token, HttpRequest.newBuilder().GET());
  }

  private static HttpResponse<String> post(
      HttpClient client, Server server, String path, @Nullable String token)
      throws IOException, InterruptedException {
    return send(
        client, server, path, token, HttpRequest.newBuilder().POST(BodyPublishers.noBody()));
  }

  private static HttpResponse<String> send(
      HttpClient client,
      Server server,
      String path,
      @Nullable String token,
      HttpRequest.Builder request)
      throws IOException, InterruptedException {
    request
        .uri(URI.create("https://127.0.0.1:" + server.uri().getPort() + path))
        .timeout(Duration.ofSeconds(20));
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    HttpResponse<String> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    io.flashsale.ApiDocument.expect(response);
    return response;
  }
}
