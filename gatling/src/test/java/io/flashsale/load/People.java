package io.flashsale.load;

import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The feeders: who comes, and what they want. */
final class People {

  /** Each run has users of its own, so that nobody's limit is used up by an earlier one. */
  private static final AtomicLong NEXT = new AtomicLong(new Random().nextLong(1L << 40) << 20);

  private People() {}

  /** {@code user}: one who has never been here. */
  static Iterator<Map<String, Object>> newcomers() {
    return feed(() -> Map.of("user", NEXT.incrementAndGet()));
  }

  /** {@code user}: one of {@code count}, any of them again and again. */
  static Iterator<Map<String, Object>> regulars(int count) {
    long first = NEXT.addAndGet(count);
    return feed(() -> Map.of("user", first + ThreadLocalRandom.current().nextInt(count)));
  }

  /** {@code items} as a part of a query, and {@code item}: the next one in order, over and over. */
  static Iterator<Map<String, Object>> everyItem(IntSupplier ofAll) {
    AtomicLong next = new AtomicLong();
    return feed(() -> item((int) (next.getAndIncrement() % ofAll.getAsInt())));
  }

  /** The same: any one. */
  static Iterator<Map<String, Object>> anyItem(IntSupplier ofAll) {
    return feed(() -> item(ThreadLocalRandom.current().nextInt(ofAll.getAsInt())));
  }

  /** The same: one of the first {@code hot}, the n-th with a probability in proportion to 1/n. */
  static Iterator<Map<String, Object>> hotItem(int hot) {
    double[] upTo = new double[hot];
    double sum = 0;
    for (int i = 0; i < hot; i++) {
      sum += 1.0 / (i + 1);
      upTo[i] = sum;
    }
    double all = sum;
    return feed(
        () -> {
          double at = ThreadLocalRandom.current().nextDouble(all);
          int found = Arrays.binarySearch(upTo, at);
          return item(Math.min(found < 0 ? -found - 1 : found, hot - 1));
        });
  }

  static Map<String, Object> item(int item) {
    return Map.of("item", item, "items", "item_id=" + item);
  }

  private static Iterator<Map<String, Object>> feed(Supplier<Map<String, Object>> next) {
    return Stream.generate(next).iterator();
  }
}
