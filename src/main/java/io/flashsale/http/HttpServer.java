package io.flashsale.http;

import static akka.http.javadsl.server.Directives.complete;
import static akka.http.javadsl.server.Directives.concat;

import akka.Done;
import akka.actor.CoordinatedShutdown;
import akka.actor.typed.ActorSystem;
import akka.http.javadsl.Http;
import akka.http.javadsl.ServerBinding;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.javadsl.server.ExceptionHandler;
import akka.http.javadsl.server.MethodRejection;
import akka.http.javadsl.server.RejectionHandler;
import akka.http.javadsl.server.Route;
import akka.japi.function.Function;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Binds the routes, and takes them down in order: refuse, drain, unbind. */
public final class HttpServer {

  private static final Logger log = LoggerFactory.getLogger(HttpServer.class);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(20);

  private final ActorSystem<?> system;
  private final Availability availability;
  private final Function<HttpRequest, CompletionStage<HttpResponse>> handler;

  public HttpServer(
      ActorSystem<?> system,
      Availability availability,
      CheckoutRoutes checkouts,
      SaleRoutes sales,
      UserRoutes users,
      OrderRoutes orders,
      HealthRoutes health) {
    this.system = system;
    this.availability = availability;
    Route rest = concat(sales.route(), users.route(), orders.route(), health.route());
    Function<HttpRequest, CompletionStage<HttpResponse>> other =
        rest.seal(rejections(), exceptions()).function(system);
    this.handler =
        request -> {
          CompletionStage<HttpResponse> answer = checkouts.handle(request);
          return answer != null ? answer : other.apply(request);
        };
  }

  /** The stage fails if the address cannot be bound. */
  public CompletionStage<ServerBinding> bind(String host, int port) {
    return Http.get(system).newServerAt(host, port).bind(handler);
  }

  /**
   * Adds the stop to the coordinated shutdown.
   *
   * @param atLeast how long new requests are answered 503 before connections are refused
   * @param atMost how long to wait for requests in flight
   */
  public void stopWithSystem(ServerBinding binding, Duration atLeast, Duration atMost) {
    CoordinatedShutdown shutdown = CoordinatedShutdown.get(system);
    shutdown.addTask(
        CoordinatedShutdown.PhaseBeforeServiceUnbind(),
        "refuse-and-drain",
        () -> {
          availability.stopping();
          log.info("Stopping: {} requests in flight", availability.inFlight());
          return after(atLeast).thenCompose(_ -> drained(System.nanoTime() + atMost.toNanos()));
        });
    shutdown.addTask(
        CoordinatedShutdown.PhaseServiceUnbind(),
        "unbind",
        () -> binding.terminate(Duration.ofMillis(500)).thenApply(_ -> Done.getInstance()));
  }

  private CompletableFuture<Done> drained(long until) {
    if (availability.inFlight() == 0) {
      return CompletableFuture.completedFuture(Done.getInstance());
    }
    if (System.nanoTime() > until) {
      log.warn("{} requests were not answered in time", availability.inFlight());
      return CompletableFuture.completedFuture(Done.getInstance());
    }
    return after(LOOK_AGAIN).thenCompose(_ -> drained(until));
  }

  private static CompletableFuture<Done> after(Duration time) {
    return new CompletableFuture<Done>()
        .completeOnTimeout(Done.getInstance(), time.toMillis(), TimeUnit.MILLISECONDS);
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
