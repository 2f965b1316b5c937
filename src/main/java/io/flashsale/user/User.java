package io.flashsale.user;

import akka.actor.typed.ActorRef;
import akka.actor.typed.BackoffSupervisorStrategy;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.cluster.sharding.typed.javadsl.EntityTypeKey;
import akka.japi.function.Function2;
import akka.persistence.typed.PersistenceId;
import akka.persistence.typed.RecoveryCompleted;
import akka.persistence.typed.javadsl.CommandHandlerWithReply;
import akka.persistence.typed.javadsl.EffectBuilder;
import akka.persistence.typed.javadsl.EventHandler;
import akka.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import akka.persistence.typed.javadsl.Recovery;
import akka.persistence.typed.javadsl.ReplyEffect;
import akka.persistence.typed.javadsl.SignalHandler;
import io.flashsale.item.Item;
import io.flashsale.item.ItemId;
import io.flashsale.tracing.Step;
import io.flashsale.tracing.Tracing;
import io.flashsale.user.UserCommand.AskAgain;
import io.flashsale.user.UserCommand.AskOutcome;
import io.flashsale.user.UserCommand.AttemptTimedOut;
import io.flashsale.user.UserCommand.Buy;
import io.flashsale.user.UserCommand.CheckOut;
import io.flashsale.user.UserCommand.EarlierRead;
import io.flashsale.user.UserCommand.GiveUp;
import io.flashsale.user.UserCommand.ItemReplied;
import io.flashsale.user.UserCommand.JournalRead;
import io.flashsale.user.UserCommand.Leave;
import io.flashsale.user.UserCommand.Purchase;
import io.flashsale.user.UserCommand.Request;
import io.flashsale.user.UserCommand.Show;
import io.flashsale.user.UserCommand.ShowAll;
import io.flashsale.user.UserCommand.ShowOrder;
import io.flashsale.user.UserCommand.ShowOrders;
import io.flashsale.user.UserCommand.Wake;
import io.flashsale.user.UserCommand.WorkOff;
import io.flashsale.user.UserReply.Reason;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * One user in one sale: where it is decided what the user holds and has bought. The items obey.
 *
 * <p>An attempt to reserve items is volatile until all of them have answered; {@code CheckedOut}
 * makes it a checkout. Everything else is a single write: {@code Purchased} is the purchase, {@code
 * Released} the end without one. Rules R1 to R9 are those of docs/ARCHITECTURE.md.
 */
