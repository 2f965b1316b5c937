package io.flashsale.http;

import static akka.http.javadsl.server.Directives.completeWithFuture;
import static akka.http.javadsl.server.Directives.concat;
import static akka.http.javadsl.server.Directives.extractRequest;
import static akka.http.javadsl.server.Directives.get;
import static akka.http.javadsl.server.Directives.path;
import static akka.http.javadsl.server.Directives.post;
import static akka.http.javadsl.server.PathMatchers.segment;

import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.javadsl.server.Route;
import akka.stream.Materializer;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.flashsale.item.ItemId;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import io.flashsale.user.CheckoutCode;
import io.flashsale.user.Order;
import io.flashsale.user.UserCommand;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/buy}, which takes an order and does not wait for it, and {@code GET
 * /api/orders/{id}}, which says what has become of it.
 */
public final class OrderRoutes {

  private static final String ORDERS = "/api/orders/";
  private static final long MOST_BODY_BYTES = 1024;

  /** The longest {@code wait}. */
  static final int MOST_WAIT_SECONDS = 20;

  /** Requests that wait at a time on this node; more are answered at once. */
  static final int MOST_WAITING = 500;

  /** So soon a request that waits notices that the node stops, or that the user has moved. */
  private static final Duration ROUND = Duration.ofSeconds(1);

  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record OrderJson(
      UUID orderId,
      String status,
      @Nullable String reason,
      long userId,
      int productId,
      long saleId) {}

  private final Door door;
  private final Availability availability;
  private final SaleBoard board;
  private final CheckoutRoutes.Users users;
  private final Materializer materializer;
  private final AtomicInteger waiting = new AtomicInteger();

  public OrderRoutes(
      Availability availability,
      Access access,
      SaleBoard board,
      CheckoutRoutes.Users users,
      Materializer materializer) {
    this.door = new Door(availability, access, materializer);
    this.availability = availability;
    this.board = board;
    this.users = users;
    this.materializer = materializer;
  }

  /** Rejects what is not its own. */
  public Route route() {
    return concat(
        path(
            segment("api").slash("buy"),
            () ->
                post(
                    () ->
                        extractRequest(
                            request ->
                                completeWithFuture(
                                    door.identified(request, caller -> buy(request, caller)))))),
        path(
            segment("api").slash("orders").slash(segment()),
            id ->
                get(
                    () ->
                        extractRequest(
                            request ->
                                completeWithFuture(
                                    door.identified(
                                        request, caller -> show(request, caller, id)))))));
  }

  // ---------------------------------------------------------------- placing

  private CompletionStage<HttpResponse> buy(HttpRequest request, Access.Caller caller) {
    if (!request.entity().getContentType().mediaType().equals(MediaTypes.APPLICATION_JSON)) {
      request.discardEntityBytes(materializer);
      return done(Problem.UNSUPPORTED_MEDIA_TYPE_JSON.response());
    }
    return RequestBody.read(request, MOST_BODY_BYTES, RequestBody.TIMEOUT, materializer)
        .thenCompose(body -> buy(request, caller, Json.read(body.getData().toArray())));
  }

  private CompletionStage<HttpResponse> buy(
      HttpRequest request, Access.Caller caller, @Nullable JsonNode body) {
    if (body == null || !body.isObject()) {
      throw new Parameters.Invalid("body", "is not a JSON object");
    }
    Sale sale = board.open();
    if (sale == null) {
      return done(Problem.NO_SALE.response());
    }
    UserId user = new UserId(sale.id(), number(body, "user_id", Long.MIN_VALUE, Long.MAX_VALUE));
    caller.actFor(user.number());
    int item = (int) number(body, "product_id", 0, sale.items() - 1L);
    UUID key = IdempotencyKey.hash(request);
    boolean sold = board.sold().contains(new ItemId(sale.id(), item));
    if (sold && key == null) {
      return done(soldOut(sale).response());
    }
    UserCommand.Terms terms = new UserCommand.Terms(sale.userLimit(), sale.holdTtl());
    return users
        .ask(user, replyTo -> new UserCommand.Buy(item, key, sold, terms, replyTo))
        .thenApply(reply -> taken(sale, user, reply));
  }

