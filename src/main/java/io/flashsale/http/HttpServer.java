package io.flashsale.http;

import static akka.http.javadsl.server.Directives.complete;
import static akka.http.javadsl.server.Directives.concat;

import akka.Done;
import akka.NotUsed;
import akka.actor.ActorRef;
import akka.actor.CoordinatedShutdown;
import akka.actor.ExtendedActorSystem;
import akka.actor.typed.ActorSystem;
import akka.http.javadsl.Http;
import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.javadsl.server.ExceptionHandler;
import akka.http.javadsl.server.MethodRejection;
import akka.http.javadsl.server.RejectionHandler;
import akka.http.javadsl.server.Route;
import akka.http.javadsl.settings.ServerSettings;
import akka.http.scaladsl.model.EntityStreamSizeException;
import akka.japi.function.Function;
import akka.stream.Attributes;
import akka.stream.SystemMaterializer;
import akka.stream.TLSProtocol.SslTlsInbound;
import akka.stream.TLSProtocol.SslTlsOutbound;
import akka.stream.javadsl.BidiFlow;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.TLSPlacebo;
import akka.stream.stage.AsyncCallback;
import akka.util.ByteString;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Binds the routes, and takes them down in order: refuse, drain, unbind. A connection is Akka
 * HTTP's from the first request on that is not {@linkplain PlainRequest plain}.
 */
public final class HttpServer {

  private static final Logger log = LoggerFactory.getLogger(HttpServer.class);
  private static final Duration BODY_TIMEOUT = Duration.ofSeconds(5);

  /**
   * A target like {@code ftp://host/} passes the parser of Akka HTTP and fails the stage after it:
   * the connection ends, and clients are not to fill the log with it.
   */
  private static final Attributes QUIET =
      Attributes.createLogLevels(
          Attributes.logLevelDebug(), Attributes.logLevelDebug(), Attributes.logLevelDebug());

  private static final Duration LOOK_AGAIN = Duration.ofMillis(20);

  /** Its last type is a variance of Scala that the Java API does not have. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static final BidiFlow<SslTlsOutbound, ByteString, ByteString, SslTlsInbound, NotUsed>
      NO_TLS = (BidiFlow) TLSPlacebo.getInstance();

  private final ActorSystem<?> system;
  private final Availability availability;
  private final ServerSettings settings;
  private final Function<HttpRequest, CompletionStage<HttpResponse>> routes;
  private final HttpConnection.Surroundings connections;
  private final Set<AsyncCallback<Done>> open = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Bound bound;

  private record Bound(Listener.Port port, ActorRef listener) {}

  public HttpServer(
      ActorSystem<?> system,
      Availability availability,
      Duration firstRequestWithin,
      Cors cors,
      CheckoutRoutes checkouts,
      SaleRoutes sales,
      UserRoutes users,
      OrderRoutes orders,
      AdminRoutes admin,
      HealthRoutes health) {
    this.system = system;
    this.availability = availability;
    this.settings = ServerSettings.create(system.classicSystem());
    Route rest =
        concat(
            new DocumentRoutes().route(),
            sales.route(),
            users.route(),
            orders.route(),
            admin.route(),
            health.route());
    var other = rest.seal(rejections(), exceptions()).function(system);
    this.routes =
        cors.allowing(
            request -> {
              CompletionStage<HttpResponse> answer = checkouts.handle(request);
              return answer != null ? answer : other.apply(request);
            });
    String name = settings.getServerHeader().map(HttpHeader::value).orElseThrow();
    this.connections =
        new HttpConnection.Surroundings(
            checkouts::handlePlain,
            new ResponseBytes(InstantSource.system(), name),
            firstRequestWithin,
            Duration.ofNanos(settings.getTimeouts().idleTimeout().toNanos()),
            open::add,
            open::remove);
  }

  /**
   * The stage fails if the address cannot be bound.
   *
   * @return the address, with the port that it has got if 0 was asked for
   */
  public CompletionStage<InetSocketAddress> bind(String host, int port) {
    Listener.Port wanted =
        new Listener.Port(
            new InetSocketAddress(host, port), settings.getBacklog(), settings.getSocketOptions());
    bound =
        new Bound(
            wanted,
            ((ExtendedActorSystem) system.classicSystem())
                .systemActorOf(
                    Listener.props(wanted, settings.getMaxConnections(), this::serve),
                    "http-" + UUID.randomUUID()));
    return wanted.bound();
  }

