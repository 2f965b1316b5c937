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
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /metrics}, written on a thread that no buyer waits for. It costs milliseconds, and
 * nobody is kept from asking: so it is written once in a second at most, and who asks more often
 * gets the same again.
 */
public final class MetricsRoute {

  private static final Duration SAME_FOR = Duration.ofSeconds(1);

  private final @Nullable Metrics metrics;
  private final Executor executor;
  private final LongSupplier nanoTime;
  private final Map<String, Written> last = new ConcurrentHashMap<>(); // two, by media type

  private record Written(HttpResponse response, long at) {}

  /**
   * The route.
   *
   * @param metrics null if they are not shown here
   * @param executor bounded: it rejects rather than queues without end
   */
  public MetricsRoute(@Nullable Metrics metrics, Executor executor) {
    this(metrics, executor, System::nanoTime);
  }

  MetricsRoute(@Nullable Metrics metrics, Executor executor, LongSupplier nanoTime) {
    this.metrics = metrics;
    this.executor = executor;
    this.nanoTime = nanoTime;
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

  CompletionStage<HttpResponse> scrape(Metrics shown, String accept) {
    String type = Metrics.contentType(accept);
    HttpResponse fresh = fresh(type);
    if (fresh != null) {
      return CompletableFuture.completedFuture(fresh);
    }
    try {
      return CompletableFuture.supplyAsync(() -> write(shown, type), executor);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(Problem.OVERLOADED.response());
    }
  }

  private @Nullable HttpResponse fresh(String type) {
    Written written = last.get(type);
    return written != null && nanoTime.getAsLong() - written.at < SAME_FOR.toNanos()
        ? written.response
        : null;
  }

  private HttpResponse write(Metrics shown, String type) {
    HttpResponse fresh = fresh(type); // who has waited for the one before gets that
    if (fresh != null) {
      return fresh;
    }
    HttpResponse response =
        Bare.PRIVATE.withEntity(
            HttpEntities.create(
                ContentTypes.parse(type), ByteString.fromString(shown.scrape(type))));
    last.put(type, new Written(response, nanoTime.getAsLong()));
    return response;
  }
}
