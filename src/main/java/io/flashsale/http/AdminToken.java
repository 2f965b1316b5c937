package io.flashsale.http;

import akka.http.javadsl.model.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;

/**
 * The credential of operators (RFC 6750). Only its hash is kept, and compared in constant time: it
 * cannot be printed by mistake, and an answer's time says nothing about it.
 */
public final class AdminToken {

  /** Shorter ones could be guessed. */
  public static final int SHORTEST = 16;

  public static final int LONGEST = 255;

  private final byte[] hash;

  private AdminToken(byte[] hash) {
    this.hash = hash;
  }

  /** Nothing if it has not {@value #SHORTEST} to {@value #LONGEST} visible ASCII characters. */
  public static Optional<AdminToken> of(String token) {
    boolean valid =
        token.length() >= SHORTEST
            && token.length() <= LONGEST
            && token.chars().allMatch(c -> c > ' ' && c <= '~');
    return valid ? Optional.of(new AdminToken(hash(token))) : Optional.empty();
  }

  boolean isIn(HttpRequest request) {
    return request
        .getHeader("Authorization")
        .flatMap(header -> Optional.ofNullable(Access.bearer(header.value())))
        .map(token -> MessageDigest.isEqual(hash, hash(token)))
        .orElse(false);
  }

  private static byte[] hash(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("Every JDK has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return "AdminToken";
  }
}
