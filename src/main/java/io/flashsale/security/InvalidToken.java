package io.flashsale.security;

/** A token that cannot be accepted; the message is for the client, and says nothing else. */
public final class InvalidToken extends RuntimeException {

  private static final long serialVersionUID = 1;

  public InvalidToken(String message) {
    super(message, null, false, false);
  }
}
