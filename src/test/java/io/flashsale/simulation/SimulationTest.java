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
 * -Dsimulation.seed=N} repeats it.
 */
class SimulationTest {

  private static final int RUNS = Integer.getInteger("simulation.runs", 20_000);
  private static final long FIRST = Long.getLong("simulation.first", 1);
  private static final Long ONLY = Long.getLong("simulation.seed");

  @Test
  void everyPromiseIsKeptWhateverFails() {
    if (ONLY != null) {
      System.out.println(replay(ONLY));
      return;
    }
    Ledger.Counts counts = Ledger.Counts.NONE;
    long steps = 0;
    for (long seed = FIRST; seed < FIRST + RUNS; seed++) {
      Simulation simulation = new Simulation(seed, false);
      try {
        simulation.run();
      } catch (RuntimeException breach) {
        throw new AssertionError(
            "Seed " + seed + " (-Dsimulation.seed=" + seed + ")\n" + traceOf(seed), breach);
      }
      steps += simulation.steps();
      counts = counts.plus(simulation.counts());
    }
    System.out.println(
        "Simulated seeds "
            + FIRST
            + " to "
            + (FIRST + RUNS - 1)
            + ": "
            + steps
            + " steps, "
            + counts);
    assertThat(counts.sold()).isPositive();
    assertThat(counts.released()).isPositive();
    assertThat(counts.refused()).isPositive();
    assertThat(counts.additions()).isPositive();
    assertThat(counts.confirmed()).isPositive();
    assertThat(counts.rejected()).isPositive();
    assertThat(counts.sales()).isGreaterThan(RUNS);
  }

  /** A seed is the whole run: what fails once fails again. */
  @Test
  void theSameSeedIsTheSameRun() {
    assertThat(replay(7)).isNotEmpty().isEqualTo(replay(7)).isNotEqualTo(replay(8));
  }

  private static String replay(long seed) {
    Simulation simulation = new Simulation(seed, true);
    try {
      simulation.run();
      return simulation.trace();
    } catch (RuntimeException breach) {
      throw new AssertionError("Seed " + seed + "\n" + simulation.trace(), breach);
    }
  }

  /** What led to the breach. */
  private static String traceOf(long seed) {
    Simulation simulation = new Simulation(seed, true);
    try {
      simulation.run();
      return "It does not fail again: the run depends on more than its seed";
    } catch (RuntimeException breach) {
      return simulation.trace();
    }
  }
}
