package io.flashsale.http;

import akka.event.LoggingAdapter;
import akka.http.ParsingErrorHandler;
import akka.http.javadsl.model.HttpResponse;
import akka.http.scaladsl.model.ErrorInfo;
import akka.http.scaladsl.model.StatusCode;
import akka.http.scaladsl.settings.ServerSettings;

/**
 * Answers requests that are not HTTP, or larger than the limits, before they reach a route.
 * application.conf names this class.
 */
public final class MalformedRequests extends ParsingErrorHandler {

  /** Where Akka HTTP looks for the instance. */
  public static final MalformedRequests MODULE$ = new MalformedRequests();

  private MalformedRequests() {}

  @Override
  public HttpResponse handle(
      StatusCode status, ErrorInfo error, LoggingAdapter log, ServerSettings settings) {
    Problem problem =
        switch (status.intValue()) {
          case 413 -> Problem.CONTENT_TOO_LARGE;
          case 414 -> Problem.URI_TOO_LONG;
          case 431 -> Problem.HEADERS_TOO_LARGE;
          default -> Problem.MALFORMED_REQUEST; // also of 501 and 505: the client is to mend it
        };
    return problem.about(null, error.summary().isEmpty() ? status.reason() : error.summary());
  }
}