  private Problem soldOut(Sale sale) {
    return board.sold().all(sale) ? Problem.ORDER_SOLD_OUT : Problem.ORDER_ITEM_SOLD;
  }

  private static long number(JsonNode body, String name, long least, long most) {
    JsonNode value = body.path(name);
    if (value.isMissingNode()) {
      throw new Parameters.Invalid(name, "is missing");
    }
    // Neither "1" nor 1.0: whoever is not exact is not to buy by mistake.
    return Parameters.number(name, value.isIntegralNumber() ? value.asText() : "", least, most);
  }

  private HttpResponse taken(Sale sale, UserId user, UserReply reply) {
    return switch (reply) {
      case UserReply.OrderTaken taken -> {
        // A repeat may be of an order of an earlier sale.
        UserId buyer = CheckoutCode.user(taken.code(), board.newestId()).orElse(user);
        yield Json.ok(json(buyer, taken.code(), taken.item(), Order.Status.PENDING, null))
            .withStatus(StatusCodes.ACCEPTED)
            .addHeader(RawHeader.create("Location", ORDERS + taken.code()));
      }
      case UserReply.Rejected(UserReply.Reason reason) when reason == UserReply.Reason.ITEM_SOLD ->
          soldOut(sale).response();
      case UserReply.Rejected(UserReply.Reason reason) -> Problem.of(reason).response();
      default -> throw new IllegalStateException("Not asked for: " + reply);
    };
  }

  // ---------------------------------------------------------------- showing

  private CompletionStage<HttpResponse> show(
      HttpRequest request, Access.Caller caller, String text) {
    UUID id =
        CheckoutCode.parse(text)
            .orElseThrow(() -> new Parameters.Invalid("id", "is not a UUID of 36 characters"));
    long wait = Parameters.of(request.getUri().query()).number("wait", 0, 0, MOST_WAIT_SECONDS);
    var user = CheckoutCode.user(id, board.newestId());
    if (user.isEmpty()) {
      return done(Problem.ORDER_UNKNOWN.response()); // no order can have this id
    }
    caller.actFor(user.get().number());
    if (wait == 0 || waiting.incrementAndGet() > MOST_WAITING) {
      if (wait > 0) {
        waiting.decrementAndGet();
      }
      return ask(user.get(), id, false).thenApply(reply -> shown(user.get(), reply));
    }
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(wait);
    return await(user.get(), id, until)
        .whenComplete((_, _) -> waiting.decrementAndGet())
        .thenApply(reply -> shown(user.get(), reply));
  }

  private CompletionStage<UserReply> ask(UserId user, UUID id, boolean await) {
    return users.ask(user, replyTo -> new UserCommand.ShowOrder(id, await, replyTo));
  }

  /** In rounds: who was asked may have died with its node. */
  private CompletionStage<UserReply> await(UserId user, UUID id, long until) {
    long left = until - System.nanoTime();
    if (left <= 0 || availability.isStopping()) {
      return ask(user, id, false);
    }
    return ask(user, id, true)
        .toCompletableFuture()
        .copy()
        .orTimeout(Math.min(left, ROUND.toNanos()), TimeUnit.NANOSECONDS)
        .exceptionallyCompose(
            failure ->
                failure instanceof TimeoutException
                        || (failure instanceof CompletionException
                            && failure.getCause() instanceof TimeoutException)
                    ? await(user, id, until)
                    : CompletableFuture.failedFuture(failure));
  }

  private static HttpResponse shown(UserId user, UserReply reply) {
    return switch (reply) {
      case UserReply.OrderShown(UUID code, int item, Order.Status status, var rejection) ->
          Json.ok(json(user, code, item, status, rejection));
      case UserReply.Rejected(UserReply.Reason reason) -> Problem.of(reason).response();
      default -> throw new IllegalStateException("Not asked for: " + reply);
    };
  }

  private static OrderJson json(
      UserId user, UUID code, int item, Order.Status status, Order.@Nullable Rejection why) {
    return new OrderJson(
        code,
        status.name().toLowerCase(Locale.ROOT),
        why == null ? null : why.word(),
        user.number(),
        item,
        user.saleId());
  }

  private static CompletionStage<HttpResponse> done(HttpResponse response) {
    return CompletableFuture.completedFuture(response);
  }
}
