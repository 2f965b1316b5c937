package io.flashsale.ops;

/**
 * Something that only the operator can mend. The message is one line that says what is wrong, why,
 * and what to do; it is all that is shown.
 */
public final class OperatorException extends RuntimeException {

  private static final long serialVersionUID = 1;

  public OperatorException(String message) {
    super(message);
  }

  public OperatorException(String message, Throwable cause) {
    super(message, cause);
  }
}
