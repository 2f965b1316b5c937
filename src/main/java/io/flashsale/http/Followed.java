package io.flashsale.http;

import akka.http.javadsl.model.AttributeKey;
import akka.http.javadsl.model.HttpResponse;
import io.flashsale.tracing.Step;
import io.flashsale.tracing.Tracing;
import org.jspecify.annotations.Nullable;

/** Checkouts and purchases that are followed, from their headers to their answer. */
final class Followed {

  static final String HEADER = "traceparent";

  /** The context of its step, as routes get it from Akka HTTP. */
  static final AttributeKey<String> CONTEXT = AttributeKey.create("trace", String.class);

  private Followed() {}

  static Step begin(Tracing tracing, Endpoint endpoint, @Nullable String traceparent) {
    return endpoint.isHot()
        ? tracing.request(endpoint.method(), endpoint.route(), traceparent)
        : Step.NONE;
  }

  static void end(Step step, HttpResponse response) {
    if (step != Step.NONE) {
      Problem problem = Problem.of(response);
      step.answered(response.status().intValue(), problem == null ? null : problem.code());
    }
  }
}
