package io.flashsale.security;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Somebody who gives tokens to users, for an hour from a time on. */
public final class Issuer {

  private final Instant now;

  public Issuer(Instant now) {
    this.now = now;
  }

  public static KeyPair rsa() {
    return keys("RSA", null);
  }

  public static KeyPair ec() {
    return keys("EC", "secp256r1");
  }

  static KeyPair keys(String algorithm, @Nullable String curve) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      if (curve != null) {
        generator.initialize(new ECGenParameterSpec(curve));
      }
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  static String pem(Key key) {
    String label = key instanceof PrivateKey ? "PRIVATE KEY" : "PUBLIC KEY";
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
        .formatted(label, Base64.getMimeEncoder().encodeToString(key.getEncoded()));
  }

  /** Of this user. */
  public String token(Key key, @Nullable String keyId, String subject) {
    return token(key, keyId, subject, claims -> claims);
  }

  /** With other claims. */
  @SuppressWarnings("JavaUtilDate") // the library has no other
  public String token(
      Key key,
      @Nullable String keyId,
      @Nullable String subject,
      UnaryOperator<JWTClaimsSet.Builder> other) {
    JWTClaimsSet claims =
        other
            .apply(
                new JWTClaimsSet.Builder()
                    .subject(subject)
                    .expirationTime(Date.from(now.plusSeconds(3_600))))
            .build();
    return signed(key, new JWSHeader.Builder(algorithm(key)).keyID(keyId).build(), claims);
  }

  static String signed(Key key, JWSHeader header, JWTClaimsSet claims) {
    try {
      JWSSigner signer =
          switch (key) {
            case ECPrivateKey ec -> new ECDSASigner(ec);
            case PrivateKey rsa -> new RSASSASigner(rsa);
            default -> new MACSigner(key.getEncoded());
          };
      SignedJWT token = new SignedJWT(header, claims);
      token.sign(signer);
      return token.serialize();
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  private static JWSAlgorithm algorithm(Key key) {
    return switch (key) {
      case ECPrivateKey _ -> JWSAlgorithm.ES256;
      case PrivateKey _ -> JWSAlgorithm.RS256;
      default -> JWSAlgorithm.HS256;
    };
  }

  /** A token that says this, with what stands for a signature. */
  static String raw(String header, String claims, String signature) {
    return base64(header) + "." + base64(claims) + "." + signature;
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
