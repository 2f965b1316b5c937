package io.flashsale.http;

import static akka.http.javadsl.server.Directives.complete;
import static akka.http.javadsl.server.Directives.completeWithFuture;
import static akka.http.javadsl.server.Directives.concat;
import static akka.http.javadsl.server.Directives.extractRequest;
import static akka.http.javadsl.server.Directives.get;
import static akka.http.javadsl.server.Directives.onComplete;
import static akka.http.javadsl.server.Directives.path;
import static akka.http.javadsl.server.Directives.pathPrefix;
import static akka.http.javadsl.server.Directives.post;
import static akka.http.javadsl.server.PathMatchers.longSegment;
import static akka.http.javadsl.server.PathMatchers.segment;

import akka.actor.typed.ActorRef;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.javadsl.server.Route;
import akka.stream.Materializer;
import io.flashsale.ops.Auditor;
import io.flashsale.ops.ClusterStatus;
import io.flashsale.sale.Asked;
import io.flashsale.sale.ExtraSale;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import io.flashsale.sale.SaleCoordinator;
import io.flashsale.sale.SaleDecision;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What operators may do. Without a token in the configuration there is nothing here, as for anybody
 * who asks for what does not exist; with one, whoever does not show it is asked for it.
 */
public final class AdminRoutes {

  private static final Logger log = LoggerFactory.getLogger(AdminRoutes.class);

  /** Asks the coordinator, wherever it lives. The stage fails if no answer comes in time. */
  @FunctionalInterface
  public interface Coordinator {
    CompletionStage<SaleDecision> ask(
        Function<ActorRef<SaleDecision>, SaleCoordinator.Command> command);
  }

  /** What operators look at. The stages fail if no answer comes in time. */
  public interface Views {

    /** As the coordinator knows them. */
    CompletionStage<SaleCoordinator.Plans> plans();

    CompletionStage<ClusterStatus.Report> cluster();
  }

  private record SaleJson(
      @Nullable Long id, String status, Instant startedAt, Instant endedAt, int totalItems) {}

  private final @Nullable AdminToken token;
  private final Access access;
  private final Door door;
  private final Coordinator coordinator;
  private final SaleBoard board;
  private final Auditor auditor;
  private final Views views;
  private final Materializer materializer;

  /**
   * The routes.
   *
   * @param token null if there is none
   * @param access says whose tokens are accepted besides; if there are none of either kind, there
   *     are no routes
   */
  public AdminRoutes(
      @Nullable AdminToken token,
      Access access,
      Availability availability,
      Coordinator coordinator,
      SaleBoard board,
      Auditor auditor,
      Views views,
      Materializer materializer) {
    this.token = token;
    this.access = access;
    this.door = new Door(availability, access, materializer);
    this.coordinator = coordinator;
    this.board = board;
    this.auditor = auditor;
    this.views = views;
    this.materializer = materializer;
  }

  /** Rejects what is not its own. */
  public Route route() {
    return pathPrefix("admin", () -> extractRequest(this::admitted));
  }

  /** Whether anybody is an operator. */
  boolean areThere() {
    return token != null || access.knowsOperators();
  }

  private Route admitted(HttpRequest request) {
    if (!areThere()) {
      request.discardEntityBytes(materializer);
      return complete(Problem.NOT_FOUND.response());
    }
    if (token != null && token.isIn(request)) {
      return routes(request);
    }
    return onComplete(
        () -> access.operator(request, materializer.executionContext()),
        operator -> {
          if (operator.isSuccess()) {
            return routes(request);
          }
          request.discardEntityBytes(materializer);
          return complete(Door.failed(Door.cause(operator.failed().get())));
        });
  }

  private Route routes(HttpRequest request) {
    return concat(
        path(
            "sales",
            () ->
                concat(
                    get(() -> guarded(request, this::plans)),
                    post(() -> guarded(request, () -> openSale(request))))),
        path(
            segment("sales").slash(longSegment()).slash("close"),
            id -> post(() -> guarded(request, () -> closeSale(request, id)))),
        path("cluster", () -> get(() -> guarded(request, this::cluster))),
        path("audit", () -> get(() -> guarded(request, () -> audit(request)))));
  }

  private Route guarded(HttpRequest request, Door.Answer answer) {
    return completeWithFuture(door.guarded(request, answer));
  }

