package io.flashsale.user;

import java.util.UUID;

/**
 * The key of a request whose client has sent none, so that a node can send it to its user again: a
 * UUID of version 4, which is never that of a client.
 */
public final class RequestKey {

  private static final int VERSION = 4;

  private RequestKey() {}

  public static UUID create() {
    return UUID.randomUUID();
  }

  /** Whether no request before this one can have had the key. */
  static boolean isNew(UUID key) {
    return key.version() == VERSION;
  }
}
