package io.flashsale.http;

import static java.util.Objects.requireNonNull;

import akka.actor.typed.ActorRef;
import akka.http.javadsl.model.HttpEntity;
import akka.http.javadsl.model.HttpMethod;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.Query;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.scaladsl.model.IllegalUriException;
import akka.stream.Materializer;
import io.flashsale.item.ItemId;
import io.flashsale.sale.HeldItems;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import io.flashsale.user.CheckoutCode;
import io.flashsale.user.User;
import io.flashsale.user.UserCommand;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /checkout}, {@code POST /purchase}, {@code GET} and {@code DELETE /checkout/{code}}:
 * from a request to the {@link User} that decides, and back to a status.
 */
public final class CheckoutRoutes {

  private static final long MOST_BODY_BYTES = 16 * 1024;
  private static final String CHECKOUT = "/checkout";
  private static final String CHECKOUT_CODE = "/checkout/";
  private static final String PURCHASE = "/purchase";
  private static final UserReply ITEM_RESERVED =
      new UserReply.Rejected(UserReply.Reason.ITEM_RESERVED);

  /** Asks a user, wherever it lives. The stage fails if no answer comes in time. */
  @FunctionalInterface
  public interface Users {
    CompletionStage<UserReply> ask(
        UserId user, Function<ActorRef<UserReply>, UserCommand.Request> request);
  }

  private final Door door;
  private final FairUse fairUse;
  private final SaleBoard board;
  private final Users users;
  private final PastSales pastSales;
  private final Materializer materializer;
  private final HeldItems held;
  private final Duration bodyTimeout;

  /** Finds the sales that the board has forgotten. The stage fails if they cannot be read. */
  @FunctionalInterface
  public interface PastSales {
    CompletionStage<Optional<Sale>> find(long saleId);
  }

  public CheckoutRoutes(
      Availability availability,
      Access access,
      SaleBoard board,
      Users users,
      PastSales pastSales,
      Materializer materializer) {
    this(
        availability,
        access,
        board,
        users,
        pastSales,
        materializer,
        new HeldItems(System::nanoTime),
        RequestBody.TIMEOUT);
  }

  CheckoutRoutes(
      Availability availability,
      Access access,
      SaleBoard board,
      Users users,
      PastSales pastSales,
      Materializer materializer,
      HeldItems held,
      Duration bodyTimeout) {
    this.door = new Door(availability, access, materializer);
    this.fairUse = access.fairUse();
    this.board = board;
    this.users = users;
    this.pastSales = pastSales;
    this.materializer = materializer;
    this.held = held;
    this.bodyTimeout = bodyTimeout;
  }

  /** Answers what is its own, or null for the other routes. */
  public @Nullable CompletionStage<HttpResponse> handle(HttpRequest request) {
    String path = request.getUri().path();
    if (path.equals(CHECKOUT)) {
      return only(HttpMethods.POST, request, this::checkOut);
    }
    if (path.equals(PURCHASE)) {
      return only(HttpMethods.POST, request, this::purchase);
    }
    if (path.startsWith(CHECKOUT_CODE)) {
      String code = path.substring(CHECKOUT_CODE.length());
      HttpMethod method = request.method();
      if (method.equals(HttpMethods.GET) || method.equals(HttpMethods.HEAD)) {
        return door.identified(request, caller -> show(request, caller, code));
      }
      if (method.equals(HttpMethods.DELETE)) {
        return door.identified(request, caller -> giveUp(request, caller, code));
      }
      return methodNotAllowed(request, "GET, HEAD, DELETE");
    }
    return null;
  }

  /**
   * As {@link #handle}, for what is read already and not counted yet; null if it has something that
   * needs to be explained, which {@link #handle} does.
   *
   * @param trace the context of its step, if it is followed
   */
  @Nullable CompletionStage<HttpResponse> handlePlain(
      FairUse.Peer peer, PlainRequest request, @Nullable String trace) {
    Sale open = board.open();
    UUID code = request.code();
    if (code == null
        && (open == null || !request.items().stream().allMatch(item -> item < open.items()))) {
      return null;
    }
    HttpResponse tooMany = fairUse.refusal(peer, request.forwardedFor(), null);
    if (tooMany != null) {
      return done(tooMany);
    }
    return door.identified(
        caller -> {
          if (code == null) {
            caller.actFor(request.userId());
          }
          UUID key = IdempotencyKey.hash(request.key());
          return code != null
              ? purchase(caller, code, key, request.json(), trace)
              : checkOut(
                  requireNonNull(open),
                  new UserId(open.id(), request.userId()),
                  request.items(),
                  null,
                  key,
                  request.json(),
                  trace);
        });
  }

