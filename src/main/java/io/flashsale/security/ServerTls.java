package io.flashsale.security;

import io.flashsale.ops.OperatorException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Collection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate of the API and its key, from files that may be replaced while the node runs: new
 * connections get what is in them. A new pair that cannot be used is logged, and the last one that
 * could stays. What is in the key is never shown.
 */
public final class ServerTls {

  private static final Logger log = LoggerFactory.getLogger(ServerTls.class);
  private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};
  private static final String SETTINGS = "TLS_CERTIFICATE and TLS_PRIVATE_KEY cannot be used: ";

  /** What stands in both files. */
  private static final class Files {
    private final byte[] certificate;
    private final byte[] key;

    Files(byte[] certificate, byte[] key) {
      this.certificate = certificate;
      this.key = key;
    }

    static Files read(Path certificate, Path key) throws IOException {
      return new Files(Pem.read(certificate), Pem.read(key));
    }

    boolean isSame(@Nullable Files other) {
      return other != null
          && Arrays.equals(certificate, other.certificate)
          && Arrays.equals(key, other.key);
    }
  }

  private final Path certificate;
  private final Path key;
  private final InstantSource clock;
  private volatile SSLContext context;
  private @Nullable Files last;
  private boolean unreadable;

  private ServerTls(
      Path certificate, Path key, InstantSource clock, Files files, SSLContext context) {
    this.certificate = certificate;
    this.key = key;
    this.clock = clock;
    this.last = files;
    this.context = context;
  }

  /**
   * Reads both files.
   *
   * @param certificate in PEM, first that of the server, then those of its chain
   * @param key in PEM, PKCS#8, RSA or EC
   * @throws OperatorException if they cannot be used
   */
  public static ServerTls load(Path certificate, Path key, InstantSource clock) {
    try {
      Files files = Files.read(certificate, key);
      return new ServerTls(certificate, key, clock, files, context(files, clock));
    } catch (IOException | GeneralSecurityException e) {
      throw new OperatorException(SETTINGS + reason(e), e);
    }
  }

  /** For one connection: TLS 1.2 or 1.3, and HTTP/1.1 in it. */
  public SSLEngine engine() {
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(false);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setProtocols(PROTOCOLS);
    parameters.setUseCipherSuitesOrder(true);
    parameters.setApplicationProtocols(new String[] {"http/1.1"});
    engine.setSSLParameters(parameters);
    return engine;
  }

  /** Looks whether the files have changed. What is wrong with them is logged once. */
  public synchronized void reload() {
    Files files;
    try {
      files = Files.read(certificate, key);
      unreadable = false;
    } catch (IOException e) {
      if (!unreadable) {
        log.warn("{}{}; the last certificate stays", SETTINGS, reason(e));
      }
      unreadable = true;
      return;
    }
    if (files.isSame(last)) {
      return;
    }
    last = files;
    try {
      context = context(files, clock);
    } catch (GeneralSecurityException e) {
      log.warn("{}{}; the last certificate stays", SETTINGS, reason(e));
    }
  }

  private static SSLContext context(Files files, InstantSource clock)
      throws GeneralSecurityException {
    Certificate[] chain = chain(files.certificate);
    PrivateKey privateKey = privateKey(files.key, chain[0].getPublicKey());
    char[] none = {};
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    try {
      store.load(null, none);
    } catch (IOException e) {
      throw new GeneralSecurityException(e); // nothing is read
    }
    store.setKeyEntry("api", privateKey, none, chain);
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, none);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    X509Certificate own = (X509Certificate) chain[0];
    log.info(
        "TLS with the certificate of {}, valid until {}{}",
        own.getSubjectX500Principal().getName(),
        own.getNotAfter().toInstant(),
        own.getNotAfter().toInstant().isBefore(clock.instant()) ? ", which is over" : "");
    return context;
  }

  private static Certificate[] chain(byte[] file) throws GeneralSecurityException {
    Pem.block(file, "CERTIFICATE"); // or the next one would say what is wrong in its own words
    Collection<? extends Certificate> chain =
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(file));
    if (chain.isEmpty()) {
      throw new GeneralSecurityException("there is no certificate in it");
    }
    return chain.toArray(Certificate[]::new);
  }

  private static PrivateKey privateKey(byte[] file, PublicKey of) throws GeneralSecurityException {
    String algorithm = of.getAlgorithm();
    if (!algorithm.equals("RSA") && !algorithm.equals("EC")) {
      throw new GeneralSecurityException("the certificate must have a key of RSA or EC");
    }
    byte[] encoded = Pem.block(file, "PRIVATE KEY");
    PrivateKey key;
    try {
      key = KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
    } catch (InvalidKeySpecException e) {
      // Its own message could have something of the key.
      throw new GeneralSecurityException("the key is not an %s key in PKCS#8".formatted(algorithm));
    }
    Signature signature =
        Signature.getInstance(algorithm.equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA");
    signature.initSign(key);
    byte[] signed = signature.sign();
    signature.initVerify(of);
    if (!signature.verify(signed)) {
      throw new GeneralSecurityException("the key is not that of the certificate");
    }
    return key;
  }

  private static String reason(Exception e) {
    if (e instanceof NoSuchFileException missing) {
      return "there is no file " + missing.getFile();
    }
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }
}
