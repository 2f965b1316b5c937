package io.flashsale.ops;

/** The journal cannot be audited. The message is one line for an operator. */
public final class AuditException extends RuntimeException {

  AuditException(String message) {
    super(message);
  }

  AuditException(String message, Throwable cause) {
    super(message, cause);
  }
}
