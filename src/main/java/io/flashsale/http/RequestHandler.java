package io.flashsale.http;

import static akka.http.javadsl.server.Directives.complete;

import akka.actor.typed.ActorSystem;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.javadsl.server.ExceptionHandler;
import akka.http.javadsl.server.MethodRejection;
import akka.http.javadsl.server.RejectionHandler;
import akka.http.javadsl.server.Route;
import akka.http.javadsl.settings.ServerSettings;
import akka.japi.function.Function;
import akka.stream.Materializer;
import io.flashsale.tracing.Step;
import io.flashsale.tracing.Tracing;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the requests of a connection of Akka HTTP: counted and followed, allowed to their origin,
 * within fair use, read to their end, and then what the routes say.
 */
final class RequestHandler {

  private static final Logger log = LoggerFactory.getLogger(RequestHandler.class);

  private final ActorSystem<?> system;
  private final Availability availability;
  private final RequestMetrics metrics;
  private final Tracing tracing;
  private final Cors cors;
  private final FairUse fairUse;
  private final long maxContentLength;
  private final Function<HttpRequest, CompletionStage<HttpResponse>> routes;

  /**
   * Checkouts and purchases do not go through the routing DSL.
   *
   * @param rest all other routes
   */
  RequestHandler(
      ActorSystem<?> system,
      Availability availability,
      RequestMetrics metrics,
      Tracing tracing,
      Cors cors,
      FairUse fairUse,
      CheckoutRoutes checkouts,
      Route rest) {
    this.system = system;
    this.availability = availability;
    this.metrics = metrics;
    this.tracing = tracing;
    this.cors = cors;
    this.fairUse = fairUse;
    this.maxContentLength =
        ServerSettings.create(system.classicSystem()).getParserSettings().getMaxContentLength();
    var other = rest.seal(rejections(), exceptions()).function(system);
    this.routes =
        request -> {
          CompletionStage<HttpResponse> answer = checkouts.handle(request);
          return answer != null ? answer : other.apply(request);
        };
  }

  /** Of a connection. */
  Function<HttpRequest, CompletionStage<HttpResponse>> of(FairUse.Peer peer) {
    Function<HttpRequest, CompletionStage<HttpResponse>> allowed =
        cors.allowing(request -> fair(peer, request));
    return request -> counted(allowed, request);
  }

  private CompletionStage<HttpResponse> counted(
      Function<HttpRequest, CompletionStage<HttpResponse>> handler, HttpRequest request)
      throws Exception {
    long began = System.nanoTime();
    Endpoint endpoint = Endpoint.of(request);
    Step step =
        tracing == Tracing.OFF
            ? Step.NONE
            : Followed.begin(tracing, endpoint, header(request, Followed.HEADER));
    String context = step.context();
    return handler
        .apply(context == null ? request : request.addAttribute(Followed.CONTEXT, context))
        .thenApply(
            response -> {
              long took = System.nanoTime() - began;
              String id = RequestLog.id(request);
              metrics.answered(endpoint, response, took);
              RequestLog.answered(endpoint, response, took, id, step);
              Followed.end(step, response);
              HttpResponse answer =
                  id == null
                      ? response
                      : response.addHeader(RawHeader.create(RequestLog.HEADER, id));
              return availability.isLeaving() ? answer.addHeader(HttpConnection.CLOSE) : answer;
            });
  }

  /** Whoever watches over this node is always heard. */
  private CompletionStage<HttpResponse> fair(FairUse.Peer peer, HttpRequest request)
      throws Exception {
    if (fairUse.countsAddresses() && !isWatched(request.getUri().path())) {
      HttpResponse tooMany =
          fairUse.refusal(peer, header(request, "x-forwarded-for"), header(request, "forwarded"));
      if (tooMany != null) {
        request.discardEntityBytes(system);
        return CompletableFuture.completedFuture(tooMany);
      }
    }
    return request.entity().isStrict() || request.method().equals(HttpMethods.POST)
        ? routes.apply(request)
        : withoutItsBody(request);
  }

  private static boolean isWatched(String path) {
    return path.equals("/health") || path.startsWith("/health/") || path.equals("/metrics");
  }

  /** All of them, with commas in between. */
  private static @Nullable String header(HttpRequest request, String lowerCaseName) {
    List<String> values = Headers.all(request, lowerCaseName);
    return values.isEmpty() ? null : String.join(",", values);
  }

  /**
   * Nobody wants the body of a GET or a DELETE, but an answer before its end would be a warning in
   * the log, as often as a client likes, and the end of the connection.
   */
  private CompletionStage<HttpResponse> withoutItsBody(HttpRequest request) {
    if (request.entity().getContentLengthOption().orElse(0) > maxContentLength) {
      request.discardEntityBytes(system);
      return CompletableFuture.completedFuture(Problem.CONTENT_TOO_LARGE.response());
    }
    return RequestBody.read(
            request, maxContentLength, RequestBody.TIMEOUT, Materializer.matFromSystem(system))
        .handle(
            (body, failure) ->
                failure == null
                    ? route(request.withEntity(body))
                    : CompletableFuture.completedFuture(Door.failed(failure)))
        .thenCompose(answer -> answer);
  }

  private CompletionStage<HttpResponse> route(HttpRequest request) {
    try {
      return routes.apply(request);
    } catch (Exception e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static RejectionHandler rejections() {
    return RejectionHandler.newBuilder()
        .handleAll(
            MethodRejection.class,
            rejected ->
                complete(
                    Problem.METHOD_NOT_ALLOWED
                        .response()
                        .addHeader(
                            RawHeader.create(
                                "Allow",
                                rejected.stream()
                                    .map(r -> r.supported().value())
                                    .flatMap(
                                        m -> m.equals("GET") ? Stream.of(m, "HEAD") : Stream.of(m))
                                    .distinct()
                                    .collect(Collectors.joining(", "))))))
        .handleNotFound(complete(Problem.NOT_FOUND.response()))
        .build();
  }

  private static ExceptionHandler exceptions() {
    return ExceptionHandler.newBuilder()
        .match(
            akka.http.scaladsl.model.IllegalUriException.class,
            _ -> complete(Problem.INVALID_PARAMETER.about("query", "is malformed")))
        .match(
            Parameters.Invalid.class,
            e -> complete(Problem.INVALID_PARAMETER.about(e.parameter(), e.detail())))
        .matchAny(
            e -> {
              log.error("A route failed", e);
              return complete(Problem.UNAVAILABLE.response());
            })
        .build();
  }
}
