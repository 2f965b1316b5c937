package io.flashsale.live;

import akka.Done;
import akka.stream.Attributes;
import akka.stream.FlowShape;
import akka.stream.Inlet;
import akka.stream.Outlet;
import akka.stream.stage.AbstractInHandler;
import akka.stream.stage.AbstractOutHandler;
import akka.stream.stage.AsyncCallback;
import akka.stream.stage.GraphStage;
import akka.stream.stage.GraphStageLogic;
import akka.stream.stage.TimerGraphStageLogic;
import akka.util.ByteString;
import io.flashsale.sale.Sale;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One client of the feed, from the end of the upgrade or the head of the event stream on. It keeps
 * no queue of what is shown: when bytes can be sent, it sends the latest of each kind that the
 * client has not got. What is kept for it are answers to what it has said, which are bounded by how
 * often it may say something, and the states of its orders.
 *
 * <p>A client that does not read is no longer sent anything, until its connection is cut (see
 * {@code HttpConnection}); one of which not even a pong is heard is dropped here.
 */
public final class LiveClient extends GraphStage<FlowShape<ByteString, ByteString>> {

  /** How messages are sent. */
  public enum Wire {
    WEB_SOCKET,
    /** Server-Sent Events: nothing comes from the client. */
    EVENTS
  }

  /** Messages and control frames of a client in a second. */
  static final int MOST_A_SECOND = 20;

  /** Clients of a node that follow orders: each asks a user once in {@link #LOOK_AT_ORDERS}. */
  static final int MOST_FOLLOWERS = 500;

  static final Duration LOOK_AT_ORDERS = Duration.ofSeconds(1);

  static final Duration PING_EVERY = Duration.ofSeconds(20);

  /** After so many pings without anything heard a client is dropped. */
  private static final int MOST_SILENT_PINGS = 3;

  private static final int GOING_AWAY = 1001;
  private static final int POLICY_VIOLATION = 1008;
  private static final int TRY_AGAIN_LATER = 1013;
  private static final int NORMAL = 1000;
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  /** Shorter than a stopping node waits for its clients (drain-at-least). */
  private static final Duration LINGER_FOR = Duration.ofMillis(300);

  private static final String LINGER = "linger";
  private static final String PING = "ping";
  private static final String ORDERS = "orders";

  private static final CompletionStage<UserReply> NO_ORDERS =
      CompletableFuture.completedFuture(new UserReply.OrdersShown(List.of()));

  private final Inlet<ByteString> in = Inlet.create("live.in");
  private final Outlet<ByteString> out = Outlet.create("live.out");
  private final FlowShape<ByteString, ByteString> shape = FlowShape.of(in, out);

  private final LiveFeed feed;
  private final Supplier<@Nullable Sale> openSale;
  private final Wire wire;
  private final boolean itemsAtOnce;
  private final @Nullable Follower follower;

  private LiveClient(
      LiveFeed feed,
      Supplier<@Nullable Sale> openSale,
      Wire wire,
      boolean itemsAtOnce,
      @Nullable Follower follower) {
    this.feed = feed;
    this.openSale = openSale;
    this.wire = wire;
    this.itemsAtOnce = itemsAtOnce;
    this.follower = follower;
  }

  /** Begins when it is materialized; if there is no place for it, it ends at once. */
  public static LiveClient webSocket(
      LiveFeed feed, Supplier<@Nullable Sale> openSale, Follower follower) {
    return new LiveClient(feed, openSale, Wire.WEB_SOCKET, false, follower);
  }

  /**
   * As a WebSocket, but that nothing is heard from it.
   *
   * @param items whether the items are shown, too
   */
  public static LiveClient events(LiveFeed feed, boolean items) {
    return new LiveClient(feed, () -> null, Wire.EVENTS, items, null);
  }

  @Override
  public FlowShape<ByteString, ByteString> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  /** Whose orders the client follows. */
  private static final class Following {
    private final long user;
    private final @Nullable String token;
    private final FollowedOrders orders = new FollowedOrders();
    private boolean admitted;

    Following(long user, @Nullable String token) {
      this.user = user;
      this.token = token;
    }
  }

  /** What has become of a look at the orders: the reply, or the failure. */
  private record Looked(Following by, @Nullable UserReply reply, @Nullable Throwable failure) {}

  private final class Logic extends TimerGraphStageLogic {

    private final WebSocketDecoder decoder = new WebSocketDecoder();

    /** To at most {@link #MOST_A_SECOND} messages, and the orders of one look. */
    private final Queue<ByteString> answers = new ArrayDeque<>(2);

