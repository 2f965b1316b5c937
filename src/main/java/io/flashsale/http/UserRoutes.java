package io.flashsale.http;

import static akka.http.javadsl.server.Directives.completeWithFuture;
import static akka.http.javadsl.server.Directives.concat;
import static akka.http.javadsl.server.Directives.extractRequest;
import static akka.http.javadsl.server.Directives.get;
import static akka.http.javadsl.server.Directives.path;
import static akka.http.javadsl.server.PathMatchers.segment;

import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.server.Route;
import akka.stream.Materializer;
import io.flashsale.item.ItemId;
import io.flashsale.readside.SaleQueries;
import io.flashsale.sale.Catalogue;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import io.flashsale.user.UserCommand;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * {@code GET /users/{id}/purchases} and {@code /users/{id}/checkouts}: what a user has bought and
 * holds in a sale. The user itself says so, after a look at the journal, so that it is never
 * behind. The limit of the sale bounds the answer.
 */
public final class UserRoutes {

  private static final long FIND_SALE_SECONDS = 4;

  private record BoughtItem(int id, String name, BigDecimal price, String imageUrl) {}

  private record Purchase(UUID code, List<BoughtItem> items) {}

  private record Purchases(
      long userId, long saleId, int totalPurchased, List<Purchase> purchases) {}

  /**
   * Without its code: anybody may ask for any user, and whoever has the code of an open checkout
   * can buy with it, or give it up.
   */
  private record OpenCheckout(List<Integer> items, int itemsCount, Instant expiresAt) {}

  private record OpenCheckouts(
      long userId, long saleId, int totalHeld, List<OpenCheckout> checkouts) {}

  private interface Rendering {
    Object of(UserId user, UserReply.ShownAll shown);
  }

  private final Door door;
  private final SaleBoard board;
  private final KnownSales sales;
  private final CheckoutRoutes.Users users;

  public UserRoutes(
      Availability availability,
      Access access,
      SaleBoard board,
      SaleQueries queries,
      CheckoutRoutes.Users users,
      Materializer materializer) {
    this.door = new Door(availability, access, materializer);
    this.board = board;
    this.sales = new KnownSales(board, queries);
    this.users = users;
  }

  /** Rejects what is not its own. */
  public Route route() {
    return concat(
        path(
            segment("users").slash(segment()).slash("purchases"),
            id -> show(id, UserRoutes::purchases)),
        path(
            segment("users").slash(segment()).slash("checkouts"),
            id -> show(id, UserRoutes::checkouts)));
  }

  private Route show(String id, Rendering rendering) {
    return get(
        () ->
            extractRequest(
                request ->
                    completeWithFuture(
                        door.identified(
                            request, caller -> answer(request, caller, id, rendering)))));
  }

  private CompletionStage<HttpResponse> answer(
      HttpRequest request, Access.Caller caller, String id, Rendering rendering) {
    long number = Parameters.number("user_id", id, Long.MIN_VALUE, Long.MAX_VALUE);
    caller.actFor(number);
    Parameters parameters = Parameters.of(request.getUri().query());
    Sale open = board.open();
    long saleId = parameters.number("sale", open == null ? 0 : open.id(), 1, Long.MAX_VALUE);
    if (saleId == 0) {
      return done(Problem.NO_ACTIVE_SALE.response());
    }
    return refusal(saleId)
        .thenCompose(
            refusal ->
                refusal
                    .map(problem -> done(problem.response()))
                    .orElseGet(() -> ask(new UserId(saleId, number), rendering)));
  }

  /** An actor is started only for users of sales that there are. */
  private CompletionStage<Optional<Problem>> refusal(long saleId) {
    try {
      return sales
          .find(saleId)
          .toCompletableFuture()
          .copy()
          .orTimeout(FIND_SALE_SECONDS, TimeUnit.SECONDS)
          .thenApply(
              sale ->
                  sale.isPresent() ? Optional.<Problem>empty() : Optional.of(Problem.SALE_UNKNOWN))
          .exceptionally(_ -> Optional.of(Problem.UNAVAILABLE));
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(Optional.of(Problem.OVERLOADED));
    }
  }

  private CompletionStage<HttpResponse> ask(UserId user, Rendering rendering) {
    return users
        .ask(user, UserCommand.ShowAll::new)
        .thenApply(
            reply ->
                switch (reply) {
                  case UserReply.ShownAll shown -> Json.ok(rendering.of(user, shown));
                  case UserReply.Rejected rejected -> Problem.of(rejected.reason()).response();
                  default -> throw new IllegalStateException("Not asked for: " + reply);
                });
  }

  private static Object purchases(UserId user, UserReply.ShownAll shown) {
    List<Purchase> purchases =
        shown.purchased().stream()
            .map(
                bought ->
                    new Purchase(
                        bought.code(),
                        bought.items().stream()
                            .map(n -> item(new ItemId(user.saleId(), n)))
                            .toList()))
            .toList();
    return new Purchases(user.number(), user.saleId(), count(shown.purchased()), purchases);
  }

  private static BoughtItem item(ItemId item) {
    return new BoughtItem(
        item.number(), Catalogue.name(item), Catalogue.price(item), Catalogue.imageUrl(item));
  }

  private static Object checkouts(UserId user, UserReply.ShownAll shown) {
    List<OpenCheckout> checkouts =
        shown.open().stream()
            .map(open -> new OpenCheckout(open.items(), open.items().size(), open.expiresAt()))
            .toList();
    return new OpenCheckouts(user.number(), user.saleId(), count(shown.open()), checkouts);
  }

  private static int count(List<UserReply.Shown> shown) {
    return shown.stream().mapToInt(one -> one.items().size()).sum();
  }

  private static CompletionStage<HttpResponse> done(HttpResponse response) {
    return CompletableFuture.completedFuture(response);
  }
}
