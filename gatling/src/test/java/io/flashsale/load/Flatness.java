package io.flashsale.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Times and memory, sale by sale: the last one must not be worse than the third, as the first two
 * are those in which a JVM learns.
 */
final class Flatness {

  private static final int LONGEST = 10_000;
  private static final int THIRD = 2;
  private static final long MEGABYTE = 1 << 20;

  /** The last sale may have so many times as much, and some more, as a figure of few is noise. */
  private static final double TIME = 2;

  private static final int TIME_MORE = 50;
  private static final double MEMORY = 1.25;
  private static final long MEMORY_MORE = 64 * MEGABYTE;

  /**
   * One sale.
   *
   * @param times how many requests took so many milliseconds
   * @param memory the least that was in use, which is what is left by a garbage collection
   */
  private record Figures(AtomicLongArray times, AtomicLong memory) {}

  private final Map<Long, Figures> sales = new ConcurrentSkipListMap<>();

  void took(long sale, int millis) {
    figures(sale).times.incrementAndGet(Math.max(1, Math.min(millis, LONGEST)));
  }

  void used(long sale, long bytes) {
    figures(sale).memory.accumulateAndGet(bytes, Math::min);
  }

  private Figures figures(long sale) {
    return sales.computeIfAbsent(
        sale, any -> new Figures(new AtomicLongArray(LONGEST + 1), new AtomicLong(Long.MAX_VALUE)));
  }

  /** Says the figures, and whether they are flat; not if fewer than four sales have some. */
  boolean isFlat() {
    List<Figures> all = new ArrayList<>();
    sales.forEach(
        (sale, figures) -> {
          if (figures.memory.get() < Long.MAX_VALUE && p99(figures) > 0) {
            all.add(figures);
            System.out.printf(
                "flat: sale %d p99 %d ms memory %d MB%n",
                sale, p99(figures), figures.memory.get() / MEGABYTE);
          }
        });
    if (all.size() <= THIRD + 1) {
      System.out.println("flat: no, there are figures of " + all.size() + " sales only");
      return false;
    }
    Figures third = all.get(THIRD);
    Figures last = all.get(all.size() - 1);
    boolean flat =
        p99(last) <= TIME * p99(third) + TIME_MORE
            && last.memory.get() <= MEMORY * third.memory.get() + MEMORY_MORE;
    System.out.println("flat: " + (flat ? "yes" : "no"));
    return flat;
  }

  /** 0 if there was no request. */
  private static int p99(Figures figures) {
    long all = 0;
    for (int i = 0; i <= LONGEST; i++) {
      all += figures.times.get(i);
    }
    long upTo = 0;
    for (int i = 0; i <= LONGEST; i++) {
      upTo += figures.times.get(i);
      if (all > 0 && upTo >= all * 0.99) {
        return i;
      }
    }
    return 0;
  }
}
