package io.flashsale.http;

import akka.http.javadsl.model.AttributeKey;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpEntity;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.Connection;
import akka.http.javadsl.model.headers.RawHeader;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.flashsale.user.UserReply;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Every way to say no, with its status: problem details of RFC 9457 whose {@code code} is stable.
 * The one place where reasons become statuses.
 */
@SuppressWarnings("ImmutableEnumChecker") // responses of Akka HTTP are immutable, and do not say so
public enum Problem {
  INVALID_PARAMETER(400, "A parameter is missing, malformed or out of range"),
  ORDER_ITEM_SOLD(400, "item-sold", "The item is sold", 0),
  ORDER_SOLD_OUT(400, "sold-out", "All items of this sale are sold", 0),
  MALFORMED_REQUEST(400, "The request is not well-formed HTTP"),
  UNAUTHORIZED(401, "The token of an operator is needed"),
  TOKEN_MISSING(401, "unauthorized", "The token of the user is needed", 0),
  INVALID_TOKEN(401, "The token cannot be accepted"),
  FORBIDDEN(403, "The token is not for this"),
  NOT_FOUND(404, "There is nothing here"),
  SALE_UNKNOWN(404, "There is no such sale"),
  CHECKOUT_NOT_FOUND(404, "checkout-unknown", "There is no checkout with this code", 0),
  ORDER_UNKNOWN(404, "There is no order with this id"),
  NO_ACTIVE_SALE(404, "no-sale", "No sale is open", 0),
  METHOD_NOT_ALLOWED(405, "This resource does not have that method"),
  ITEM_RESERVED(409, "The item is held by somebody"),
  ITEM_SOLD(409, "The item is sold"),
  SOLD_OUT(409, "All items of this sale are sold"),
  LIMIT_REACHED(409, "The limit of items per user would be passed"),
  CHECKOUT_UNKNOWN(409, "There is no checkout with this code"),
  CHECKOUT_EXPIRED(409, "The checkout has ended unbought"),
  ALREADY_PURCHASED(409, "The checkout is already purchased"),
  IDEMPOTENCY_KEY_IN_USE(409, "A request with this Idempotency-Key is still being worked on"),
  SALE_OVERLAPS(409, "Another sale is open or planned in this time"),
  TOO_MANY_SALES(409, "So many sales are scheduled, or have live holds, already"),
  SALE_NOT_OPEN(409, "This sale is not the open one"),
  TOO_MANY_ORDERS(409, "The user has placed as many orders as one may in a sale, or at a time"),
  CONTENT_TOO_LARGE(413, "The body is too large"),
  URI_TOO_LONG(414, "The request target is too long"),
  UNSUPPORTED_MEDIA_TYPE(415, "A body must be application/x-www-form-urlencoded"),
  UNSUPPORTED_MEDIA_TYPE_JSON(
      415, "unsupported-media-type", "The body must be application/json", 0),
  IDEMPOTENCY_KEY_REUSED(422, "This Idempotency-Key was used for another request"),
  UPGRADE_REQUIRED(426, "This is for WebSockets of version 13"),
  RATE_LIMITED(429, 1, "There are too many requests; nothing has been done"),
  HEADERS_TOO_LARGE(431, "The headers are too large, or too many"),
  NO_SALE(503, 1, "No sale is open"),
  STARTING(503, 1, "The service is starting"),
  STOPPING(503, 1, "This node is stopping"),
  OVERLOADED(503, 1, "The service is overloaded; nothing has been done"),
  UNAVAILABLE(503, 1, "The database cannot be reached"),
  OUTCOME_UNKNOWN(503, 1, "The outcome is not known; repeat with the same Idempotency-Key");

  /**
   * Which problem a response is. In a class of its own: constants are made before what is static.
   */
  private static final class Attribute {
    private static final AttributeKey<Problem> KEY = AttributeKey.create("problem", Problem.class);
  }

  private final int status;
  private final String code;
  private final String title;
  private final HttpResponse response;
  private final int retryAfter;