  private interface Handler {
    CompletionStage<HttpResponse> handle(
        HttpRequest request, Access.Caller caller, Parameters parameters);
  }

  private CompletionStage<HttpResponse> only(
      HttpMethod method, HttpRequest request, Handler handler) {
    if (!request.method().equals(method)) {
      return methodNotAllowed(request, method.value());
    }
    return door.identified(request, caller -> withParameters(request, caller, handler));
  }

  private CompletionStage<HttpResponse> methodNotAllowed(HttpRequest request, String allowed) {
    request.discardEntityBytes(materializer);
    return done(
        Problem.METHOD_NOT_ALLOWED.response().addHeader(RawHeader.create("Allow", allowed)));
  }

  private CompletionStage<HttpResponse> withParameters(
      HttpRequest request, Access.Caller caller, Handler handler) {
    HttpEntity entity = request.entity();
    if (entity.isKnownEmpty()) {
      return handler.handle(request, caller, Parameters.of(request.getUri().query()));
    }
    if (!entity.getContentType().mediaType().equals(MediaTypes.APPLICATION_X_WWW_FORM_URLENCODED)) {
      request.discardEntityBytes(materializer);
      return done(Problem.UNSUPPORTED_MEDIA_TYPE.response());
    }
    if (entity.getContentLengthOption().orElse(0) > MOST_BODY_BYTES) {
      request.discardEntityBytes(materializer);
      return done(Problem.CONTENT_TOO_LARGE.response());
    }
    return RequestBody.read(request, MOST_BODY_BYTES, bodyTimeout, materializer)
        .thenApply(body -> form(body.getData().utf8String()))
        .thenCompose(
            form -> handler.handle(request, caller, Parameters.of(request.getUri().query(), form)));
  }

  private static Query form(String body) {
    try {
      return Query.create(body);
    } catch (IllegalUriException e) {
      throw new Parameters.Invalid("body", "is not a form that can be read");
    }
  }

  // ---------------------------------------------------------------- checkout

  private CompletionStage<HttpResponse> checkOut(
      HttpRequest request, Access.Caller caller, Parameters parameters) {
    UUID addTo = parameters.optionalCode();
    Sale open = board.open();
    Sale sale = addTo == null ? open : saleOf(addTo, open);
    if (sale == null) {
      return done(Problem.NO_SALE.response());
    }
    UserId user = new UserId(sale.id(), parameters.userId());
    caller.actFor(user.number());
    List<Integer> items = parameters.itemIds(sale.items());
    if (addTo != null && !CheckoutCode.user(addTo, board.newestId()).equals(Optional.of(user))) {
      // No checkout of this user can have the code.
      return done(Problem.CHECKOUT_UNKNOWN.response());
    }
    return checkOut(
        sale,
        user,
        items,
        addTo,
        IdempotencyKey.hash(request),
        CheckoutAnswers.wantsJson(request),
        trace(request));
  }

  private CompletionStage<HttpResponse> checkOut(
      Sale sale,
      UserId user,
      List<Integer> items,
      @Nullable UUID addTo,
      @Nullable UUID key,
      boolean json,
      @Nullable String trace) {
    // A repeated request is answered by the user as the first time, also when its items are sold.
    Problem refusal = key == null ? refusal(sale, items) : null;
    if (refusal != null) {
      return done(refusal.response());
    }
    UserCommand.Terms terms = new UserCommand.Terms(sale.userLimit(), sale.holdTtl());
    Function<ActorRef<UserReply>, UserCommand.Request> command =
        replyTo -> new UserCommand.CheckOut(items, addTo, key, terms, replyTo, trace);
    if (key != null || addTo != null) {
      return ask(user, json, command);
    }
    HeldItems.Question question = held.question(sale, items);
    return question == null
        ? done(Problem.ITEM_RESERVED.response())
        : ask(user, json, command, question);
  }

