package io.flashsale.simulation;

import io.flashsale.sale.SaleSchedule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One run: users, items and the coordinator of the program in a world that is hostile for some
 * time, and then works. Its seed is all that it depends on.
 */
final class Simulation {

  private static final long SECOND = 1_000_000;

  /** Steps of a run, at most: a loop of messages without end is a breach too. */
  private static final int MOST_STEPS = 100_000;

  /** A new round of the starter has begun by then, and clients have asked again. */
  private static final long SETTLED = 12 * SECOND;

  /** Messages and writes that are on their way when faults cease have arrived by then. */
  private static final long LATEST = 9 * SECOND;

  private final World world;
  private final Ledger ledger;
  private final Cluster cluster;
  private final List<Shopper> shoppers = new ArrayList<>();
  private final @Nullable Operator operator;
  private final long faultsUntil;
  private final Duration holdTtl;
  private int steps;

  /**
   * The run of this seed.
   *
   * @param operated whether an operator opens and closes sales in it
   */
  Simulation(long seed, boolean operated, boolean traced) {
    world = new World(seed, traced);
    Chance chance = world.chance;
    int items = 1 + chance.below(4);
    int limit = 1 + chance.below(4);
    holdTtl = Duration.ofMillis(chance.between(1_500, 5_000));
    Duration period = Duration.ofMillis(chance.between(15_000, 20_000));
    ledger = new Ledger(world, limit, period);
    cluster =
        new Cluster(
            world, ledger, new SaleSchedule(period, Duration.ofSeconds(2), items, limit, holdTtl));
    int users = 1 + chance.below(3);
    for (int number = 1; number <= users; number++) {
      shoppers.add(new Shopper(world, cluster, number));
    }
    operator = operated ? new Operator(world, cluster) : null;
    faultsUntil = chance.between(4 * SECOND, 12 * SECOND);
  }

  /**
   * Runs to the end.
   *
   * @throws Breach if a promise is not kept
   */
  void run() {
    stepUntil(faultsUntil);
    world.trace.add("-", "faults cease");
    world.faults.cease();
    cluster.unite();
    stepUntil(world.timeline.now() + LATEST);
    cluster.settle();
    long settled = world.timeline.now() + SETTLED;
    if (clocksWillDo()) {
      ledger.holdsEndFrom(settled);
    }
    stepUntil(settled);
    for (Shopper shopper : shoppers) {
      if (!shopper.knowsAllOutcomes()) {
        throw new Breach("R9", "A client never learns what has become of its request");
      }
      shopper.goHome();
    }
    if (operator != null && !operator.knowsAllOutcomes()) {
      throw new Breach("R9", "An operator never learns what has become of a request");
    }
    stepUntil(settled + 2 * world.faults.skew + Timeline.micros(holdTtl) + 2 * SECOND);
    if (clocksWillDo()) {
      ledger.mustBeQuiet();
    }
  }

  /**
   * The items of a closed sale are kept started for twice the life of a hold. If clocks are further
   * apart than a hold lives, nothing is sold twice, but a hold may wait for a visitor.
   */
  private boolean clocksWillDo() {
    return 2 * world.faults.skew <= Timeline.micros(holdTtl);
  }

  private void stepUntil(long end) {
    while (world.timeline.step(end)) {
      if (++steps > MOST_STEPS) {
        throw new Breach("bounded", "There is no end of messages");
      }
    }
  }

  int steps() {
    return steps;
  }

  Ledger.Counts counts() {
    return ledger.counts();
  }

  String trace() {
    return world.trace.toString();
  }
}
