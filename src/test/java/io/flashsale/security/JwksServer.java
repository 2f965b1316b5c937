package io.flashsale.security;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/** Where an issuer shows its keys. */
public final class JwksServer implements AutoCloseable {

  private final HttpServer server;
  private final AtomicInteger asked = new AtomicInteger();
  private volatile int status = 200;
  private volatile String body = "";

  public JwksServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/keys",
        exchange -> {
          asked.incrementAndGet();
          byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
  }

  public URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/keys");
  }

  /** Named k1, k2 ... */
  public void show(KeyPair... keys) {
    JWK[] all = new JWK[keys.length];
    for (int i = 0; i < keys.length; i++) {
      all[i] = jwk(keys[i], "k" + (i + 1));
    }
    say(200, new JWKSet(Arrays.asList(all)).toString(true));
  }

  static JWK jwk(KeyPair keys, String name) {
    return switch (keys.getPublic()) {
      case RSAPublicKey rsa -> new RSAKey.Builder(rsa).keyID(name).build();
      case ECPublicKey ec -> new ECKey.Builder(Curve.P_256, ec).keyID(name).build();
      default -> throw new AssertionError("no such keys");
    };
  }

  void say(int newStatus, String newBody) {
    status = newStatus;
    body = newBody;
  }

  int asked() {
    return asked.get();
  }

  /** From now on nobody listens. */
  public void stop() {
    server.stop(0);
  }

  @Override
  public void close() {
    stop();
  }
}
