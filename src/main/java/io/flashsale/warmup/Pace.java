package io.flashsale.warmup;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Whether a node that sells in rounds still becomes faster. Pure: rounds in, go on or stop out. Not
 * for several threads at once.
 */
public final class Pace {

  /** A single round may be slow because the machine had something else to do. */
  private static final int LATEST = 2;

  /** The latest rounds have to be faster by this factor than all before them. */
  private static final double WORTHWHILE = 1.1;

  private final int fewest;
  private final List<Double> rates = new ArrayList<>(); // as many as there are rounds in the sale

  /**
   * Nothing is known yet.
   *
   * @param fewest rounds: the compiler of the JVM comes late, and in waves
   */
  public Pace(int fewest) {
    this.fewest = fewest;
  }

  /** Another round has ended. */
  public void add(int sold, Duration took) {
    rates.add(sold / (Math.max(took.toNanos(), 1) / 1e9));
  }

  /** Whether another round would make the node faster, as far as can be told. */
  public boolean improves() {
    int before = rates.size() - LATEST;
    if (rates.size() < fewest || before < 1) {
      return true;
    }
    double latest = Collections.max(rates.subList(before, rates.size()));
    return latest > WORTHWHILE * Collections.max(rates.subList(0, before));
  }

  public int rounds() {
    return rates.size();
  }

  /** Sold per second in the first round; 0 before it. */
  public long first() {
    return rates.isEmpty() ? 0 : Math.round(rates.getFirst());
  }

  /** Sold per second in the last round; 0 before the first. */
  public long last() {
    return rates.isEmpty() ? 0 : Math.round(rates.getLast());
  }

  @Override
  public String toString() {
    return rates.stream().map(Math::round).toList().toString();
  }
}