  private CompletionStage<HttpResponse> ask(
      UserId user,
      boolean json,
      Function<ActorRef<UserReply>, UserCommand.Request> command,
      HeldItems.Question question) {
    CompletionStage<UserReply> reply;
    try {
      reply = users.ask(user, command);
    } catch (RuntimeException e) {
      reply = CompletableFuture.failedFuture(e);
    }
    return reply
        .whenComplete((answer, _) -> question.answered(ITEM_RESERVED.equals(answer)))
        .thenApply(answer -> CheckoutAnswers.of(json, user.saleId(), board, answer));
  }

  /** An open checkout of a sale that has closed meanwhile is still added to, with its own items. */
  private @Nullable Sale saleOf(UUID code, @Nullable Sale open) {
    return CheckoutCode.user(code, board.newestId())
        .map(user -> board.find(user.saleId()))
        .orElse(open);
  }

  /** What the node knows for certain: sold is for ever. */
  private @Nullable Problem refusal(Sale sale, List<Integer> items) {
    for (int item : items) {
      if (board.sold().contains(new ItemId(sale.id(), item))) {
        return board.sold().all(sale) ? Problem.SOLD_OUT : Problem.ITEM_SOLD;
      }
    }
    return null;
  }

  // ---------------------------------------------------------------- purchase and the rest

  private CompletionStage<HttpResponse> purchase(
      HttpRequest request, Access.Caller caller, Parameters parameters) {
    UUID key = IdempotencyKey.hash(request);
    boolean json = CheckoutAnswers.wantsJson(request);
    return purchase(caller, parameters.code(), key, json, trace(request));
  }

  private static @Nullable String trace(HttpRequest request) {
    return request.getAttribute(Followed.CONTEXT).orElse(null);
  }

  private CompletionStage<HttpResponse> purchase(
      Access.Caller caller, UUID code, @Nullable UUID key, boolean json, @Nullable String trace) {
    return ask(caller, code, json, replyTo -> new UserCommand.Purchase(code, key, replyTo, trace));
  }

  private CompletionStage<HttpResponse> giveUp(
      HttpRequest request, Access.Caller caller, String text) {
    request.discardEntityBytes(materializer);
    UUID code = Parameters.code(text);
    UUID key = IdempotencyKey.hash(request);
    boolean json = CheckoutAnswers.wantsJson(request);
    return ask(caller, code, json, replyTo -> new UserCommand.GiveUp(code, key, replyTo));
  }

  private CompletionStage<HttpResponse> show(
      HttpRequest request, Access.Caller caller, String text) {
    request.discardEntityBytes(materializer);
    UUID code = Parameters.code(text);
    return ask(caller, code, true, replyTo -> new UserCommand.Show(code, replyTo))
        .thenApply(
            response ->
                response == Problem.CHECKOUT_UNKNOWN.response()
                    ? Problem.CHECKOUT_NOT_FOUND.response()
                    : response);
  }

  private CompletionStage<HttpResponse> ask(
      Access.Caller caller,
      UUID code,
      boolean json,
      Function<ActorRef<UserReply>, UserCommand.Request> command) {
    var user = CheckoutCode.user(code, board.newestId());
    if (user.isEmpty()) {
      return done(Problem.CHECKOUT_UNKNOWN.response()); // no checkout can have this code
    }
    caller.actFor(user.get().number());
    return ask(user.get(), json, command);
  }

  private CompletionStage<HttpResponse> ask(
      UserId user, boolean json, Function<ActorRef<UserReply>, UserCommand.Request> command) {
    return users.ask(user, command).thenCompose(reply -> answer(json, user.saleId(), reply));
  }

  /** A request that is repeated may have been done in a sale before the one that is open. */
  private CompletionStage<HttpResponse> answer(boolean json, long saleId, UserReply reply) {
    long doneIn =
        reply instanceof UserReply.CheckedOut done
            ? CheckoutCode.user(done.code(), board.newestId()).map(UserId::saleId).orElse(saleId)
            : saleId;
    Sale sale = board.find(doneIn);
    return sale != null || !(reply instanceof UserReply.CheckedOut)
        ? done(CheckoutAnswers.of(json, doneIn, sale, reply))
        : pastSales
            .find(doneIn)
            .thenApply(past -> CheckoutAnswers.of(json, doneIn, past.orElse(null), reply))
            .exceptionally(_ -> Problem.OUTCOME_UNKNOWN.response());
  }

  private static CompletionStage<HttpResponse> done(HttpResponse response) {
    return CompletableFuture.completedFuture(response);
  }
}
