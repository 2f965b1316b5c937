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
    return Problem.MALFORMED_REQUEST
        .about(null, error.summary().isEmpty() ? status.reason() : error.summary())
        .withStatus(status.intValue());
  }
}
