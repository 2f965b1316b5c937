package io.flashsale.http;

import static akka.http.javadsl.server.Directives.complete;
import static akka.http.javadsl.server.Directives.completeWithFuture;
import static akka.http.javadsl.server.Directives.concat;
import static akka.http.javadsl.server.Directives.extractRequest;
import static akka.http.javadsl.server.Directives.get;
import static akka.http.javadsl.server.Directives.path;
import static akka.http.javadsl.server.PathMatchers.integerSegment;
import static akka.http.javadsl.server.PathMatchers.longSegment;
import static akka.http.javadsl.server.PathMatchers.segment;

import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.javadsl.server.Route;
import io.flashsale.item.ItemId;
import io.flashsale.readside.SaleQueries;
import io.flashsale.sale.Catalogue;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What there is to buy: sales, their items, and pictures of them. */
public final class SaleRoutes {

  private static final int DEFAULT_SALES = 10;
  private static final int DEFAULT_LIMIT = 100;
  private static final int MOST_LIMIT = 1_000;
  private static final long TIMEOUT_SECONDS = 4;

  private record SaleJson(
      long id,
      Instant startedAt,
      Instant endedAt,
      int totalItems,
      int itemsSold,
      boolean active,
      @Nullable Next next) {}

  private record Next(long id, Instant startsAt) {}

  private record ItemJson(int id, String name, BigDecimal price, String imageUrl, boolean sold) {}

  private final SaleBoard board;
  private final SaleQueries queries;
  private final KnownSales sales;

  public SaleRoutes(SaleBoard board, SaleQueries queries) {
    this.board = board;
    this.queries = queries;
    this.sales = new KnownSales(board, queries);
  }

  /** Rejects what is not its own. */
  public Route route() {
    return concat(
        path(
            segment("sales"),
            () -> get(() -> extractRequest(request -> answer(() -> list(request))))),
        path(segment("sales").slash("active"), () -> get(() -> answer(this::active))),
        path(segment("sales").slash(longSegment()), id -> get(() -> answer(() -> sale(id)))),
        path(
            segment("sales").slash(longSegment()).slash("items"),
            id -> get(() -> extractRequest(request -> answer(() -> items(id, request))))),
        path(
            segment("items").slash(integerSegment()).slash("image.svg"),
            item -> get(() -> extractRequest(request -> answer(() -> image(item, request))))));
  }

  private interface Answer {
    CompletionStage<HttpResponse> get();
  }

  private static Route answer(Answer answer) {
    CompletionStage<HttpResponse> response;
    try {
      response = answer.get();
    } catch (Parameters.Invalid e) {
      return complete(Problem.INVALID_PARAMETER.about(e.parameter(), e.detail()));
    } catch (RejectedExecutionException e) {
      return complete(Problem.OVERLOADED.response());
    }
    return completeWithFuture(
        response
            .toCompletableFuture()
            .copy()
            .orTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS)
            .exceptionally(_ -> Problem.UNAVAILABLE.response()));
  }

  /** The latest sale first. */
  private CompletionStage<HttpResponse> list(HttpRequest request) {
    Parameters parameters = Parameters.of(request.getUri().query());
    int limit = (int) parameters.number("limit", DEFAULT_SALES, 1, SaleQueries.MOST_LISTED);
    int offset = (int) parameters.number("offset", 0, 0, Integer.MAX_VALUE);
    return queries
        .list(limit, offset)
        .thenApply(
            page ->
                Json.ok(
                        page.sales().stream()
                            .map(listed -> json(listed.sale(), listed.sold()))
                            .toList())
                    .addHeader(RawHeader.create("X-Total-Count", Integer.toString(page.total()))));
  }

  private CompletionStage<HttpResponse> active() {
    Sale open = board.open();
    return open == null
        ? CompletableFuture.completedFuture(Problem.NO_ACTIVE_SALE.response())
        : queries.sold(open.id()).thenApply(sold -> Json.ok(json(open, sold.cardinality())));
  }

  private CompletionStage<HttpResponse> sale(long id) {
    return sales
        .find(id)
        .thenCompose(
            found ->
                found
                    .map(
                        sale ->
                            queries
                                .sold(id)
                                .thenApply(sold -> Json.ok(json(sale, sold.cardinality()))))
                    .orElseGet(
                        () -> CompletableFuture.completedFuture(Problem.SALE_UNKNOWN.response())));
  }

  private SaleJson json(Sale sale, int sold) {
    Sale open = board.open();
    Sale next = board.next();
    boolean active = open != null && open.id() == sale.id();
    return new SaleJson(
        sale.id(),
        sale.opensAt(),
        sale.endsAt(),
        sale.items(),
        sold,
        active,
        active && next != null ? new Next(next.id(), next.opensAt()) : null);
  }

  private CompletionStage<HttpResponse> items(long id, HttpRequest request) {
    Parameters parameters = Parameters.of(request.getUri().query());
    int limit = (int) parameters.number("limit", DEFAULT_LIMIT, 1, MOST_LIMIT);
    int offset = (int) parameters.number("offset", 0, 0, Integer.MAX_VALUE);
    return sales
        .find(id)
        .thenCompose(
            found ->
                found
                    .map(
                        sale -> queries.sold(id).thenApply(sold -> page(sale, sold, limit, offset)))
                    .orElseGet(
                        () -> CompletableFuture.completedFuture(Problem.SALE_UNKNOWN.response())));
  }

  private static HttpResponse page(Sale sale, BitSet sold, int limit, int offset) {
    List<ItemJson> items = new ArrayList<>();
    long end = Math.min((long) offset + limit, sale.items());
    for (int n = offset; n < end; n++) {
      ItemId item = new ItemId(sale.id(), n);
      items.add(
          new ItemJson(
              n,
              Catalogue.name(item),
              Catalogue.price(item),
              Catalogue.imageUrl(item),
              sold.get(n)));
    }
    return Json.ok(items)
        .addHeader(RawHeader.create("X-Total-Count", Integer.toString(sale.items())));
  }

  /** The same for ever, so that browsers and proxies keep it. */
  private CompletionStage<HttpResponse> image(int item, HttpRequest request) {
    Parameters parameters = Parameters.of(request.getUri().query());
    Sale open = board.open();
    long sale = parameters.number("sale", open == null ? 1 : open.id(), 1, Long.MAX_VALUE);
    byte[] svg = Catalogue.image(new ItemId(sale, item)).getBytes(StandardCharsets.UTF_8);
    return CompletableFuture.completedFuture(
        Bare.PUBLIC
            .withEntity(HttpEntities.create(MediaTypes.IMAGE_SVG_XML.toContentType(), svg))
            .addHeader(RawHeader.create("Cache-Control", "public, max-age=86400"))
            .addHeader(RawHeader.create("Content-Security-Policy", "default-src 'none'")));
  }
}
