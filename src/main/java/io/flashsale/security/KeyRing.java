package io.flashsale.security;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.proc.JWSKeySelector;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.proc.SingleKeyJWSKeySelector;
import io.flashsale.ops.OperatorException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.text.ParseException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Keys with which tokens are verified. Each is for the one algorithm of its kind, whatever a token
 * says: a public key never becomes a secret.
 */
final class KeyRing {

  /** Of a set: a token that names none is tried with all of them. */
  static final int MOST_KEYS = 32;

  private static final int LEAST_RSA_BITS = 2048;
  private static final int LEAST_SECRET_BYTES = 32;

  private final JWSKeySelector<SecurityContext> selector;

  /** Null for a key that is used whatever name a token gives it. */
  private final @Nullable Set<String> names;

  private KeyRing(JWSKeySelector<SecurityContext> selector, @Nullable Set<String> names) {
    this.selector = selector;
    this.names = names;
  }

  JWSKeySelector<SecurityContext> selector() {
    return selector;
  }

  /** Whether a newer ring could have the key that this one does not. */
  boolean lacks(JWSHeader header) {
    return names != null && header.getKeyID() != null && !names.contains(header.getKeyID());
  }

  /**
   * The keys of a set that are for signatures that are known here.
   *
   * @throws ParseException if it is no set, or has none of them
   */
  static KeyRing ofSet(String json) throws ParseException {
    List<JWK> keys = JWKSet.parse(json).getKeys().stream().filter(KeyRing::isUsable).toList();
    if (keys.isEmpty() || keys.size() > MOST_KEYS) {
      throw new ParseException(
          "it has %d keys of RSA (2048 bits or more) or P-256 for signatures, and must have 1 to %d"
              .formatted(keys.size(), MOST_KEYS),
          0);
    }
    return new KeyRing(
        new JWSVerificationKeySelector<>(
            Set.of(JWSAlgorithm.RS256, JWSAlgorithm.ES256),
            new ImmutableJWKSet<>(new JWKSet(keys).toPublicJWKSet())),
        keys.stream()
            .map(JWK::getKeyID)
            .filter(name -> name != null)
            .collect(Collectors.toUnmodifiableSet()));
  }

  private static boolean isUsable(JWK key) {
    boolean forSignatures = key.getKeyUse() == null || key.getKeyUse().equals(KeyUse.SIGNATURE);
    return forSignatures
        && switch (key) {
          case RSAKey rsa -> rsa.size() >= LEAST_RSA_BITS;
          case ECKey ec -> ec.getCurve().equals(Curve.P_256);
          default -> false; // a secret that anybody can read is none
        };
  }

  static KeyRing ofPublicKey(Path file) {
    try {
      byte[] encoded = Pem.block(Pem.read(file), "PUBLIC KEY");
      return switch (publicKey(encoded)) {
        case RSAPublicKey rsa when rsa.getModulus().bitLength() >= LEAST_RSA_BITS ->
            new KeyRing(new SingleKeyJWSKeySelector<>(JWSAlgorithm.RS256, rsa), null);
        case ECPublicKey ec when Curve.P_256.equals(Curve.forECParameterSpec(ec.getParams())) ->
            new KeyRing(new SingleKeyJWSKeySelector<>(JWSAlgorithm.ES256, ec), null);
        default -> throw new GeneralSecurityException("it is neither RSA of 2048 bits nor P-256");
      };
    } catch (IOException | GeneralSecurityException e) {
      throw new OperatorException(
          "JWT_PUBLIC_KEY_FILE is %s, and cannot be used: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static java.security.PublicKey publicKey(byte[] encoded) throws GeneralSecurityException {
    X509EncodedKeySpec spec = new X509EncodedKeySpec(encoded);
    try {
      return KeyFactory.getInstance("RSA").generatePublic(spec);
    } catch (InvalidKeySpecException notRsa) {
      try {
        return KeyFactory.getInstance("EC").generatePublic(spec);
      } catch (InvalidKeySpecException notEc) {
        throw new GeneralSecurityException("it is neither a key of RSA nor one of EC");
      }
    }
  }

  static KeyRing ofSecret(Path file) {
    try {
      byte[] bytes = Pem.read(file);
      int end = bytes.length;
      while (end > 0 && (bytes[end - 1] == '\n' || bytes[end - 1] == '\r')) {
        end--;
      }
      if (end < LEAST_SECRET_BYTES) {
        throw new GeneralSecurityException(
            "it has %d bytes, and must have %d or more".formatted(end, LEAST_SECRET_BYTES));
      }
      return new KeyRing(
          new SingleKeyJWSKeySelector<>(
              JWSAlgorithm.HS256, new SecretKeySpec(bytes, 0, end, "HmacSHA256")),
          null);
    } catch (IOException | GeneralSecurityException e) {
      throw new OperatorException(
          "JWT_SECRET_FILE is %s, and cannot be used: %s".formatted(file, e.getMessage()), e);
    }
  }
}
