package io.flashsale.simulation;

import akka.actor.typed.ActorRef;
import io.flashsale.sale.Asked;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleCoordinator.CloseSale;
import io.flashsale.sale.SaleCoordinator.OpenSale;
import io.flashsale.sale.SaleCoordinator.Request;
import io.flashsale.sale.SaleDecision;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Who wants extra sales and closes those that are open, asks again, and knows of no other. */
final class Operator {

  private static final long MILLISECOND = 1_000;

  private static final class Errand {
    private final @Nullable Asked asked;
    private final Function<ActorRef<SaleDecision>, Request> command;
    private boolean decided;

    private Errand(@Nullable Asked asked, Function<ActorRef<SaleDecision>, Request> command) {
      this.asked = asked;
      this.command = command;
    }
  }

  private final World world;
  private final Cluster cluster;
  private final SaleLedger plan;
  private final RandomGenerator random;
  private final List<Errand> errands = new ArrayList<>();

  Operator(World world, Cluster cluster) {
    this.world = world;
    this.cluster = cluster;
    this.plan = cluster.ledger().plan();
    this.random = world.chance.split();
    goOn();
  }

  private void goOn() {
    world.timeline.after(
        world.chance.between(100 * MILLISECOND, 2_500 * MILLISECOND),
        () -> {
          if (world.faults.areOver()) {
            errands.stream().filter(errand -> !errand.decided).findFirst().ifPresent(this::send);
          } else {
            act();
          }
          goOn();
        });
  }

  boolean knowsAllOutcomes() {
    return errands.stream().allMatch(errand -> errand.decided);
  }

  private void act() {
    int what = world.chance.below(6);
    if (what == 0 && !errands.isEmpty()) {
      send(world.chance.one(errands));
    } else if (what < 3) {
      close();
    } else {
      open();
    }
  }

  private void close() {
    Sale open = cluster.someNode().board.open();
    if (open != null) {
      Asked asked = key();
      begin(asked, replyTo -> new CloseSale(open.id(), asked, replyTo));
    }
  }

  /** At once or later, until some time or the end of the slot. */
  private void open() {
    Instant now = world.time().truncatedTo(ChronoUnit.MILLIS);
    Instant from =
        world.chance.once(0.4) ? null : now.plusMillis(world.chance.between(100, 12_000));
    Instant until =
        world.chance.once(0.4)
            ? null
            : (from == null ? now : from).plusMillis(world.chance.between(1_000, 10_000));
    Integer items = world.chance.once(0.5) ? null : 1 + world.chance.below(4);
    Asked asked = key();
    begin(asked, replyTo -> new OpenSale(from, until, items, asked, replyTo));
  }

  private @Nullable Asked key() {
    return world.chance.once(0.7)
        ? new Asked(new UUID(random.nextLong(), random.nextLong()), new UUID(0, 1))
        : null;
  }

  private void begin(@Nullable Asked asked, Function<ActorRef<SaleDecision>, Request> command) {
    Errand errand = new Errand(asked, command);
    if (asked != null) {
      errands.add(errand);
    }
    send(errand);
  }

  private void send(Errand errand) {
    boolean doneBefore = plan.isDone(errand.asked);
    long openBefore = plan.openId();
    Request[] sent = new Request[1];
    ActorRef<SaleDecision> replyTo =
        World.ref(
            "operator",
            said -> {
              world.trace.add("operator", "is told", () -> said + " about " + sent[0]);
              plan.check(sent[0], said, doneBefore, openBefore);
              world.send(
                  said, () -> errand.decided |= !(said instanceof SaleDecision.OutcomeUnknown));
            });
    sent[0] = errand.command.apply(replyTo);
    world.trace.add("operator", "asks", () -> sent[0]);
    plan.asked(sent[0]);
    cluster.tell(sent[0]);
  }
}
