package io.flashsale.simulation;

/**
 * How badly the world treats a run. Probabilities are per message or per write; times are in
 * microseconds. Each run draws its own, so that some runs are calm and some are hell.
 */
final class Faults {

  private static final long MILLISECOND = 1_000;
  private static final long SECOND = 1_000_000;

  final double drop;
  final double duplicate;
  final double delay;
  final double lostWrite;
  final double lostAcknowledgement;
  final double lateWrite;
  final double lostRead;
  final double overflow;

  /** Between two crashes, partitions or clocks that are set. */
  final long pause;

  /** The furthest that a clock is off, either way. */
  final long skew;

  private boolean over;

  Faults(Chance chance) {
    int kind = chance.below(8);
    double most = kind == 0 ? 0 : kind < 5 ? 0.08 : 0.3;
    drop = some(chance, most);
    duplicate = some(chance, most);
    delay = some(chance, most);
    lostWrite = some(chance, most);
    lostAcknowledgement = some(chance, most);
    lateWrite = some(chance, most / 2);
    lostRead = some(chance, most);
    overflow = some(chance, most / 2);
    pause =
        kind == 0 || chance.once(0.2)
            ? Long.MAX_VALUE
            : chance.between(200 * MILLISECOND, 4 * SECOND);
    skew = chance.once(0.3) ? 0 : chance.between(0, chance.once(0.7) ? SECOND : 6 * SECOND);
  }

  private static double some(Chance chance, double most) {
    return chance.once(0.25) ? 0 : most * chance.below(1_000) / 1_000;
  }

  boolean happen(Chance chance, double probability) {
    return !over && chance.once(probability);
  }

  boolean areOver() {
    return over;
  }

  /** From now on everything works. */
  void cease() {
    over = true;
  }

  /** On its way from one entity to another. */
  long latency(Chance chance) {
    if (happen(chance, delay)) {
      return chance.between(MILLISECOND, chance.once(0.3) ? 8 * SECOND : SECOND);
    }
    return chance.between(200, 5 * MILLISECOND);
  }

  /** Of a statement of the database, there or back. */
  long statement(Chance chance) {
    return happen(chance, delay)
        ? chance.between(MILLISECOND, SECOND)
        : chance.between(200, 4 * MILLISECOND);
  }
}
