package io.flashsale.http;

import static akka.http.javadsl.server.Directives.concat;

import akka.Done;
import akka.NotUsed;
import akka.actor.ActorRef;
import akka.actor.CoordinatedShutdown;
import akka.actor.ExtendedActorSystem;
import akka.actor.typed.ActorSystem;
import akka.http.javadsl.Http;
import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.settings.ServerSettings;
import akka.japi.function.Function;
import akka.stream.ActorAttributes;
import akka.stream.Attributes;
import akka.stream.KillSwitches;
import akka.stream.Materializer;
import akka.stream.SystemMaterializer;
import akka.stream.TLSClosing;
import akka.stream.TLSProtocol.SendBytes;
import akka.stream.TLSProtocol.SessionBytes;
import akka.stream.TLSProtocol.SslTlsInbound;
import akka.stream.TLSProtocol.SslTlsOutbound;
import akka.stream.UniqueKillSwitch;
import akka.stream.javadsl.BidiFlow;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Source;
import akka.stream.javadsl.TLS;
import akka.stream.javadsl.TLSPlacebo;
import akka.stream.stage.AsyncCallback;
import akka.util.ByteString;
import io.flashsale.security.ServerTls;
import io.flashsale.tracing.Tracing;
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
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Binds the routes, and takes them down in order: send clients elsewhere, refuse, drain. A
 * connection is Akka HTTP's from the first request on that is not {@linkplain PlainRequest plain}.
 */
public final class HttpServer {

  private static final Logger log = LoggerFactory.getLogger(HttpServer.class);

  /**
   * A target like {@code ftp://host/} passes the parser of Akka HTTP and fails the stage after it:
   * the connection ends, and clients are not to fill the log with it.
   */
  private static final Attributes QUIET =
      Attributes.createLogLevels(
          Attributes.logLevelDebug(), Attributes.logLevelDebug(), Attributes.logLevelDebug());

  private static final Duration LOOK_AGAIN = Duration.ofMillis(20);

  /** What is sent last by TLS, and its end, have this time before the connection is cut. */
  private static final Duration LAST_BYTES = Duration.ofSeconds(2);

  /** Its last type is a variance of Scala that the Java API does not have. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static final BidiFlow<SslTlsOutbound, ByteString, ByteString, SslTlsInbound, NotUsed>
      NO_TLS = (BidiFlow) TLSPlacebo.getInstance();

  private final ActorSystem<?> system;
  private final Availability availability;
  private final ServerSettings settings;
  private final RequestHandler requestHandler;
  private final FairUse fairUse;
  private final CheckoutRoutes checkouts;
  private final LiveRoutes live;
  private final HttpConnection.Surroundings connections;
  private final Set<AsyncCallback<Done>> open = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Bound bound;

  private record Bound(Listener.Port port, ActorRef listener) {}

  public HttpServer(
      ActorSystem<?> system,
      Availability availability,
      RequestMetrics metrics,
      Tracing tracing,
      Duration firstRequestWithin,
      Cors cors,
      Access access,
      CheckoutRoutes checkouts,
      SaleRoutes sales,
      UserRoutes users,
      OrderRoutes orders,
      AdminRoutes admin,
      HealthRoutes health,
      MetricsRoute metricsRoute,
      LiveRoutes live) {
    this.system = system;
    this.availability = availability;
    this.settings = ServerSettings.create(system.classicSystem());
    this.live = live;
    this.fairUse = access.fairUse();
    this.checkouts = checkouts;
    this.requestHandler =
        new RequestHandler(
            system,
            availability,
            metrics,
            tracing,
            cors,
            fairUse,
            checkouts,
            concat(
                new PageRoutes(admin.areThere()).route(),
                new DocumentRoutes().route(),
                sales.route(),
                users.route(),
                orders.route(),
                admin.route(),
                health.route(),
                metricsRoute.route(),
                live.route()));
    String name = settings.getServerHeader().map(HttpHeader::value).orElseThrow();
    this.connections =
        new HttpConnection.Surroundings(
            metrics,
            tracing,
            new ResponseBytes(InstantSource.system(), name, fairUse.refusals()),
            firstRequestWithin,
            Duration.ofNanos(settings.getTimeouts().idleTimeout().toNanos()),
            availability::isLeaving,
            open::add,
            open::remove);
  }

  /**
   * The stage fails if the address cannot be bound.
   *
   * @return the address, with the port that it has got if 0 was asked for
   */
  public CompletionStage<InetSocketAddress> bind(String host, int port) {
    return bind(host, port, null);
  }

  /**
   * The same.
   *
   * @param tls null: connections are not encrypted
   */
  public CompletionStage<InetSocketAddress> bind(String host, int port, @Nullable ServerTls tls) {
    Listener.Port wanted =
        new Listener.Port(
            new InetSocketAddress(host, port), settings.getBacklog(), settings.getSocketOptions());
    bound =
        new Bound(
            wanted,
            ((ExtendedActorSystem) system.classicSystem())
                .systemActorOf(
                    Listener.props(
                        wanted,
                        settings.getMaxConnections(),
                        (bytes, client) -> serve(bytes, client, tls)),
                    "http-" + UUID.randomUUID()));
    return wanted.bound();
  }

