package io.flashsale.simulation;

import akka.actor.typed.ActorRef;
import io.flashsale.sale.Sale;
import io.flashsale.user.CheckoutCode;
import io.flashsale.user.UserCommand.Buy;
import io.flashsale.user.UserCommand.CheckOut;
import io.flashsale.user.UserCommand.GiveUp;
import io.flashsale.user.UserCommand.Purchase;
import io.flashsale.user.UserCommand.Request;
import io.flashsale.user.UserCommand.Show;
import io.flashsale.user.UserCommand.ShowOrder;
import io.flashsale.user.UserCommand.Terms;
import io.flashsale.user.UserEvent;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import io.flashsale.user.UserReply.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A client of one user, who wants, buys, gives up, adds, asks again, and forgets nothing. */
final class Shopper {

  private static final long MILLISECOND = 1_000;

  /** By the node that the client has asked, in microseconds. */
  private static final long SENT_AGAIN_AFTER = 1_000_000;

  /** A request with its key, until its outcome is known. */
  private static final class Errand {
    private final @Nullable UUID key;
    private final Supplier<@Nullable Letter> letters;
    private boolean decided;
    private boolean closed;

    private Errand(@Nullable UUID key, Supplier<@Nullable Letter> letters) {
      this.key = key;
      this.letters = letters;
    }
  }

  /** To whom a route would send the request now. */
  private record Letter(UserId user, Function<ActorRef<UserReply>, Request> command) {}

  /** Sent to nobody: the route says no, whatever has become of an earlier sending. */
  private static final Letter REFUSED =
      new Letter(
          new UserId(1, 0),
          _ -> {
            throw new IllegalStateException("Nobody is sent that");
          });

  private final World world;
  private final Cluster cluster;
  private final Answers answers;
  private boolean home;
  private final long number;
  private final RandomGenerator random;
  private final List<UUID> codes = new ArrayList<>();
  private final List<UUID> orders = new ArrayList<>();
  private final List<Errand> errands = new ArrayList<>();

  Shopper(World world, Cluster cluster, long number) {
    this.world = world;
    this.cluster = cluster;
    this.answers = new Answers(cluster.ledger());
    this.number = number;
    this.random = world.chance.split();
    goOn();
  }

  private void goOn() {
    world.timeline.after(
        world.chance.between(10 * MILLISECOND, 1_200 * MILLISECOND),
        () -> {
          if (home) {
            return;
          }
          if (world.faults.areOver()) {
            settle();
          } else {
            act();
          }
          goOn();
        });
  }

  /** Once nothing fails any more: asks again until every outcome is known. */
  private void settle() {
    List<Errand> open = errands.stream().filter(errand -> !errand.decided).toList();
    if (!open.isEmpty()) {
      send(world.chance.one(open));
    }
  }

  /** Asks for nothing any more, also not for what had to wait for a sale. */
  void goHome() {
    home = true;
  }

  /** But for those for which no sale is open, by a clock that is wrong. */
  boolean knowsAllOutcomes() {
    return errands.stream().allMatch(errand -> errand.decided || errand.closed);
  }

  private void act() {
    int what = world.chance.below(20);
    if (what < 2) {
      buy();
    } else if (what == 2 && !orders.isEmpty()) {
      showOrder(world.chance.one(orders));
    } else if (what < 6 || codes.isEmpty()) {
      checkOut();
    } else if (what < 9 && !errands.isEmpty()) {
      send(world.chance.one(errands));
    } else {
      UUID code = world.chance.once(0.6) ? codes.getLast() : world.chance.one(codes);
      switch (what) {
        case 9, 10, 11, 12 -> add(code);
        case 13 -> giveUp(code);
        case 14 -> show(code);
        default -> purchase(code);
      }
    }
  }

  // ---------------------------------------------------------------- requests

  private void checkOut() {
    Sale any = cluster.someNode().board.open();
    if (any != null) {
      List<Integer> items = someItems(any);
      UUID key = key(0.6);
      begin(
          key,
          () ->
              toOpen(
                  items,
                  sale ->
                      new Letter(
                          new UserId(sale.id(), number),
                          replyTo -> new CheckOut(items, null, key, terms(sale), replyTo))));
    }
  }

  /** Null if no sale is open; the routes refuse items that it does not have. */
  private @Nullable Letter toOpen(List<Integer> items, Function<Sale, Letter> letter) {
    Sale sale = cluster.someNode().board.open(); // which may be another one by then
    if (sale == null) {
      return null;
    }
    return items.stream().allMatch(item -> item < sale.items()) ? letter.apply(sale) : REFUSED;
  }

  private void buy() {
    Sale any = cluster.someNode().board.open();
    if (any != null) {
      int item = world.chance.below(any.items());
      UUID key = key(0.6);
      begin(
          key,
          () ->
              toOpen(
                  List.of(item),
                  sale ->
                      new Letter(
                          new UserId(sale.id(), number),
                          replyTo ->
                              new Buy(item, key, world.chance.once(0.05), terms(sale), replyTo))));
    }
  }

