package io.flashsale.http;

import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The {@code Idempotency-Key} header (draft-ietf-httpapi-idempotency-key-header): 1 to 255 visible
 * ASCII characters, of which a hash of 128 bits is kept.
 */
final class IdempotencyKey {

  private static final String HEADER = "Idempotency-Key";
  private static final int LONGEST = 255;

  private IdempotencyKey() {}

  static @Nullable UUID hash(HttpRequest request) {
    return hash(request.getHeader(HEADER).map(HttpHeader::value).orElse(null));
  }

  /** Of the value of the header, or null if there is none. */
  static @Nullable UUID hash(@Nullable String key) {
    if (key == null) {
      return null;
    }
    if (key.isEmpty()
        || key.length() > LONGEST
        || !key.chars().allMatch(c -> c > ' ' && c <= '~')) {
      throw new Parameters.Invalid(HEADER, "is not 1 to " + LONGEST + " visible ASCII characters");
    }
    return digest(key);
  }

  static UUID digest(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      ByteBuffer half = ByteBuffer.wrap(digest);
      return new UUID(half.getLong(), half.getLong());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("Every JDK has SHA-256", e);
    }
  }
}
