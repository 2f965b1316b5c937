package io.flashsale.http;

import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import io.flashsale.tracing.Step;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A line for each answer, if REQUEST_LOG says so: what was asked without the ids and codes in it,
 * what was answered, by which {@code X-Request-Id} the client or the balancer knows it, and by
 * which trace it can be found if it is followed.
 */
final class RequestLog {

  static final String HEADER = "X-Request-Id";

  /** Longer ones, and those with other characters, are ignored: they go into logs. */
  private static final int LONGEST = 64;

  private static final Logger log = LoggerFactory.getLogger("requests");

  private RequestLog() {}

  static void answered(
      Endpoint endpoint, HttpResponse response, long nanos, @Nullable String requestId, Step step) {
    if (log.isInfoEnabled()) {
      Problem problem = Problem.of(response);
      log.info(
          "{} {} {} {} {} ms {}{}",
          endpoint.method(),
          endpoint.route(),
          response.status().intValue(),
          problem == null ? "ok" : problem.code(),
          String.format(Locale.ROOT, "%.3f", nanos / 1e6),
          requestId == null ? "-" : requestId,
          step.traceId() == null ? "" : " trace " + step.traceId());
    }
  }

  /** The id that the client has given, or null for none that can be used. */
  static @Nullable String id(HttpRequest request) {
    String id = request.getHeader(HEADER).map(HttpHeader::value).orElse("");
    return isValid(id) ? id : null;
  }

  static boolean isValid(String id) {
    boolean valid = !id.isEmpty() && id.length() <= LONGEST;
    for (int i = 0; valid && i < id.length(); i++) {
      char c = id.charAt(i);
      valid =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || "-_.:/+=".indexOf(c) >= 0;
    }
    return valid;
  }
}
