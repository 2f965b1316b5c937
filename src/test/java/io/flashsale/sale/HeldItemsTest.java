package io.flashsale.sale;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.flashsale.sale.HeldItems.Question;
import java.time.Duration;
import java.time.Instant;
import java.util.AbstractList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What requests can see of it is in CheckoutHeldTest. */
class HeldItemsTest {

  private static final Sale OPEN = sale(3, 10);
  private static final Sale NEXT = sale(4, 5);

  private final AtomicLong nanoTime = new AtomicLong(-17);
  private final HeldItems held = new HeldItems(nanoTime::get);

  @Test
  void ofManyThreadsThatFindAMarkDueOneAsks() throws ExecutionException, InterruptedException {
    int threads = 4;
    CyclicBarrier start = new CyclicBarrier(threads);
    mark(OPEN, 7);
    mark(OPEN, 8);
    for (int round = 0; round < 200; round++) {
      nanoTime.addAndGet(HeldItems.REMEMBERED.toNanos());
      List<Integer> items = round % 2 == 0 ? List.of(7) : List.of(7, 8);
      try (var pool = Executors.newFixedThreadPool(threads)) {
        var questions =
            IntStream.range(0, threads)
                .mapToObj(
                    i ->
                        pool.submit(
                            () -> {
                              start.await();
                              return held.question(OPEN, i % 2 == 0 ? items : items.reversed());
                            }))
                .toList();
        int asked = 0;
        for (var question : questions) {
          asked += question.get() == null ? 0 : 1;
        }
        // Of several items none may be got, if two threads begin at opposite ends.
        assertThat(asked).isLessThanOrEqualTo(1);
        assertThat(asked == 1 || items.size() == 2).isTrue();
      }
    }
  }

  /** Or the one mark would refuse everybody, and nobody would ask. */
  @Test
  void whoGetsOnlyOneOfTwoMarksLeavesItDue() {
    mark(OPEN, 7);
    mark(OPEN, 8);
    nanoTime.addAndGet(HeldItems.REMEMBERED.toNanos());

    assertThat(held.question(OPEN, new Overtaken())).isNull();

    assertThat(question(OPEN, 8)).isNull();
    assertThat(question(OPEN, 7)).isNotNull();
  }

  /** Items 7 and 8: when both have been looked at, somebody else asks for 8. */
  private final class Overtaken extends AbstractList<Integer> {
    private boolean looked;

    @Override
    public Integer get(int index) {
      looked = index == 1;
      return 7 + index;
    }

    @Override
    public int size() {
      if (looked) {
        looked = false;
        assertThat(question(OPEN, 8)).isNotNull();
      }
      return 2;
    }
  }

  /** An answer that was on its way while the next sale opened. */
  @Test
  void aLateAnswerOfThePastSaleIsForgotten() {
    Question late = requireNonNull(question(OPEN, 9));
    mark(NEXT, 1);

    late.answered(true);

    assertThat(question(NEXT, 1)).isNull();
    assertThat(question(OPEN, 9)).isNotNull();
  }

  @Test
  void aLateAnswerOfThePastSaleRemovesNoMarkOfTheNext() {
    mark(OPEN, 1);
    nanoTime.addAndGet(HeldItems.REMEMBERED.toNanos());
    Question late = requireNonNull(question(OPEN, 1));
    mark(NEXT, 1);

    late.answered(false);

    assertThat(question(NEXT, 1)).isNull();
  }

  @Test
  void theNextSaleMayHaveMoreItems() {
    mark(NEXT, 4);
    Sale larger = sale(5, 1_000);

    mark(larger, 999);

    assertThat(question(larger, 999)).isNull();
    assertThat(question(larger, 4)).isNotNull();
  }

  private void mark(Sale sale, int item) {
    requireNonNull(question(sale, item)).answered(true);
  }

  private @Nullable Question question(Sale sale, int item) {
    return held.question(sale, List.of(item));
  }

  private static Sale sale(long id, int items) {
    Instant noon = Instant.parse("2026-03-01T12:00:00Z");
    return new Sale(id, noon, noon, noon.plusSeconds(3_600), items, 10, Duration.ofSeconds(60));
  }
}
