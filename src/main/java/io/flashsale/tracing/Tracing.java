package io.flashsale.tracing;

import org.jspecify.annotations.Nullable;

/**
 * Follows some of the requests on their way through the nodes: docs/adr/0017. What is done for such
 * a request is a {@link Step}; who asks somebody else to do something passes its {@link
 * Step#context} on.
 */
public interface Tracing {

  /** Follows nothing, and costs nothing. */
  Tracing OFF =
      new Tracing() {
        @Override
        public Step request(String method, String route, @Nullable String traceparent) {
          return Step.NONE;
        }

        @Override
        public Step step(String name, @Nullable String context) {
          return Step.NONE;
        }
      };

  /**
   * A request has arrived: {@link Step#NONE} if it is not one of those that are followed.
   *
   * @param route without ids and codes
   * @param traceparent what the client says of it, which may be anything
   */
  Step request(String method, String route, @Nullable String traceparent);

  /**
   * Something begins to be done.
   *
   * @param name without ids and codes
   * @param context of the step for which it is done; null: {@link Step#NONE}
   */
  Step step(String name, @Nullable String context);
}
