package io.flashsale.simulation;

/** A promise that was not kept. */
final class Breach extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final String promise;

  /**
   * A breach.
   *
   * @param promise its short name, as in DESIGN: I1, I2 ...
   */
  Breach(String promise, String what) {
    super(promise + ": " + what);
    this.promise = promise;
  }

  Breach(String promise, String what, Throwable cause) {
    super(promise + ": " + what, cause);
    this.promise = promise;
  }

  String promise() {
    return promise;
  }
}
