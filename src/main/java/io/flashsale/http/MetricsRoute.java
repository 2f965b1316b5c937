package io.flashsale.http;

import static akka.http.javadsl.server.Directives.completeWithFuture;
import static akka.http.javadsl.server.Directives.get;
import static akka.http.javadsl.server.Directives.optionalHeaderValueByName;
import static akka.http.javadsl.server.Directives.path;
import static akka.http.javadsl.server.Directives.reject;

import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.server.Route;
import akka.util.ByteString;
import io.flashsale.metrics.Metrics;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** {@code GET /metrics}, written on a thread that no buyer waits for. */
public final class MetricsRoute {

  private final @Nullable Metrics metrics;
  private final Executor executor;

  /**
   * The route.
   *
   * @param metrics null if they are not shown here
   * @param executor bounded: it rejects rather than queues without end
   */
  public MetricsRoute(@Nullable Metrics metrics, Executor executor) {
    this.metrics = metrics;
    this.executor = executor;
  }

  /** Rejects what is not its own. */
  public Route route() {
    Metrics shown = metrics;
    return shown == null
        ? reject()
        : path(
            "metrics",
            () ->
                get(
                    () ->
                        optionalHeaderValueByName(
                            "Accept",
                            accept -> completeWithFuture(scrape(shown, accept.orElse(""))))));
  }

  private CompletionStage<HttpResponse> scrape(Metrics shown, String accept) {
    try {
      return CompletableFuture.supplyAsync(() -> shown.scrape(accept), executor)
          .thenApply(MetricsRoute::answer);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(Problem.OVERLOADED.response());
    }
  }

  private static HttpResponse answer(Metrics.Scrape scrape) {
    return Bare.PRIVATE.withEntity(
        HttpEntities.create(
            ContentTypes.parse(scrape.contentType()), ByteString.fromString(scrape.text())));
  }
}