  private CompletionStage<HttpResponse> openSale(HttpRequest request) {
    UUID key = IdempotencyKey.hash(request);
    return AdminRequests.sale(request, materializer)
        .thenCompose(
            wanted ->
                coordinator.ask(
                    replyTo ->
                        new SaleCoordinator.OpenSale(
                            wanted.startedAt(),
                            wanted.endedAt(),
                            wanted.totalItems(),
                            asked(key, "open " + wanted),
                            replyTo)))
        .thenApply(AdminRoutes::rendered);
  }

  private static @Nullable Asked asked(@Nullable UUID key, String what) {
    return key == null ? null : new Asked(key, IdempotencyKey.digest(what));
  }

  private CompletionStage<HttpResponse> closeSale(HttpRequest request, long id) {
    request.discardEntityBytes(materializer);
    Asked asked = asked(IdempotencyKey.hash(request), "close " + id);
    return coordinator
        .ask(replyTo -> new SaleCoordinator.CloseSale(id, asked, replyTo))
        .thenApply(AdminRoutes::rendered);
  }

  private static HttpResponse rendered(SaleDecision decision) {
    return switch (decision) {
      case SaleDecision.Scheduled(ExtraSale extra) -> created(json(extra));
      case SaleDecision.Planned(Sale sale, SaleDecision.Status status) ->
          created(json(sale, status.name().toLowerCase(Locale.ROOT)))
              .addHeader(RawHeader.create("Location", "/sales/" + sale.id()));
      case SaleDecision.Closing(Sale sale) -> Json.ok(json(sale, "closing"));
      case SaleDecision.Refused refused ->
          problem(refused.reason()).about(refused.parameter(), refused.detail());
      case SaleDecision.OutcomeUnknown _ -> Problem.OUTCOME_UNKNOWN.response();
    };
  }

  private static Problem problem(SaleDecision.Reason reason) {
    return switch (reason) {
      case INVALID -> Problem.INVALID_PARAMETER;
      case OVERLAPS -> Problem.SALE_OVERLAPS;
      case TOO_MANY -> Problem.TOO_MANY_SALES;
      case KEY_REUSED -> Problem.IDEMPOTENCY_KEY_REUSED;
      case NOT_OPEN -> Problem.SALE_NOT_OPEN;
      case UNKNOWN -> Problem.SALE_UNKNOWN;
    };
  }

  private static SaleJson json(Sale sale, String status) {
    return new SaleJson(sale.id(), status, sale.opensAt(), sale.endsAt(), sale.items());
  }

  private static SaleJson json(ExtraSale extra) {
    return new SaleJson(null, "scheduled", extra.opensAt(), extra.endsAt(), extra.items());
  }

  private static HttpResponse created(SaleJson sale) {
    return Json.ok(sale).withStatus(StatusCodes.CREATED);
  }

  private CompletionStage<HttpResponse> plans() {
    return views
        .plans()
        .thenApply(
            plans -> {
              List<SaleJson> coming = new ArrayList<>();
              if (plans.announced() != null) {
                coming.add(json(plans.announced(), "announced"));
              }
              plans.scheduled().forEach(extra -> coming.add(json(extra)));
              return Json.ok(coming);
            });
  }

  private CompletionStage<HttpResponse> cluster() {
    return views.cluster().thenApply(Json::ok);
  }

  private CompletionStage<HttpResponse> audit(HttpRequest request) {
    Parameters parameters = Parameters.of(request.getUri().query());
    Sale open = board.open();
    long id = parameters.number("sale", open == null ? 0 : open.id(), 1, Long.MAX_VALUE);
    if (id == 0) {
      return done(Problem.NO_ACTIVE_SALE);
    }
    if (id > board.newestId()) {
      return done(Problem.SALE_UNKNOWN);
    }
    try {
      return auditor
          .audit(id)
          .thenApply(report -> Json.of(report.toJson()))
          .exceptionally(AdminRoutes::notAudited);
    } catch (RejectedExecutionException e) {
      return done(Problem.OVERLOADED);
    }
  }

  private static HttpResponse notAudited(Throwable failure) {
    log.error("An audit failed", failure);
    return Problem.UNAVAILABLE.about(null, "The journal could not be audited; the log says why");
  }

  private static CompletionStage<HttpResponse> done(Problem problem) {
    return CompletableFuture.completedFuture(problem.response());
  }
}
