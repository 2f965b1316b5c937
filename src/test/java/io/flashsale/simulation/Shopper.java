package io.flashsale.simulation;

import akka.actor.typed.ActorRef;
import io.flashsale.sale.Sale;
import io.flashsale.user.CheckoutCode;
import io.flashsale.user.UserCommand.CheckOut;
import io.flashsale.user.UserCommand.GiveUp;
import io.flashsale.user.UserCommand.Purchase;
import io.flashsale.user.UserCommand.Request;
import io.flashsale.user.UserCommand.Show;
import io.flashsale.user.UserCommand.Terms;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import io.flashsale.user.UserReply.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A client of one user, who wants, buys, gives up, adds, asks again, and forgets nothing. */
final class Shopper {

  private static final long MILLISECOND = 1_000;

  /** A request with its key, until its outcome is known. */
  private static final class Errand {
    private final UserId user;
    private final @Nullable UUID key;
    private final Function<ActorRef<UserReply>, Request> command;
    private boolean decided;

    private Errand(
        UserId user, @Nullable UUID key, Function<ActorRef<UserReply>, Request> command) {
      this.user = user;
      this.key = key;
      this.command = command;
    }
  }

  private final World world;
  private final Cluster cluster;
  private final Answers answers;
  private final long number;
  private final RandomGenerator random;
  private final List<UUID> codes = new ArrayList<>();
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
    errands.stream().filter(errand -> !errand.decided).findFirst().ifPresent(this::send);
  }

  boolean knowsAllOutcomes() {
    return errands.stream().allMatch(errand -> errand.decided);
  }

  private void act() {
    int what = world.chance.below(20);
    if (what < 6 || codes.isEmpty()) {
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
    Sale sale = cluster.someNode().board.open();
    if (sale != null) {
      UserId user = new UserId(sale.id(), number);
      List<Integer> items = someItems(sale);
      UUID key = key(0.6);
      begin(user, key, replyTo -> new CheckOut(items, null, key, terms(sale), replyTo));
    }
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

  private @Nullable UUID key(double probability) {
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
      Errand errand = new Errand(user, key, command);
      if (key != null) {
        errands.add(errand);
      }
      send(errand);
    }
  }

  private void send(Errand errand) {
    boolean doneBefore = answers.isDone(errand.user, errand.key);
    Request[] sent = new Request[1];
    ActorRef<UserReply> replyTo =
        World.ref(
            "client",
            reply -> {
              world.trace.add("client-" + number, "is told", () -> reply + " about " + sent[0]);
              answers.check(errand.user, sent[0], reply, doneBefore);
              world.send(reply, () -> hear(errand, reply));
            });
    sent[0] = errand.command.apply(replyTo);
    world.trace.add("client-" + number, "asks", () -> sent[0]);
    cluster.tell(errand.user, sent[0]);
  }

  private void hear(Errand errand, UserReply reply) {
    switch (reply) {
      case UserReply.CheckedOut(UUID code, List<Integer> _, var _) -> {
        if (!codes.contains(code)) {
          codes.add(code);
        }
        errand.decided = true;
      }
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
