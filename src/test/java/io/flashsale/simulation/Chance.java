package io.flashsale.simulation;

import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Whatever a run leaves to chance comes from here, so that its seed is the whole run. */
final class Chance {

  private final SplittableRandom random;

  Chance(long seed) {
    // Neighbouring seeds would begin alike.
    random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L ^ 0x5851F42D4C957F2DL);
  }

  /** For codes and hold ids: taken apart from the rest, so that they do not depend on faults. */
  RandomGenerator split() {
    return random.split();
  }

  boolean once(double probability) {
    return probability > 0 && random.nextDouble() < probability;
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  long between(long low, long high) {
    return random.nextLong(low, high + 1);
  }

  <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }
}
