package io.flashsale.tracing;

import org.jspecify.annotations.Nullable;

/**
 * What is done for a request that is followed, from its beginning to its end: a span. A step that
 * does not end is not seen; after the first end nothing changes it.
 */
public interface Step {

  /** Of a request that is not followed. */
  Step NONE =
      new Step() {
        @Override
        public @Nullable String context() {
          return null;
        }

        @Override
        public @Nullable String traceId() {
          return null;
        }

        @Override
        public Step with(String name, long value) {
          return this;
        }

        @Override
        public Step writing() {
          return this;
        }

        @Override
        public void end() {}

        @Override
        public void end(Enum<?> outcome) {}

        @Override
        public void answered(int status, @Nullable String problem) {}

        @Override
        public void failed() {}
      };

  /**
   * What is passed on to whoever does something for this step: a {@code traceparent} of <a
   * href="https://www.w3.org/TR/trace-context/">W3C</a>, or null if it is not followed.
   */
  @Nullable String context();

  /** 32 hexadecimal digits, or null if it is not followed. */
  @Nullable String traceId();

  /** The same, saying this of itself. */
  Step with(String name, long value);

  /** The same, waiting for the journal from now on to its end. */
  Step writing();

  /** It is done. */
  void end();

  /** It is refused. */
  void end(Enum<?> outcome);

  /** The client has its answer. */
  void answered(int status, @Nullable String problem);

  /** Nobody knows whether it is done: the journal has failed, or who did it has stopped. */
  void failed();
}
