package io.flashsale.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * Thousands of small sales in a hostile world, in virtual time: the handlers of {@code User},
 * {@code Item} and {@code SaleCoordinator} under messages that are lost, repeated, late and
 * overtaken, writes of which nobody knows whether they are written, crashes, partitions in which an
 * entity runs twice, and clocks that are wrong. All promises are checked after every commit and
 * every answer.
 *
 * <p>A run that fails is printed with what happened in it: {@code -Dtest=SimulationTest
 * -Dsimulation.seed=N} repeats it, with {@code -Dsimulation.operated=true} the one with an
 * operator.
 */
class SimulationTest {

  private static final int RUNS = Integer.getInteger("simulation.runs", 20_000);
  private static final int OPERATED_RUNS = RUNS / 2;
  private static final long FIRST = Long.getLong("simulation.first", 1);
  private static final Long ONLY = Long.getLong("simulation.seed");
  private static final boolean OPERATED = Boolean.getBoolean("simulation.operated");

  @Test
  void everyPromiseIsKeptWhateverFails() {
    Ledger.Counts counts = ONLY == null || !OPERATED ? run(RUNS, false) : Ledger.Counts.NONE;
    if (ONLY == null) {
      assertThat(counts.sold()).isPositive();
      assertThat(counts.released()).isPositive();
      assertThat(counts.refused()).isPositive();
      assertThat(counts.additions()).isPositive();
      assertThat(counts.confirmed()).isPositive();
      assertThat(counts.rejected()).isPositive();
      assertThat(counts.sales()).isGreaterThan(RUNS);
    }
  }

  @Test
  void everyPromiseIsKeptWhateverOperatorsDo() {
    Ledger.Counts counts = ONLY == null || OPERATED ? run(OPERATED_RUNS, true) : Ledger.Counts.NONE;
    if (ONLY == null) {
      assertThat(counts.sold()).isPositive();
      assertThat(counts.extra()).isGreaterThan(OPERATED_RUNS / 2);
      assertThat(counts.sales() - counts.extra()).isGreaterThan(OPERATED_RUNS);
    }
  }

  private static Ledger.Counts run(int runs, boolean operated) {
    if (ONLY != null) {
      System.out.println(replay(ONLY, operated));
      return Ledger.Counts.NONE;
    }
    Ledger.Counts counts = Ledger.Counts.NONE;
    long steps = 0;
    for (long seed = FIRST; seed < FIRST + runs; seed++) {
      Simulation simulation = new Simulation(seed, operated, false);
      try {
        simulation.run();
      } catch (RuntimeException breach) {
        String again = "-Dsimulation.seed=" + seed + " -Dsimulation.operated=" + operated;
        throw new AssertionError(
            "Seed " + seed + " (" + again + ")\n" + traceOf(seed, operated), breach);
      }
      steps += simulation.steps();
      counts = counts.plus(simulation.counts());
    }
    System.out.printf(
        "Simulated seeds %d to %d%s: %d steps, %s%n",
        FIRST, FIRST + runs - 1, operated ? " with an operator" : "", steps, counts);
    return counts;
  }

  /** A seed is the whole run: what fails once fails again. */
  @Test
  void theSameSeedIsTheSameRun() {
    for (boolean operated : new boolean[] {false, true}) {
      assertThat(replay(7, operated))
          .isNotEmpty()
          .isEqualTo(replay(7, operated))
          .isNotEqualTo(replay(8, operated));
    }
  }

  private static String replay(long seed, boolean operated) {
    Simulation simulation = new Simulation(seed, operated, true);
    try {
      simulation.run();
      return simulation.trace();
    } catch (RuntimeException breach) {
      throw new AssertionError("Seed " + seed + "\n" + simulation.trace(), breach);
    }
  }

  /** What led to the breach. */
  private static String traceOf(long seed, boolean operated) {
    Simulation simulation = new Simulation(seed, operated, true);
    try {
      simulation.run();
      return "It does not fail again: the run depends on more than its seed";
    } catch (RuntimeException breach) {
      return simulation.trace();
    }
  }
}