  private CompletionStage<Done> serve(
      Flow<ByteString, ByteString, ?> bytes, InetSocketAddress client, @Nullable ServerTls tls) {
    FairUse.Peer peer = fairUse.peer(client);
    HttpConnection connection =
        new HttpConnection(
            connections,
            (request, trace) -> checkouts.handlePlain(peer, request, trace),
            requests -> allOfHttp(client, peer, requests));
    Materializer materializer = SystemMaterializer.get(system).materializer();
    if (tls == null) {
      bytes.join(Flow.fromGraph(connection)).run(materializer);
      return connection.ended();
    }
    UniqueKillSwitch line =
        bytes.joinMat(encrypted(tls, Flow.fromGraph(connection)), Keep.right()).run(materializer);
    return connection
        .ended()
        .thenCompose(_ -> after(LAST_BYTES))
        .whenComplete((_, _) -> line.shutdown());
  }

  /**
   * A handshake takes a millisecond of a processor: it is not for the threads of everybody else.
   * The stage of TLS waits for the other side to end it, so that there is a switch for the line,
   * too.
   */
  private static Flow<ByteString, ByteString, UniqueKillSwitch> encrypted(
      ServerTls tls, Flow<ByteString, ByteString, NotUsed> bytes) {
    return BidiFlow.fromGraph(KillSwitches.<ByteString, ByteString>singleBidi())
        .join(
            BidiFlow
                .<ByteString, SslTlsOutbound, SslTlsInbound, ByteString, NotUsed, NotUsed>fromFlows(
                    Flow.of(ByteString.class).<SslTlsOutbound>map(SendBytes::new),
                    Flow.of(SslTlsInbound.class)
                        .collectType(SessionBytes.class)
                        .map(SessionBytes::bytes))
                .atop(
                    TLS.create(tls::engine, _ -> {}, TLSClosing.eagerClose())
                        .addAttributes(ActorAttributes.dispatcher("flashsale.tls-dispatcher")))
                .reversed()
                .join(bytes));
  }

  /**
   * The stages of Akka HTTP are told once that a client asks for nothing more, by the end of its
   * bytes, and not a second time by the end of the answers: of two ends that find an answer still
   * waiting to be sent, Akka 2.8.5 keeps handing on the one to the other, and the connection would
   * stay.
   */
  private Flow<ByteString, ByteString, ?> allOfHttp(
      InetSocketAddress remote, FairUse.Peer peer, HttpConnection.Requests requests) {
    Function<HttpRequest, CompletionStage<HttpResponse>> answers = requestHandler.of(peer);
    Flow<HttpRequest, HttpResponse, ?> handler =
        Flow.<HttpRequest>create()
            .mapAsync(
                settings.getPipeliningLimit(),
                request -> {
                  requests.arrived();
                  return answers.apply(request);
                })
            .map(
                answer -> {
                  if (LiveRoutes.isLive(answer)) {
                    requests.stays();
                  }
                  return answer;
                })
            .concat(Source.never());
    return Http.get(system)
        .serverLayer(settings, Optional.of(remote))
        .addAttributes(QUIET)
        .atop(NO_TLS)
        .reversed()
        .join(handler);
  }

  /** Connections that are open. */
  public int connections() {
    return open.size();
  }

  /** As many as may be. */
  public int mostConnections() {
    return settings.getMaxConnections();
  }

  /**
   * Takes no more connections, and closes those that there are when what is being worked on is
   * answered. The stage is completed when the port is free.
   */
  public CompletionStage<Done> stop() {
    return unbind().thenApply(this::closeAll);
  }

  private Done closeAll(Done unbound) {
    open.forEach(close -> close.invoke(Done.getInstance()));
    return unbound;
  }

  private CompletionStage<Done> unbind() {
    Bound was = bound;
    if (was == null) {
      return CompletableFuture.completedFuture(Done.getInstance());
    }
    was.listener.tell(Listener.Unbind.NOW, ActorRef.noSender());
    return was.port.unbound();
  }

  /**
   * Adds the stop to the coordinated shutdown. If others take over, the port is closed first, which
   * tells every balancer to connect to them, and who is connected is served once more and told to
   * go: nothing that was sent is refused, as many balancers would not repeat it. A node that is
   * alone refuses what comes, and closes its port later.
   *
   * @param othersTakeOver asked when the stop begins
   * @param atLeast how long clients have to notice, in either case
   * @param atMost how long to wait for requests in flight
   */
  public void stopWithSystem(BooleanSupplier othersTakeOver, Duration atLeast, Duration atMost) {
    CoordinatedShutdown shutdown = CoordinatedShutdown.get(system);
    shutdown.addTask(
        CoordinatedShutdown.PhaseBeforeServiceUnbind(),
        "refuse-and-drain",
        () -> {
          CompletionStage<Done> noticed;
          if (othersTakeOver.getAsBoolean()) {
            availability.leaving();
            noticed =
                unbind()
                    .thenRun(live::leave) // they come back by another node
                    .thenCompose(_ -> after(atLeast))
                    .thenApply(this::closeAll);
          } else {
            availability.stopping();
            live.leave();
            noticed = after(atLeast);
          }
          log.info("Stopping: {} requests in flight", availability.inFlight());
          return noticed.thenCompose(
              _ -> {
                availability.stopping();
                return drained(System.nanoTime() + atMost.toNanos());
              });
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
}
