package io.flashsale.user;

import akka.actor.typed.ActorRef;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.persistence.typed.javadsl.ReplyEffect;
import io.flashsale.item.Item;
import io.flashsale.user.UserCommand.Buy;
import io.flashsale.user.UserCommand.ShowOrder;
import io.flashsale.user.UserCommand.WorkOff;
import io.flashsale.user.UserReply.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The orders of a {@link User}. A pending one is worked off by an attempt like that of a checkout;
 * when its item is held, {@code CheckedOut} and {@code Purchased} are written at once. Nothing of
 * it is volatile but the attempt: after a crash another one is made, until the deadline, and what
 * the first one has reserved is an orphan that its item asks about. {@link OrderWatch} wakes users
 * with pending orders, so that each has an incarnation that goes on.
 */
final class UserOrders {

  /** That a user may place in one sale. So many are remembered, and so much can be written. */
  static final int MOST = 100;

  /** That may be pending at a time. */
  static final int MOST_PENDING = 10;

  /** Who may wait for an order to end; more are answered at once. */
  static final int MOST_WAITING = 64;

  /** From its placing to its deadline. */
  static final Duration TIME = Duration.ofSeconds(30);

  /** Longer than an attempt; what is orphaned is asked about after it. */
  static final Duration HOLD = Duration.ofSeconds(1);

  /** A pending order is looked at so often; usually once is enough. */
  static final Duration LOOK_AGAIN = Duration.ofMillis(250);

  private final User user;
  private final UserKeys keys;
  private final Attempts attempts;
  private final ActorContext<UserCommand> context;
  private final TimerScheduler<UserCommand> timers;
  private final Map<UUID, List<ActorRef<UserReply>>> waiting = new HashMap<>();

  UserOrders(
      User user,
      UserKeys keys,
      Attempts attempts,
      ActorContext<UserCommand> context,
      TimerScheduler<UserCommand> timers) {
    this.user = user;
    this.keys = keys;
    this.attempts = attempts;
    this.context = context;
    this.timers = timers;
  }

  /** All that is pending goes on. */
  void recovered(UserState state) {
    state.orders().values().stream().filter(Order::isPending).forEach(o -> goOn(o.code()));
  }

  /** Repeated, because a message to a busy entity may be dropped; the end of the order ends it. */
  private void goOn(UUID code) {
    timers.startTimerWithFixedDelay(code, new WorkOff(code), LOOK_AGAIN);
    context.getSelf().tell(new WorkOff(code));
  }

  ReplyEffect<UserEvent, UserState> buy(UserState state, Buy c) {
    var done = state.byKey(c.key());
    if (done.isPresent()) {
      return keys.repeated(done.get(), c);
    }
    if (attempts.use(c.key())) {
      return user.reject(c, Reason.KEY_REUSED);
    }
    Reason reason = refusal(state, c);
    if (reason != null) {
      // With a key it may be the repeat of what only a newer incarnation knows (rule R2).
      return c.key() == null ? user.reject(c, reason) : user.compareWithJournal(c, reason);
    }
    UUID code = user.newCode();
    Instant deadline = user.now().plus(TIME);
    return user.Effect()
        .persist(new UserEvent.OrderPlaced(code, c.item(), c.terms().limit(), deadline, c.key()))
        .thenRun(_ -> goOn(code))
        .thenReply(c.replyTo(), _ -> new UserReply.OrderTaken(code, c.item()));
  }

  private static @Nullable Reason refusal(UserState state, Buy c) {
    if (c.sold()) {
      return Reason.ITEM_SOLD;
    }
    long pending = state.orders().values().stream().filter(Order::isPending).count();
    return state.orders().size() >= MOST || pending >= MOST_PENDING ? Reason.TOO_MANY_ORDERS : null;
  }

  ReplyEffect<UserEvent, UserState> show(UserState state, ShowOrder c) {
    Order order = state.order(c.code());
    if (order == null) {
      return user.compareWithJournal(c, Reason.ORDER_UNKNOWN);
    }
    int others = waiting.values().stream().mapToInt(List::size).sum();
    if (c.await() && order.isPending() && others < MOST_WAITING) {
      waiting.computeIfAbsent(c.code(), _ -> new ArrayList<>()).add(c.replyTo());
      return user.Effect().noReply();
    }
    return user.Effect().reply(c.replyTo(), shown(order));
  }

  // ---------------------------------------------------------------- working off

  ReplyEffect<UserEvent, UserState> workOff(UserState state, WorkOff c) {
    Order order = state.order(c.code());
    if (order == null || !order.isPending()) {
      timers.cancel(c.code());
      return user.Effect().noReply();
    }
    if (attempts.areFor(order)) {
      return user.Effect().noReply();
    }
    if (!user.now().isBefore(order.deadline())) {
      return reject(order, Order.Rejection.TIMED_OUT);
    }
    Reason reason = attempts.refusal(state, List.of(order.item()), order.limit());
    if (reason == null) {
      return user.attempt(order);
    }
    if (!attempts.isEmpty()) {
      return user.Effect().noReply(); // what is being decided may come to nothing
    }
    return reject(
        order,
        switch (reason) {
          case ITEM_SOLD -> Order.Rejection.ITEM_SOLD;
          case LIMIT_REACHED -> Order.Rejection.LIMIT_REACHED;
          default -> Order.Rejection.ITEM_RESERVED;
        });
  }

  /** The item is held: what the order wants is bought in the same write (rules R4, R5, R6). */
  ReplyEffect<UserEvent, UserState> confirm(
      UserState state, long holdId, Attempts.Attempt attempt) {
    Order order = state.order(attempt.code());
    if (order == null || !order.isPending()) {
      user.release(holdId, attempt.items());
      return user.Effect().noReply();
    }
    return user.Effect()
        .persist(
            List.of(
                new UserEvent.CheckedOut(
                    order.code(), holdId, attempt.items(), attempt.expiresAt(), null),
                new UserEvent.Purchased(order.code(), null)))
        .thenRun(
            after -> {
              user.confirm(after, order.code());
              ended(after, order.code());
            })
        .thenNoReply();
  }

  /** The attempt is forgotten, and what it holds is released. */
  ReplyEffect<UserEvent, UserState> refused(
      UserState state, Attempts.Attempt attempt, Item.Reply.Refused refused) {
    Order order = state.order(attempt.code());
    boolean orphan = refused.own() && state.owning(refused.item()).isEmpty();
    if (order == null || !order.isPending() || orphan) {
      // An orphan is asked about by its item, and the next attempt gets it.
      return user.Effect().noReply();
    }
    return reject(
        order,
        switch (refused.reason()) {
          case RESERVED -> Order.Rejection.ITEM_RESERVED;
          case SOLD -> Order.Rejection.ITEM_SOLD;
        });
  }

  private ReplyEffect<UserEvent, UserState> reject(Order order, Order.Rejection why) {
    return user.Effect()
        .persist(new UserEvent.OrderRejected(order.code(), why))
        .thenRun(after -> ended(after, order.code()))
        .thenNoReply();
  }

  private void ended(UserState state, UUID code) {
    timers.cancel(code);
    Order order = state.order(code);
    List<ActorRef<UserReply>> those = waiting.remove(code);
    if (order != null && those != null) {
      those.forEach(one -> one.tell(shown(order)));
    }
  }

  static UserReply shown(UserState state) {
    return new UserReply.OrdersShown(
        state.orders().values().stream().map(UserOrders::shown).toList());
  }

  private static UserReply.OrderShown shown(Order order) {
    return new UserReply.OrderShown(order.code(), order.item(), order.status(), order.rejection());
  }
}