  private CompletionStage<Done> serve(
      Flow<ByteString, ByteString, ?> bytes, InetSocketAddress client) {
    HttpConnection connection =
        new HttpConnection(connections, arrived -> allOfHttp(client, arrived));
    bytes.join(Flow.fromGraph(connection)).run(SystemMaterializer.get(system).materializer());
    return connection.ended();
  }

  private Flow<ByteString, ByteString, ?> allOfHttp(InetSocketAddress client, Runnable arrived) {
    Flow<HttpRequest, HttpResponse, ?> handler =
        Flow.<HttpRequest>create()
            .mapAsync(
                settings.getPipeliningLimit(),
                request -> {
                  arrived.run();
                  return request.entity().isStrict() || request.method().equals(HttpMethods.POST)
                      ? routes.apply(request)
                      : withoutItsBody(request);
                });
    return Http.get(system)
        .serverLayer(settings, Optional.of(client))
        .addAttributes(QUIET)
        .atop(NO_TLS)
        .reversed()
        .join(handler);
  }

  /**
   * Nobody wants the body of a GET or a DELETE, but an answer before its end would be a warning in
   * the log, as often as a client likes, and the end of the connection.
   */
  private CompletionStage<HttpResponse> withoutItsBody(HttpRequest request) {
    long most = settings.getParserSettings().getMaxContentLength();
    if (request.entity().getContentLengthOption().orElse(0) > most) {
      request.discardEntityBytes(system);
      return CompletableFuture.completedFuture(Problem.CONTENT_TOO_LARGE.response());
    }
    return request
        .toStrict(BODY_TIMEOUT.toMillis(), system)
        .handle(
            (whole, failure) ->
                failure == null
                    ? route(whole)
                    : CompletableFuture.completedFuture(
                        Door.cause(failure) instanceof EntityStreamSizeException
                            ? Problem.CONTENT_TOO_LARGE.response()
                            : Problem.INVALID_PARAMETER.about("body", "did not arrive")))
        .thenCompose(answer -> answer);
  }

  private CompletionStage<HttpResponse> route(HttpRequest request) {
    try {
      return routes.apply(request);
    } catch (Exception e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * Takes no more connections, and closes those that there are when what is being worked on is
   * answered. The stage is completed when the port is free.
   */
  public CompletionStage<Done> stop() {
    Bound was = bound;
    CompletionStage<Done> unbound = CompletableFuture.completedFuture(Done.getInstance());
    if (was != null) {
      was.listener.tell(Listener.Unbind.NOW, ActorRef.noSender());
      unbound = was.port.unbound();
    }
    return unbound.whenComplete((_, _) -> open.forEach(close -> close.invoke(Done.getInstance())));
  }

  /**
   * Adds the stop to the coordinated shutdown.
   *
   * @param atLeast how long new requests are answered 503 before connections are refused
   * @param atMost how long to wait for requests in flight
   */
  public void stopWithSystem(Duration atLeast, Duration atMost) {
    CoordinatedShutdown shutdown = CoordinatedShutdown.get(system);
    shutdown.addTask(
        CoordinatedShutdown.PhaseBeforeServiceUnbind(),
        "refuse-and-drain",
        () -> {
          availability.stopping();
          log.info("Stopping: {} requests in flight", availability.inFlight());
          return after(atLeast).thenCompose(_ -> drained(System.nanoTime() + atMost.toNanos()));
        });
    shutdown.addTask(CoordinatedShutdown.PhaseServiceUnbind(), "unbind", this::stop);
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
