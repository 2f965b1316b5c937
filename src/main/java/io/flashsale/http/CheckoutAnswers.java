package io.flashsale.http;

import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaRange;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.Accept;
import io.flashsale.item.ItemId;
import io.flashsale.sale.Catalogue;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import io.flashsale.user.Checkout;
import io.flashsale.user.UserReply;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a user has answered, as text or as JSON: whichever the client would rather have. */
final class CheckoutAnswers {

  /** JSON of a checkout. */
  private record CheckedOut(
      UUID code,
      int itemsCount,
      List<Integer> items,
      Instant expiresAt,
      long saleId,
      @Nullable Instant saleEndsAt) {}

  private record PurchasedItem(int id, String name, boolean sold) {}

  /** JSON of a purchase. */
  private record Purchased(
      boolean success,
      UUID code,
      long saleId,
      List<PurchasedItem> purchasedItems,
      int totalPurchased,
      int failedCount) {}

  private record Released(UUID code, String status) {}

  private record Shown(
      UUID code,
      String status,
      int itemsCount,
      List<Integer> items,
      Instant expiresAt,
      long saleId) {}

  private CheckoutAnswers() {}

  static HttpResponse of(boolean json, long saleId, SaleBoard board, UserReply reply) {
    return of(json, saleId, board.find(saleId), reply);
  }

  /**
   * The answer as it is wanted.
   *
   * @param sale the sale, if it is known; only a checkout that is new may do without
   */
  static HttpResponse of(boolean json, long saleId, @Nullable Sale sale, UserReply reply) {
    return switch (reply) {
      case UserReply.Rejected r -> Problem.of(r.reason()).response();
      case UserReply.CheckedOut r when json ->
          Json.ok(
              new CheckedOut(
                  r.code(),
                  r.items().size(),
                  r.items(),
                  r.expiresAt(),
                  saleId,
                  sale == null ? null : sale.endsAt()));
      case UserReply.CheckedOut r -> text(r.code().toString());
      case UserReply.Purchased r when json ->
          Json.ok(
              new Purchased(
                  true,
                  r.code(),
                  saleId,
                  r.items().stream()
                      .map(n -> new PurchasedItem(n, Catalogue.name(new ItemId(saleId, n)), true))
                      .toList(),
                  r.items().size(),
                  0));
      case UserReply.Purchased r -> text("purchased " + r.items());
      case UserReply.Released r when json -> Json.ok(new Released(r.code(), "given_up"));
      case UserReply.Released _ -> text("given up");
      case UserReply.Shown r ->
          Json.ok(
              new Shown(
                  r.code(), name(r.status()), r.items().size(), r.items(), r.expiresAt(), saleId));
      case UserReply.ShownAll _,
          UserReply.OrderTaken _,
          UserReply.OrderShown _,
          UserReply.OrdersShown _ ->
          throw new IllegalStateException("Nobody asks that here: " + reply);
    };
  }

  private static String name(Checkout.Status status) {
    return status.name().toLowerCase(Locale.ROOT);
  }

  /** Text is for those who have not asked for JSON, or would rather have text. */
  static boolean wantsJson(HttpRequest request) {
    var accept = request.getHeader(Accept.class);
    if (accept.isEmpty()) {
      return false;
    }
    float json = 0;
    float text = 0;
    for (MediaRange range : accept.get().getMediaRanges()) {
      boolean isJson = range.matches(MediaTypes.APPLICATION_JSON);
      boolean isText = range.matches(MediaTypes.TEXT_PLAIN);
      if (isJson && !isText) { // not for those who take anything
        json = Math.max(json, range.qValue());
      } else if (isText && !isJson) {
        text = Math.max(text, range.qValue());
      }
    }
    return json > 0 && json >= text;
  }

  private static HttpResponse text(String text) {
    return Bare.PRIVATE
        .withStatus(StatusCodes.OK)
        .withEntity(HttpEntities.create(ContentTypes.TEXT_PLAIN_UTF8, text));
  }
}