public final class User
    extends EventSourcedBehaviorWithEnforcedReplies<UserCommand, UserEvent, UserState> {

  public static final EntityTypeKey<UserCommand> TYPE =
      EntityTypeKey.create(UserCommand.class, "User");

  /** An attempt that has not heard from all its items by then is dropped. */
  static final Duration ATTEMPT_TIMEOUT = Duration.ofMillis(900);

  /** An item that has not answered by then is asked once more, if the question may be lost. */
  static final Duration ASK_AGAIN = Duration.ofMillis(400);

  /** A user who is to leave stays so long for what is being decided, and for its answer. */
  static final Duration LEAVE_WITHIN = ATTEMPT_TIMEOUT.plusMillis(300);

  /**
   * A user that fails to write or to recover stops, and the next message starts another
   * incarnation: nothing volatile can survive (rules R4 and R5), and no stop message can be lost in
   * a restart.
   */
  private static final BackoffSupervisorStrategy STOP_ON_JOURNAL_FAILURE =
      SupervisorStrategy.restartWithBackoff(Duration.ofMillis(50), Duration.ofMillis(50), 0)
          .withMaxRestarts(0)
          .withLogLevel(Level.DEBUG); // thousands fail together when the database is away

  /** What a user needs of the world around it. */
  public interface Surroundings {
    InstantSource clock();

    /** Secure: whoever guesses a code can buy with it. */
    RandomGenerator random();

    void tell(ItemId item, Item.Command command);

    /** Whether what is told may be lost although nothing has crashed: between nodes. */
    default boolean losesMessages() {
      return false;
    }

    /** The highest sequence number that the journal has, 0 for none; fails if it cannot be read. */
    CompletionStage<Long> highestSequenceNr(PersistenceId id);

    /**
     * All that this user has done in the latest earlier sale, as far back as keys are looked for,
     * in which it has used this key; nothing if there is none. Fails if that cannot be read. Read
     * after the call, so that what was journaled before is seen.
     */
    CompletionStage<List<UserEvent>> earlier(UserId user, UUID key);

    /** The journal plugin; "" is the configured one. */
    default String journalPlugin() {
      return "";
    }

    default Tracing tracing() {
      return Tracing.OFF;
    }
  }

  private static final UserReply EXPIRED = new UserReply.Rejected(Reason.CHECKOUT_EXPIRED);

  private final UserId id;
  private final Surroundings surroundings;
  private final ActorContext<UserCommand> context;
  private final TimerScheduler<UserCommand> timers;
  private final ActorRef<Item.Reply> itemReplies;
  private final Attempts attempts = new Attempts();
  private final UserKeys keys;
  private final UserOrders orders;
  private Step writing = Step.NONE; // what is being written, or was last
  private int reads;
  private @Nullable Instant leaveBy;

  /** Whose events are those of a user. */
  public static PersistenceId persistenceId(UserId id) {
    return PersistenceId.of(TYPE.name(), id.toString());
  }

  public static Behavior<UserCommand> create(UserId id, Surroundings surroundings) {
    return Behaviors.setup(
        context -> Behaviors.withTimers(timers -> new User(id, surroundings, context, timers)));
  }

  private User(
      UserId id,
      Surroundings surroundings,
      ActorContext<UserCommand> context,
      TimerScheduler<UserCommand> timers) {
    super(persistenceId(id), STOP_ON_JOURNAL_FAILURE);
    this.id = id;
    this.surroundings = surroundings;
    this.context = context;
    this.timers = timers;
    this.itemReplies = context.messageAdapter(Item.Reply.class, ItemReplied::new);
    this.keys = new UserKeys(this, id, surroundings);
    this.orders = new UserOrders(this, keys, attempts, context, timers);
  }

  @Override
  public UserState emptyState() {
    return UserState.EMPTY;
  }

  @Override
  public EventHandler<UserState, UserEvent> eventHandler() {
    return UserState::apply;
  }

  @Override
  public CommandHandlerWithReply<UserCommand, UserEvent, UserState> commandHandler() {
    return this::onCommand;
  }

  @Override
  public String journalPluginId() {
    return surroundings.journalPlugin();
  }

  @Override
  public Recovery recovery() {
    return Item.NO_SNAPSHOTS;
  }

  @Override
  public SignalHandler<UserState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), orders::recovered)
        .onSignal(PostStop.class, (_, _) -> stopped())
        .build();
  }

  private void stopped() {
    writing.failed(); // unless it has ended
    attempts.clear();
  }

  private ReplyEffect<UserEvent, UserState> onCommand(UserState state, UserCommand command) {
    return switch (command) {
      case CheckOut c when c.addTo() != null -> checkOut(state, c); // in the sale of the code
      case CheckOut c -> keys.unlessDoneEarlier(state, c, c.key());
      case Buy c -> keys.unlessDoneEarlier(state, c, c.key());
      case ShowOrder c -> orders.show(state, c);
      case ShowOrders c -> Effect().reply(c.replyTo(), UserOrders.shown(state));
      case WorkOff c -> orders.workOff(state, c);
      case Purchase c -> purchase(state, c);
      case GiveUp c -> giveUp(state, c);
      case Show c -> show(state, c);
      case ShowAll c -> compareWithJournal(c, Reason.OUTCOME_UNKNOWN); // what it omits, it denies
      case Wake c -> wake(c);
      case Leave _ -> leave();
      case AskOutcome c -> answerOutcome(state, c);
      case ItemReplied(Item.Reply.Held held) -> onHeld(state, held);
      case ItemReplied(Item.Reply.Refused refused) -> onRefused(state, refused);
      case AskAgain c -> askAgain(c.holdId());
      case AttemptTimedOut c -> onTimedOut(c);
      case JournalRead c -> {
        reads--;
        yield onJournalRead(state, c);
      }
      case EarlierRead c -> {
        reads--;
        yield keys.onEarlierRead(state, c);
      }
    };
  }

  private ReplyEffect<UserEvent, UserState> wake(Wake c) {
    // An INSERT that was late, or another incarnation: the next one recovers, and goes on.
    return c.highest() > lastSequenceNumber(context)
        ? Effect().stop().thenNoReply()
        : Effect().noReply();
  }

  /** Whoever is being answered hears that answer: an attempt is gone with its incarnation. */
  private ReplyEffect<UserEvent, UserState> leave() {
    if (leaveBy == null) {
      leaveBy = now().plus(LEAVE_WITHIN);
    }
    boolean decided = attempts.isEmpty() && reads == 0;
    return decided || now().isAfter(leaveBy) ? Effect().stop().thenNoReply() : Effect().noReply();
  }

  // ---------------------------------------------------------------- checkout

  /** What has not been done before. */
  ReplyEffect<UserEvent, UserState> begin(UserState state, Request request) {
    return switch (request) {
      case CheckOut c -> checkOut(state, c);
      case Buy c -> orders.buy(state, c);
      case Purchase _, GiveUp _, Show _, ShowAll _, ShowOrder _, ShowOrders _ ->
          throw new IllegalStateException("It names a code, or does nothing: " + request);
    };
  }

  private ReplyEffect<UserEvent, UserState> checkOut(UserState state, CheckOut c) {
    var done = state.byKey(c.key());
    if (done.isPresent()) {
      return keys.repeated(done.get(), c);
    }
    UUID code = c.addTo();
    Instant expiresAt;
    if (code == null) {
      code = newCode();
      expiresAt = now().plus(c.terms().holdTtl());
    } else {
      Checkout checkout = state.checkout(code);
      if (checkout == null || !checkout.isOpen() || checkout.isOverdue(now())) {
        return refuseClosed(checkout, c);
      }
      expiresAt = checkout.expiresAt();
    }
    if (attempts.areFor(c)) {
      return Effect().noReply();
    }
    Reason reason = attempts.refusal(state, c);
    Step step =
        surroundings
            .tracing()
            .step("user checkout", c.trace())
            .with("flashsale.items", c.items().size());
    if (reason == null) {
      return attempt(code, expiresAt, c, step);
    }
    step.end(reason);
    // With a key it may be the repeat of what only a newer incarnation knows (rule R2).
    return c.key() == null || reason == Reason.KEY_IN_USE || reason == Reason.KEY_REUSED
        ? reject(c, reason)
        : compareWithJournal(c, reason);
  }

  private ReplyEffect<UserEvent, UserState> attempt(
      UUID code, Instant expiresAt, CheckOut c, Step step) {
    long holdId = surroundings.random().nextLong();
    attempts.begin(holdId, code, expiresAt, c, step);
    return reserve(holdId, code, expiresAt, c.items(), step);
  }

  ReplyEffect<UserEvent, UserState> attempt(Order order) {
    long holdId = surroundings.random().nextLong();
    Instant expiresAt = now().plus(UserOrders.HOLD);
    attempts.begin(holdId, expiresAt, order);
    return reserve(holdId, order.code(), expiresAt, List.of(order.item()), Step.NONE);
  }

  private ReplyEffect<UserEvent, UserState> reserve(
      long holdId, UUID code, Instant expiresAt, List<Integer> items, Step step) {
    // Repeated, because a message to a busy entity may be dropped; forget() ends it.
    timers.startTimerWithFixedDelay(holdId, new AttemptTimedOut(holdId), ATTEMPT_TIMEOUT);
    if (surroundings.losesMessages()) {
      AskAgain again = new AskAgain(holdId);
      timers.startSingleTimer(again, again, ASK_AGAIN);
    }
    ask(holdId, code, expiresAt, items, step);
    return Effect().noReply();
  }

  private void ask(
      long holdId, UUID code, Instant expiresAt, Collection<Integer> items, Step step) {
    String trace = step.context();
    for (int item : items) {
      tell(item, new Item.Reserve(code, holdId, id.number(), expiresAt, itemReplies, trace));
    }
  }

  private ReplyEffect<UserEvent, UserState> askAgain(long holdId) {
    Attempts.Attempt attempt = attempts.get(holdId);
    if (attempt != null) {
      ask(holdId, attempt.code(), attempt.expiresAt(), attempt.unanswered(), attempt.step());
    }
    return Effect().noReply();
  }

  private ReplyEffect<UserEvent, UserState> onHeld(UserState state, Item.Reply.Held held) {
    Attempts.Attempt attempt = attempts.get(held.holdId());
    if (attempt == null) {
      // Dropped meanwhile. If no Release has reached the item, it will ask.
      return Effect().noReply();
    }
    attempt.unanswered().remove(held.item());
    return attempt.unanswered().isEmpty() ? commit(state, held.holdId()) : Effect().noReply();
  }

  private ReplyEffect<UserEvent, UserState> commit(UserState state, long holdId) {
    Attempts.Attempt attempt = forget(holdId);
    if (attempt == null) {
      return Effect().noReply();
    }
    CheckOut c = attempt.request();
    if (c == null) {
      return orders.confirm(state, holdId, attempt);
    }
    Checkout checkout = state.checkout(attempt.code());
    if (attempt.isAddition() && (checkout == null || !checkout.isOpen())) {
      release(holdId, c.items()); // rule R3: bought, expired or given up while the items were asked
      attempt.step().end(Reason.CHECKOUT_EXPIRED);
      return refuseClosed(checkout, c);
    }
    writing = attempt.step().writing();
    return Effect()
        .persist(
            new UserEvent.CheckedOut(
                attempt.code(), holdId, c.items(), attempt.expiresAt(), c.key()))
        .thenReply(
            c.replyTo(),
            after -> {
              attempt.step().end();
              return UserReply.CheckedOut.of(after.checkout(attempt.code()));
            });
  }

  private ReplyEffect<UserEvent, UserState> onRefused(UserState state, Item.Reply.Refused refused) {
    Attempts.Attempt attempt = forget(refused.holdId());
    if (attempt == null) {
      return Effect().noReply();
    }
    // Legal because CheckedOut was never issued for what is still pending (rule R4).
    release(refused.holdId(), attempt.items());
    Reason reason =
        switch (refused.reason()) {
          case RESERVED -> Reason.ITEM_RESERVED;
          case SOLD -> Reason.ITEM_SOLD;
        };
    CheckOut c = attempt.request();
    if (c == null) {
      return orders.refused(state, attempt, refused);
    }
    if (!refused.own()) {
      attempt.step().end(reason);
      return reject(c, reason);
    }
    // Held or bought by this very user, who does not know it: a log that may be stale (rule R2).
    if (c.key() != null && state.owning(refused.item()).isEmpty()) {
      // An earlier incarnation holds it, perhaps for the first sending of this very request, and
      // may yet commit that: "no" is not for sure until the item has asked.
      reason = Reason.OUTCOME_UNKNOWN;
    }
    attempt.step().end(reason);
    return compareWithJournal(c, reason);
  }

  private ReplyEffect<UserEvent, UserState> onTimedOut(AttemptTimedOut c) {
    Attempts.Attempt attempt = forget(c.holdId());
    if (attempt == null) {
      return Effect().noReply();
    }
    release(c.holdId(), attempt.items()); // as above
    attempt.step().end(Reason.OVERLOADED);
    CheckOut request = attempt.request();
    return request == null ? Effect().noReply() : reject(request, Reason.OVERLOADED);
  }

  private Attempts.@Nullable Attempt forget(long holdId) {
    timers.cancel(holdId);
    if (surroundings.losesMessages()) {
      timers.cancel(new AskAgain(holdId));
    }
    return attempts.remove(holdId);
  }

  // ---------------------------------------------------------------- the end of a checkout

  private ReplyEffect<UserEvent, UserState> purchase(UserState state, Purchase c) {
    var done = state.byKey(c.key());
    if (done.isPresent() || attempts.use(c.key())) {
      return done.isPresent()
              && done.get() instanceof UserState.Done.Closed was
              && was.isOf(c.code(), Checkout.Status.PURCHASED)
          ? Effect().reply(c.replyTo(), new UserReply.Purchased(c.code(), was.checkout().items()))
          : reject(c, Reason.KEY_REUSED);
    }
    Checkout checkout = state.checkout(c.code());
    if (checkout == null || !checkout.isOpen() || checkout.isOverdue(now())) {
      return refuseClosed(checkout, c);
    }
    Checkout open = checkout;
    writing = surroundings.tracing().step("user purchase", c.trace()).writing();
    return Effect()
        .persist(new UserEvent.Purchased(c.code(), c.key()))
        .thenRun(
            _ -> {
              writing.end();
              confirm(open, writing.context());
            })
        .thenReply(c.replyTo(), _ -> new UserReply.Purchased(c.code(), open.items()));
  }

  private ReplyEffect<UserEvent, UserState> giveUp(UserState state, GiveUp c) {
    var done = state.byKey(c.key());
    boolean repeated =
        done.isPresent()
            && done.get() instanceof UserState.Done.Closed was
            && was.isOf(c.code(), Checkout.Status.GIVEN_UP);
    if (!repeated && (done.isPresent() || attempts.use(c.key()))) {
      return reject(c, Reason.KEY_REUSED);
    }
    Checkout checkout = state.checkout(c.code());
    if (checkout != null && checkout.status() == Checkout.Status.GIVEN_UP) {
      return Effect().reply(c.replyTo(), new UserReply.Released(c.code()));
    }
    if (checkout == null || !checkout.isOpen() || checkout.isOverdue(now())) {
      return refuseClosed(checkout, c);
    }
    Checkout open = checkout;
    return Effect()
        .persist(new UserEvent.Released(c.code(), UserEvent.Cause.GIVEN_UP, c.key()))
        .thenRun(_ -> release(open))
        .thenReply(c.replyTo(), _ -> new UserReply.Released(c.code()));
  }

  private ReplyEffect<UserEvent, UserState> show(UserState state, Show c) {
    Checkout checkout = state.checkout(c.code());
    if (checkout == null) {
      return compareWithJournal(c, Reason.CHECKOUT_UNKNOWN);
    }
    return Effect().reply(c.replyTo(), UserReply.Shown.of(checkout));
  }

  /** The answer to a request about a checkout that is not there, closed or overdue. */
  private ReplyEffect<UserEvent, UserState> refuseClosed(
      @Nullable Checkout checkout, Request request) {
    if (checkout == null) {
      return compareWithJournal(request, Reason.CHECKOUT_UNKNOWN);
    }
    return switch (checkout.status()) {
      case PURCHASED -> reject(request, Reason.ALREADY_PURCHASED);
      case EXPIRED, GIVEN_UP -> reject(request, Reason.CHECKOUT_EXPIRED);
      case OPEN -> expire(checkout).thenReply(request.replyTo(), _ -> EXPIRED); // rule R1
    };
  }

  /**
   * Rule R2: this incarnation may be a stale twin that has not seen what the request is about. It
   * says no only after the journal, read after the request came, has nothing that it does not know.
   */
  ReplyEffect<UserEvent, UserState> compareWithJournal(Request request, Reason otherwise) {
    return read(
        surroundings.highestSequenceNr(persistenceId()),
        (highest, failure) ->
            new JournalRead(request, otherwise, failure == null && highest != null ? highest : -1));
  }

  /** Asks the journal; this user is told the answer. */
  <T> ReplyEffect<UserEvent, UserState> read(
      CompletionStage<T> answer, Function2<T, Throwable, UserCommand> told) {
    reads++;
    context.pipeToSelf(answer, told);
    return Effect().noReply();
  }

  private ReplyEffect<UserEvent, UserState> onJournalRead(UserState state, JournalRead read) {
    Request request = read.request();
    if (read.highestSequenceNr() < 0) {
      return reject(request, Reason.OUTCOME_UNKNOWN);
    }
    if (read.highestSequenceNr() > lastSequenceNumber(context)) {
      // Stale: the next incarnation recovers, and the client's repeat looks again.
      return Effect()
          .stop()
          .thenReply(request.replyTo(), _ -> new UserReply.Rejected(Reason.OUTCOME_UNKNOWN));
    }
    if (request instanceof ShowAll) {
      return Effect().reply(request.replyTo(), UserReply.ShownAll.of(state));
    }
    // It may have come about while the journal was read.
    boolean unknown = read.otherwise() == Reason.CHECKOUT_UNKNOWN;
    boolean knownNow =
        switch (request) {
          case CheckOut c ->
              state.byKey(c.key()).isPresent()
                  || (unknown && c.addTo() != null && state.checkout(c.addTo()) != null);
          case Buy c -> state.byKey(c.key()).isPresent();
          case Purchase c -> unknown && state.checkout(c.code()) != null;
          case GiveUp c -> unknown && state.checkout(c.code()) != null;
          case Show c -> unknown && state.checkout(c.code()) != null;
          case ShowOrder c -> state.order(c.code()) != null;
          case ShowAll _, ShowOrders _ -> false;
        };
    return knownNow ? onCommand(state, request) : reject(request, read.otherwise());
  }

  // ---------------------------------------------------------------- the questions of items

  private ReplyEffect<UserEvent, UserState> answerOutcome(UserState state, AskOutcome c) {
    if (attempts.get(c.holdId()) != null) {
      return Effect().noReply(); // still being decided
    }
    var found = state.byHold(c.holdId());
    if (found.isPresent()) {
      return answerKnown(found.get().checkout(), c);
    }
    Checkout checkout = state.checkout(c.code());
    boolean dead = checkout != null && !checkout.isOpen(); // nothing can join it any more
    if (dead || state.refused().contains(c.holdId())) {
      tell(c.item(), new Item.Release(c.holdId()));
      return Effect().noReply();
    }
    return Effect()
        .persist(new UserEvent.Refused(c.holdId()))
        .thenRun(_ -> tell(c.item(), new Item.Release(c.holdId())))
        .thenNoReply();
  }

  private ReplyEffect<UserEvent, UserState> answerKnown(Checkout checkout, AskOutcome c) {
    switch (checkout.status()) {
      case PURCHASED -> tell(c.item(), new Item.Confirm(c.holdId()));
      case EXPIRED, GIVEN_UP -> tell(c.item(), new Item.Release(c.holdId()));
      case OPEN -> {
        if (checkout.isOverdue(now())) {
          return expire(checkout).thenNoReply();
        }
      }
    }
    return Effect().noReply();
  }

  // ---------------------------------------------------------------- shorthands

  private EffectBuilder<UserEvent, UserState> expire(Checkout checkout) {
    return Effect()
        .persist(new UserEvent.Released(checkout.code(), UserEvent.Cause.EXPIRED, null))
        .thenRun(_ -> release(checkout));
  }

  void confirm(UserState state, UUID code) {
    Checkout checkout = state.checkout(code);
    if (checkout != null) {
      confirm(checkout, null);
    }
  }

  private void confirm(Checkout checkout, @Nullable String trace) {
    for (Checkout.Hold hold : checkout.holds()) {
      for (int item : hold.items()) {
        tell(item, new Item.Confirm(hold.holdId(), trace));
      }
    }
  }

  private void release(Checkout checkout) {
    for (Checkout.Hold hold : checkout.holds()) {
      release(hold.holdId(), hold.items());
    }
  }

  void release(long holdId, List<Integer> items) {
    for (int item : items) {
      tell(item, new Item.Release(holdId));
    }
  }

  private void tell(int item, Item.Command command) {
    surroundings.tell(new ItemId(id.saleId(), item), command);
  }

  ReplyEffect<UserEvent, UserState> reject(Request request, Reason reason) {
    return Effect().reply(request.replyTo(), new UserReply.Rejected(reason));
  }

  UUID newCode() {
    return CheckoutCode.create(id, surroundings.random());
  }

  /** In milliseconds, as the journal keeps them. */
  Instant now() {
    return surroundings.clock().instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
