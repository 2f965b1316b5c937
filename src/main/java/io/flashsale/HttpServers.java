package io.flashsale;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.AskPattern;
import akka.stream.Materializer;
import io.flashsale.http.Access;
import io.flashsale.http.AdminRoutes;
import io.flashsale.http.Availability;
import io.flashsale.http.CheckoutRoutes;
import io.flashsale.http.FairUse;
import io.flashsale.http.HealthRoutes;
import io.flashsale.http.HttpServer;
import io.flashsale.http.LiveRoutes;
import io.flashsale.http.MetricsRoute;
import io.flashsale.http.OrderRoutes;
import io.flashsale.http.RequestMetrics;
import io.flashsale.http.SaleRoutes;
import io.flashsale.http.UserRoutes;
import io.flashsale.live.LiveFeed;
import io.flashsale.metrics.Metrics;
import io.flashsale.ops.Auditor;
import io.flashsale.ops.ClusterStatus;
import io.flashsale.ops.Health;
import io.flashsale.readside.SaleQueries;
import io.flashsale.sale.SaleBoard;
import io.flashsale.sale.SaleCoordinator;
import io.flashsale.security.TokenVerifier;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/** Makes the HTTP servers of a node: the API, and another one for its warm-up. */
final class HttpServers {

  /** Of the members that entities and singletons live on, as in application.conf. */
  private static final String ENTITIES_ROLE = "entities";

  /** Who reads the metrics: Prometheus, once in seconds, and now and then somebody else. */
  private static final int MOST_SCRAPES_WAITING = 10;

  private final ActorSystem<?> system;
  private final Settings.Http settings;
  private final ActorRef<SaleCoordinator.Command> coordinator;
  private final SaleQueries queries;
  private final Health health;
  private final Auditor auditor;
  private final LiveFeed live;
  private final Metrics metrics;
  private final MetricsRoute metricsRoute;

  HttpServers(
      ActorSystem<?> system,
      Settings settings,
      ActorRef<SaleCoordinator.Command> coordinator,
      SaleQueries queries,
      Health health,
      Auditor auditor,
      LiveFeed live) {
    this.system = system;
    this.settings = settings.http();
    this.coordinator = coordinator;
    this.queries = queries;
    this.health = health;
    this.auditor = auditor;
    this.live = live;
    this.metrics = Metrics.get(system);
    ExecutorService scrapes = BoundedThreads.create("metrics", 1, MOST_SCRAPES_WAITING);
    system.getWhenTerminated().whenComplete((_, _) -> scrapes.shutdownNow());
    this.metricsRoute =
        new MetricsRoute(settings.metrics() == Settings.MetricsOn.API ? metrics : null, scrapes);
  }

  /**
   * The API.
   *
   * @param tokens null: nobody is asked for one
   */
  HttpServer real(Availability availability, @Nullable TokenVerifier tokens, Entities entities) {
    RequestMetrics requests = new RequestMetrics();
    metrics.add(requests::snapshots);
    FairUse fairUse = new FairUse(settings.fairUse(), System::nanoTime);
    return server(availability, requests, new Access(tokens, fairUse), entities);
  }

  /** Nobody but the node itself can use it, and what is asked there is no part of the metrics. */
  HttpServer forWarmUp(Availability availability, Entities entities) {
    return server(availability, new RequestMetrics(), Access.OPEN, entities);
  }

  private HttpServer server(
      Availability availability, RequestMetrics requests, Access access, Entities entities) {
    Materializer materializer = Materializer.matFromSystem(system);
    SaleBoard board = entities.board();
    CheckoutRoutes.Users users = entities.users(system, settings.requestTimeout());
    return new HttpServer(
        system,
        availability,
        requests,
        entities.tracing(),
        settings.firstRequestWithin(),
        settings.cors(),
        access,
        new CheckoutRoutes(availability, access, board, users, queries::sale, materializer),
        new SaleRoutes(board, queries),
        new UserRoutes(availability, access, board, queries, users, materializer),
        new OrderRoutes(availability, access, board, users, materializer),
        new AdminRoutes(
            settings.adminToken(),
            access,
            availability,
            command ->
                AskPattern.ask(
                    coordinator, command::apply, settings.requestTimeout(), system.scheduler()),
            board,
            auditor,
            new Views(),
            materializer),
        new HealthRoutes(health, availability),
        metricsRoute,
        new LiveRoutes(availability, access, live, board, users, materializer));
  }

  private final class Views implements AdminRoutes.Views {

    private final ClusterStatus cluster =
        new ClusterStatus(system, ENTITIES_ROLE, NodeMetrics.SINGLETONS);

    @Override
    public CompletionStage<SaleCoordinator.Plans> plans() {
      return AskPattern.ask(
          coordinator,
          SaleCoordinator.GetPlans::new,
          settings.requestTimeout(),
          system.scheduler());
    }

    @Override
    public CompletionStage<ClusterStatus.Report> cluster() {
      return cluster.report();
    }
  }
}