  Problem(int status, String title) {
    this(status, 0, title);
  }

  /**
   * A problem that passes.
   *
   * @param retryAfter seconds
   */
  Problem(int status, int retryAfter, String title) {
    this.status = status;
    this.code = name().toLowerCase(Locale.ROOT).replace('_', '-');
    this.title = title;
    this.retryAfter = retryAfter;
    this.response = render(null, null);
  }

  Problem(int status, String code, String title, int retryAfter) {
    this.status = status;
    this.code = code;
    this.title = title;
    this.retryAfter = retryAfter;
    this.response = render(null, null);
  }

  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Details(
      String type,
      String title,
      int status,
      String code,
      @Nullable String parameter,
      @Nullable String detail) {}

  /** The answer without particulars, rendered once. */
  public HttpResponse response() {
    return response;
  }

  /** The answer that names the parameter and says what is wrong with it. */
  public HttpResponse about(@Nullable String parameter, String detail) {
    return render(parameter, detail);
  }

  /** Which problem the response is, or null for none. */
  static @Nullable Problem of(HttpResponse response) {
    return response.getAttribute(Attribute.KEY).orElse(null);
  }

  public int status() {
    return status;
  }

  String title() {
    return title;
  }

  public String code() {
    return code;
  }

  HttpEntity.Strict entity(@Nullable String parameter, @Nullable String detail) {
    return HttpEntities.create(
        Json.PROBLEM,
        Json.bytes(
            new Details("urn:flashsale:problem:" + code, title, status, code, parameter, detail)));
  }

  private HttpResponse render(@Nullable String parameter, @Nullable String detail) {
    HttpResponse rendered =
        Bare.PRIVATE
            .withStatus(StatusCodes.get(status))
            .withEntity(entity(parameter, detail))
            .addAttribute(Attribute.KEY, this);
    if (retryAfter > 0) {
      rendered = rendered.addHeader(RawHeader.create("Retry-After", Integer.toString(retryAfter)));
    }
    String challenge = challenge(detail);
    if (challenge != null) {
      rendered = rendered.addHeader(RawHeader.create("WWW-Authenticate", challenge));
    }
    if (code.equals("upgrade-required")) {
      rendered = rendered.addHeader(RawHeader.create("Upgrade", "websocket"));
    }
    // The next request on this connection would meet a closed socket.
    return code.equals("stopping") ? rendered.addHeader(Connection.create("close")) : rendered;
  }

  /** What RFC 6750 has a client told: an error only if there was a token. */
  private @Nullable String challenge(@Nullable String detail) {
    String realm = "Bearer realm=\"flashsale\"";
    return switch (this) {
      case UNAUTHORIZED, TOKEN_MISSING -> realm;
      case INVALID_TOKEN ->
          "%s, error=\"invalid_token\", error_description=\"%s\""
              .formatted(realm, detail == null ? title : detail);
      case FORBIDDEN -> realm + ", error=\"insufficient_scope\"";
      default -> null;
    };
  }

  /** The answer to a request that the user has refused. */
  static Problem of(UserReply.Reason reason) {
    return switch (reason) {
      case ITEM_RESERVED -> ITEM_RESERVED;
      case ITEM_SOLD -> ITEM_SOLD;
      case LIMIT_REACHED -> LIMIT_REACHED;
      case CHECKOUT_UNKNOWN -> CHECKOUT_UNKNOWN;
      case CHECKOUT_EXPIRED -> CHECKOUT_EXPIRED;
      case ALREADY_PURCHASED -> ALREADY_PURCHASED;
      case KEY_REUSED -> IDEMPOTENCY_KEY_REUSED;
      case KEY_IN_USE -> IDEMPOTENCY_KEY_IN_USE;
      case ORDER_UNKNOWN -> ORDER_UNKNOWN;
      case TOO_MANY_ORDERS -> TOO_MANY_ORDERS;
      case OVERLOADED -> OVERLOADED;
      case OUTCOME_UNKNOWN -> OUTCOME_UNKNOWN;
    };
  }
}
