package io.flashsale.http;

import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.RawHeader;
import akka.japi.function.Function;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Lets pages of other origins use the API (the CORS protocol of the Fetch standard), but not the
 * part for operators. There are no cookies, so that credentials are never allowed.
 *
 * @param origins as browsers send them, like {@code https://shop.example}; {@code *} is all of them
 */
public record Cors(List<String> origins) {

  private static final String ADMIN = "/admin";
  private static final HttpHeader VARY = RawHeader.create("Vary", "Origin");
  private static final HttpHeader EXPOSED =
      RawHeader.create(
          "Access-Control-Expose-Headers",
          "Retry-After, X-Total-Count, Allow, WWW-Authenticate, RateLimit, RateLimit-Policy,"
              + " X-Request-Id");
  private static final List<HttpHeader> PREFLIGHT =
      List.of(
          RawHeader.create("Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE"),
          RawHeader.create(
              "Access-Control-Allow-Headers",
              "Accept, Authorization, Content-Type, Idempotency-Key, X-Request-Id"),
          RawHeader.create("Access-Control-Max-Age", "600"));

  public Cors {
    origins = List.copyOf(origins);
  }

  /** The handler itself if there are no origins. */
  Function<HttpRequest, CompletionStage<HttpResponse>> allowing(
      Function<HttpRequest, CompletionStage<HttpResponse>> handler) {
    if (origins.isEmpty()) {
      return handler;
    }
    return request -> {
      String origin = request.getHeader("Origin").map(HttpHeader::value).orElse("");
      if (!allows(origin) || request.getUri().path().startsWith(ADMIN)) {
        return handler.apply(request).thenApply(answer -> answer.addHeader(VARY));
      }
      CompletionStage<HttpResponse> answer =
          isPreflight(request)
              ? CompletableFuture.completedFuture(
                  Bare.PRIVATE.withStatus(StatusCodes.NO_CONTENT).addHeaders(PREFLIGHT))
              : handler.apply(request).thenApply(response -> response.addHeader(EXPOSED));
      return answer.thenApply(
          response ->
              response
                  .addHeader(RawHeader.create("Access-Control-Allow-Origin", origin))
                  .addHeader(VARY));
    };
  }

  private boolean allows(String origin) {
    return !origin.isEmpty() && (origins.contains(origin) || origins.contains("*"));
  }

  private static boolean isPreflight(HttpRequest request) {
    return request.method().equals(HttpMethods.OPTIONS)
        && request.getHeader("Access-Control-Request-Method").isPresent();
  }
}