  private void showOrder(UUID code) {
    boolean await = world.chance.once(0.5);
    begin(userOf(code), null, replyTo -> new ShowOrder(code, await, replyTo));
  }

  private void add(UUID code) {
    var board = cluster.someNode().board;
    UserId user = userOf(code);
    Sale sale = user == null ? null : board.find(user.saleId());
    if (user != null && sale != null) {
      List<Integer> items = someItems(sale);
      UUID key = key(0.6);
      begin(user, key, replyTo -> new CheckOut(items, code, key, terms(sale), replyTo));
    }
  }

  private void purchase(UUID code) {
    UUID key = key(0.5);
    begin(userOf(code), key, replyTo -> new Purchase(code, key, replyTo));
  }

  private void giveUp(UUID code) {
    UUID key = key(0.5);
    begin(userOf(code), key, replyTo -> new GiveUp(code, key, replyTo));
  }

  private void show(UUID code) {
    begin(userOf(code), null, replyTo -> new Show(code, replyTo));
  }

  private static Terms terms(Sale sale) {
    return new Terms(sale.userLimit(), sale.holdTtl());
  }

  private List<Integer> someItems(Sale sale) {
    List<Integer> items = new ArrayList<>();
    int most = Math.min(sale.items(), sale.userLimit());
    int count = world.chance.once(0.6) ? 1 : 1 + world.chance.below(most);
    while (items.size() < count) {
      int item = world.chance.below(sale.items());
      if (!items.contains(item)) {
        items.add(item);
      }
    }
    return items;
  }

  /** Now and then one that was used before: the client is not to be trusted. */
  private @Nullable UUID key(double probability) {
    if (!errands.isEmpty() && world.chance.once(0.03)) {
      UUID key = world.chance.one(errands).key;
      if (key != null) {
        answers.isReused(key);
        return key;
      }
    }
    return world.chance.once(probability) ? new UUID(random.nextLong(), random.nextLong()) : null;
  }

  /** As the routes find out where a code lives. */
  private @Nullable UserId userOf(UUID code) {
    Optional<UserId> user = CheckoutCode.user(code, cluster.someNode().board.newestId());
    return user.orElse(null);
  }

  private void begin(
      @Nullable UserId user, @Nullable UUID key, Function<ActorRef<UserReply>, Request> command) {
    if (user != null) {
      begin(key, () -> new Letter(user, command));
    }
  }

  private void begin(@Nullable UUID key, Supplier<@Nullable Letter> letters) {
    Errand errand = new Errand(key, letters);
    if (key != null) {
      errands.add(errand);
    }
    send(errand);
  }

  private void send(Errand errand) {
    Letter letter = errand.letters.get();
    errand.closed = letter == null;
    if (letter == null) {
      return;
    }
    if (letter.equals(REFUSED)) {
      errand.decided = true;
      return;
    }
    UserId user = letter.user();
    Request[] sent = new Request[1];
    UserEvent[] doneBefore = new UserEvent[1];
    ActorRef<UserReply> replyTo =
        World.ref(
            "client",
            reply -> {
              world.trace.add("client-" + number, "is told", () -> reply + " about " + sent[0]);
              answers.check(user, sent[0], reply, doneBefore[0]);
              world.send(reply, () -> hear(errand, reply));
            });
    Request asked = letter.command().apply(replyTo);
    sent[0] =
        asked.key() == null && world.chance.once(0.5)
            ? asked.withKey(new UUID(0, random.nextLong()))
            : asked;
    doneBefore[0] = answers.done(user, sent[0]);
    world.trace.add("client-" + number, "asks", () -> sent[0]);
    cluster.tell(user, sent[0]);
    if (sent[0].key() != null && world.chance.once(0.5)) { // whether or not it was answered
      world.timeline.after(SENT_AGAIN_AFTER, () -> cluster.tell(user, sent[0]));
    }
  }

  private void hear(Errand errand, UserReply reply) {
    switch (reply) {
      case UserReply.CheckedOut(UUID code, List<Integer> _, var _) -> {
        if (!codes.contains(code)) {
          codes.add(code);
        }
        errand.decided = true;
      }
      case UserReply.OrderTaken(UUID code, int _) -> {
        if (!orders.contains(code)) {
          orders.add(code);
        }
        errand.decided = true;
      }
      case UserReply.OrderShown _, UserReply.OrdersShown _ -> errand.decided = true;
      case UserReply.Rejected(Reason reason) ->
          errand.decided |=
              reason != Reason.OUTCOME_UNKNOWN
                  && reason != Reason.KEY_IN_USE
                  && reason != Reason.OVERLOADED;
      case UserReply.Purchased _, UserReply.Released _, UserReply.Shown _, UserReply.ShownAll _ ->
          errand.decided = true;
    }
  }
}
