package io.flashsale.user;

import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The key of a request whose client has sent none, so that a node can send it to its user again: 64
 * zeros and 64 random bits. The hash of a client's key begins with 64 zeros as often as never.
 */
public final class RequestKey {

  private RequestKey() {}

  /** It has to differ from the others of one user; nobody gains by guessing it. */
  public static UUID create() {
    return new UUID(0, ThreadLocalRandom.current().nextLong());
  }

  /** Whether no request before this one can have had the key. */
  static boolean isNew(UUID key) {
    return key.getMostSignificantBits() == 0;
  }
}
