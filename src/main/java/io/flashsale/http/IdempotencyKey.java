package io.flashsale.http;

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
    var header = request.getHeader(HEADER);
    return header.isEmpty() ? null : hashOfKey(header.get().value());
  }

  private static UUID hashOfKey(String key) {
    if (key.isEmpty()
        || key.length() > LONGEST
        || !key.chars().allMatch(c -> c > ' ' && c <= '~')) {
      throw new Parameters.Invalid(HEADER, "is not 1 to " + LONGEST + " visible ASCII characters");
    }
    return hash(key);
  }

  static UUID hash(String text) {
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