    private final AsyncCallback<Done> woken = createAsyncCallback(_ -> onWake());
    private final AsyncCallback<Looked> looked = createAsyncCallback(this::onLooked);
    private final Broadcast.Client self =
        new Broadcast.Client() {
          @Override
          void wake() {
            woken.invoke(Done.getInstance());
          }
        };

    private @Nullable LiveMessage sentStock;
    private @Nullable LiveMessage sentItems;
    private boolean wantsItems;
    private @Nullable Following following;
    private boolean looking;
    private boolean closing;
    private boolean lingering;
    private int silentPings;
    private long second = System.nanoTime();
    private int saidInIt;

    Logic() {
      super(shape);
      setHandler(
          in,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              silentPings = 0;
              ByteString bytes = grab(in);
              if (wire == Wire.WEB_SOCKET && !closing) {
                decoder.feed(bytes);
                receive();
              }
              readOn();
            }
          });
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              send();
            }
          });
    }

    @Override
    public void preStart() {
      feed.metrics().opened(wire);
      pull(in);
      if (!feed.broadcast().join(self)) {
        end(TRY_AGAIN_LATER, "overloaded");
        return;
      }
      feed.refresh();
      if (itemsAtOnce) {
        watchItems();
      }
      answer(feed.hello());
      if (wire == Wire.WEB_SOCKET) {
        scheduleWithFixedDelay(PING, PING_EVERY, PING_EVERY);
      }
      if (feed.isLeaving()) { // it may have told all others already
        end(GOING_AWAY, "");
      }
    }

    @Override
    public void postStop() {
      feed.broadcast().leave(self);
      feed.metrics().closed(wire);
      unwatchItems();
      unfollow();
    }

    // ---------------------------------------------------------------- to the client

    private void onWake() {
      feed.broadcast().noted(self);
      if (feed.isLeaving()) {
        end(GOING_AWAY, "");
      }
      send();
    }

    private void send() {
      if (!isAvailable(out)) {
        return;
      }
      ByteString answer = answers.poll();
      if (answer != null) {
        push(out, answer);
        if (closing && !lingering) {
          completeStage();
        } else {
          readOn();
        }
      } else if (closing) {
        return;
      } else if (feed.stock() != sentStock) {
        sentStock = feed.stock();
        push(sentStock);
      } else if (wantsItems && feed.items() != sentItems) {
        sentItems = feed.items();
        push(sentItems);
      }
    }

    private void push(@Nullable LiveMessage message) {
      if (message != null) {
        push(out, bytes(message));
      }
    }

    private ByteString bytes(LiveMessage message) {
      if (wire == Wire.EVENTS) {
        return message.event();
      }
      feed.metrics().sent(message.type());
      return message.frame();
    }

    /** What is for this client alone; it goes first. */
    private void answer(LiveMessage message) {
      answers.add(bytes(message));
      send();
    }

    private void control(ByteString frame) {
      answers.add(frame);
      send();
    }

    /** As long as a client does not take its answers, nothing more is read from it. */
    private void readOn() {
      if (answers.isEmpty() && !isClosed(in) && !hasBeenPulled(in)) {
        pull(in);
      }
    }

    /**
     * Says why with a last frame. If it was not the client who began, what still comes from it is
     * read over for a moment: a connection that is closed before would take the frame along.
     */
    private void end(int code, String reason) {
      if (closing) {
        return;
      }
      closing = true;
      if (wire == Wire.EVENTS) {
        completeStage();
        return;
      }
      lingering = code != NORMAL;
      answers.clear();
      answers.add(WebSocketFrames.close(code, reason));
      scheduleOnce(LINGER, LINGER_FOR);
      send();
    }

    // ---------------------------------------------------------------- from the client

    private void receive() {
      WebSocketDecoder.Received received = decoder.next();
      while (received != null && !closing) {
        if (isTooMuch()) {
          end(POLICY_VIOLATION, "more than " + MOST_A_SECOND + " messages in a second");
          return;
        }
        on(received);
        received = decoder.next();
      }
    }

    private void on(WebSocketDecoder.Received received) {
      switch (received) {
        case WebSocketDecoder.Received.Text(String text) -> on(ClientMessage.read(text));
        case WebSocketDecoder.Received.TooLong _ -> {
          feed.metrics().received(ClientMessage.Type.INVALID);
          answer(
              LiveMessage.error(
                  "content-too-large",
                  "A message has at most " + WebSocketDecoder.MOST_MESSAGE_BYTES + " bytes"));
        }
        case WebSocketDecoder.Received.Ping(ByteString payload) ->
            control(WebSocketFrames.pong(payload.toArrayUnsafe()));
        case WebSocketDecoder.Received.Pong _ -> {} // it is heard, and that is all
        case WebSocketDecoder.Received.Binary _ -> end(POLICY_VIOLATION, "messages are text");
        case WebSocketDecoder.Received.Close _ -> end(NORMAL, "");
        case WebSocketDecoder.Received.Violation(int code, String reason) -> end(code, reason);
      }
    }

    private boolean isTooMuch() {
      long now = System.nanoTime();
      if (now - second > SECOND) {
        second = now;
        saidInIt = 0;
      }
      return ++saidInIt > MOST_A_SECOND;
    }

    private void on(ClientMessage message) {
      feed.metrics().received(message.type());
      switch (message) {
        case ClientMessage.Ping _ -> answer(LiveMessage.PONG);
        case ClientMessage.SubscribeItems _ -> {
          answer(LiveMessage.subscribed(Topic.ITEMS));
          watchItems();
          send();
        }
        case ClientMessage.SubscribeOrders(long user, var token) -> follow(user, token);
        case ClientMessage.Unsubscribe(Topic topic) -> {
          switch (topic) {
            case ITEMS -> unwatchItems();
            case ORDERS -> unfollow();
          }
        }
        case ClientMessage.Invalid(String detail) ->
            answer(LiveMessage.error("invalid-parameter", detail));
      }
    }

    private void watchItems() {
      if (!wantsItems) {
        wantsItems = true;
        feed.watchingItems().incrementAndGet();
        feed.refresh();
      }
    }

    private void unwatchItems() {
      if (wantsItems) {
        wantsItems = false;
        sentItems = null;
        feed.watchingItems().decrementAndGet();
      }
    }

    // ---------------------------------------------------------------- orders

    /**
     * One user at a time: another one takes the place of the first, and is asked when that would
     * have been.
     */
    private void follow(long user, @Nullable String token) {
      unfollow();
      if (feed.followers().incrementAndGet() > MOST_FOLLOWERS) {
        feed.followers().decrementAndGet();
        answer(LiveMessage.error("overloaded", "Too many follow orders on this node"));
        return;
      }
      following = new Following(user, token);
      if (!isTimerActive(ORDERS)) {
        scheduleWithFixedDelay(ORDERS, Duration.ZERO, LOOK_AT_ORDERS);
      }
    }

    private void unfollow() {
      if (following != null) {
        following = null;
        feed.followers().decrementAndGet();
      }
    }

    @Override
    public void onTimer(Object timer) {
      if (timer.equals(LINGER)) {
        completeStage();
      } else if (timer.equals(ORDERS)) {
        lookAtOrders();
      } else if (++silentPings > MOST_SILENT_PINGS) {
        completeStage();
      } else if (answers.isEmpty()) {
        control(WebSocketFrames.ping());
      }
    }

    /** Unless the last look is not over, or the client has not read what came of it. */
    private void lookAtOrders() {
      Following by = following;
      if (by == null || follower == null) {
        cancelTimer(ORDERS);
        return;
      }
      if (looking || !answers.isEmpty()) {
        return;
      }
      looking = true;
      Sale open = openSale.get();
      long sale = by.orders.sale(open == null ? null : open.id());
      follower
          .admit(by.user, by.token)
          .thenCompose(_ -> sale == 0 ? NO_ORDERS : follower.orders(new UserId(sale, by.user)))
          .whenComplete((reply, failure) -> looked.invoke(new Looked(by, reply, failure)));
    }

    private void onLooked(Looked looked) {
      Following by = looked.by;
      looking = false;
      if (by != following || closing) {
        return; // it has unsubscribed meanwhile
      }
      if (cause(looked.failure) instanceof Follower.Refused refused) {
        if (!by.admitted || !refused.isPassing()) {
          unfollow();
          answer(LiveMessage.error(refused.code(), String.valueOf(refused.getMessage())));
        }
        return;
      }
      if (!by.admitted) {
        by.admitted = true;
        answer(LiveMessage.subscribed(Topic.ORDERS));
      }
      if (looked.reply instanceof UserReply.OrdersShown(var orders)) {
        by.orders.news(orders).forEach(order -> answer(LiveMessage.order(order)));
      }
    }

    private static @Nullable Throwable cause(@Nullable Throwable failure) {
      return failure instanceof CompletionException ? failure.getCause() : failure;
    }
  }
}
