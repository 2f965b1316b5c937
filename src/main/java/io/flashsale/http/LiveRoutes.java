package io.flashsale.http;

import static akka.http.javadsl.server.Directives.completeWithFuture;
import static akka.http.javadsl.server.Directives.concat;
import static akka.http.javadsl.server.Directives.extractRequest;
import static akka.http.javadsl.server.Directives.get;
import static akka.http.javadsl.server.Directives.path;

import akka.NotUsed;
import akka.http.impl.engine.server.UpgradeToOtherProtocolResponseHeader;
import akka.http.javadsl.model.AttributeKey;
import akka.http.javadsl.model.AttributeKeys;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.javadsl.server.Route;
import akka.stream.Materializer;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import io.flashsale.live.Follower;
import io.flashsale.live.LiveClient;
import io.flashsale.live.LiveClient.Wire;
import io.flashsale.live.LiveFeed;
import io.flashsale.live.Topic;
import io.flashsale.sale.SaleBoard;
import io.flashsale.user.UserCommand;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /ws} and {@code GET /events}: the live feed, to whoever wants to watch. It shows
 * nothing but what is public, so that pages of any origin may open a WebSocket; only for the orders
 * of a user there has to be a token, if there are any.
 */
public final class LiveRoutes {

  /** Which the key of a handshake is hashed with (RFC 6455, 4.2.2). */
  private static final String HANDSHAKE = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  private static final String KEY = "Sec-WebSocket-Key";

  /** Of a response after which the connection is no longer one of requests. */
  private static final AttributeKey<Wire> LIVE = AttributeKey.create("live", Wire.class);

  private final Availability availability;
  private final Access access;
  private final LiveFeed feed;
  private final SaleBoard board;
  private final CheckoutRoutes.Users users;
  private final Materializer materializer;

  public LiveRoutes(
      Availability availability,
      Access access,
      LiveFeed feed,
      SaleBoard board,
      CheckoutRoutes.Users users,
      Materializer materializer) {
    this.availability = availability;
    this.access = access;
    this.feed = feed;
    this.board = board;
    this.users = users;
    this.materializer = materializer;
  }

  /** Rejects what is not its own. */
  public Route route() {
    return concat(
        path(
            "ws", () -> get(() -> extractRequest(request -> completeWithFuture(upgrade(request))))),
        path(
            "events",
            () -> get(() -> extractRequest(request -> completeWithFuture(events(request))))));
  }

  /** Whether the response begins a WebSocket or an event stream. */
  static boolean isLive(HttpResponse response) {
    return response.getAttribute(LIVE).isPresent();
  }

  /** This node takes no more clients, and sends away those that it has. */
  void leave() {
    feed.leave();
  }

  private CompletionStage<HttpResponse> upgrade(HttpRequest request) {
    String key = request.getHeader(KEY).map(HttpHeader::value).orElse("");
    // Akka HTTP has looked at the handshake; what is no GET with all of its headers is none.
    if (request.getAttribute(AttributeKeys.webSocketUpgrade).isEmpty() || key.isEmpty()) {
      return done(Problem.UPGRADE_REQUIRED.response());
    }
    Problem refusal = refusal();
    if (refusal != null) {
      return done(refusal.response());
    }
    if (!access.showsToken(request)) {
      return done(webSocket(key, null));
    }
    return access
        .caller(request, materializer.executionContext())
        .thenApply(_ -> webSocket(key, Access.token(request)))
        .exceptionally(Door::failed);
  }

  private HttpResponse webSocket(String key, @Nullable String token) {
    Flow<ByteString, ByteString, NotUsed> flow =
        Flow.fromGraph(LiveClient.webSocket(feed, board::open, new Opener(token)));
    return Bare.PRIVATE
        .withStatus(StatusCodes.SWITCHING_PROTOCOLS)
        .addHeader(RawHeader.create("Upgrade", "websocket"))
        .addHeader(akka.http.javadsl.model.headers.Connection.create("upgrade"))
        .addHeader(RawHeader.create("Sec-WebSocket-Accept", accept(key)))
        .addHeader(new UpgradeToOtherProtocolResponseHeader(widened(flow)))
        .addAttribute(LIVE, Wire.WEB_SOCKET);
  }

  /** Its last type is a variance of Scala that the Java API does not have. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static akka.stream.scaladsl.Flow<ByteString, ByteString, Object> widened(
      Flow<ByteString, ByteString, NotUsed> flow) {
    return (akka.stream.scaladsl.Flow) flow.asScala();
  }

  static String accept(String key) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-1")
              .digest((key + HANDSHAKE).getBytes(StandardCharsets.ISO_8859_1));
      return Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  private CompletionStage<HttpResponse> events(HttpRequest request) {
    String topic = Parameters.of(request.getUri().query()).optional("topic");
    if (topic != null && Topic.of(topic).orElse(null) != Topic.ITEMS) {
      return done(Problem.INVALID_PARAMETER.about("topic", "is not items"));
    }
    Problem refusal = refusal();
    if (refusal != null) {
      return done(refusal.response());
    }
    return done(
        Bare.PRIVATE
            .withEntity(
                HttpEntities.createChunked(
                    ContentTypes.create(MediaTypes.TEXT_EVENT_STREAM), stream(topic != null)))
            // A proxy is not to wait for more.
            .addHeader(RawHeader.create("X-Accel-Buffering", "no"))
            .addAttribute(LIVE, Wire.EVENTS));
  }

  private Source<ByteString, ?> stream(boolean items) {
    return Source.<ByteString>maybe().via(LiveClient.events(feed, items));
  }

  private static CompletionStage<HttpResponse> done(HttpResponse response) {
    return CompletableFuture.completedFuture(response);
  }

  /** Why nobody can watch here now, or null. */
  private @Nullable Problem refusal() {
    Problem unready = availability.unready();
    return unready == null && feed.isFull() ? Problem.OVERLOADED : unready;
  }

  // ---------------------------------------------------------------- orders

  /** Who has opened a WebSocket. */
  private final class Opener implements Follower {
    private final @Nullable String shown;

    /**
     * Somebody.
     *
     * @param shown the token of the upgrade
     */
    Opener(@Nullable String shown) {
      this.shown = shown;
    }

    /** Each look counts among the requests for the user, and needs a token that lives. */
    @Override
    public CompletionStage<?> admit(long user, @Nullable String token) {
      return access
          .caller(token == null ? shown : token, materializer.executionContext())
          .thenAccept(known -> known.actFor(user))
          .exceptionallyCompose(failure -> CompletableFuture.failedFuture(refused(failure)));
    }

    private static Throwable refused(Throwable failure) {
      if (!(Door.cause(failure) instanceof Access.Refused refused)) {
        return failure;
      }
      Problem why = Problem.of(refused.response());
      return why == null
          ? failure
          : new Refused(
              why.code(), why.title(), why == Problem.RATE_LIMITED || why == Problem.OVERLOADED);
    }

    @Override
    public CompletionStage<UserReply> orders(UserId user) {
      return users.ask(user, UserCommand.ShowOrders::new);
    }
  }
}
