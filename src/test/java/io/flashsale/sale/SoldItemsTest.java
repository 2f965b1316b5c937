package io.flashsale.sale;

import static org.assertj.core.api.Assertions.assertThat;

import io.flashsale.item.ItemId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SoldItemsTest {

  private final SoldItems sold = new SoldItems();

  @Test
  void nothingIsSoldAtFirst() {
    assertThat(sold.contains(new ItemId(1, 0))).isFalse();
    assertThat(sold.all(sale(1, 1))).isFalse();
  }

  @Test
  void whatIsSoldIsSoldInItsSaleOnly() {
    sold.add(new ItemId(2, 9_999));

    assertThat(sold.contains(new ItemId(2, 9_999))).isTrue();
    assertThat(sold.contains(new ItemId(2, 9_998))).isFalse();
    assertThat(sold.contains(new ItemId(1, 9_999))).isFalse();
    assertThat(sold.contains(new ItemId(3, 9_999))).isFalse();
  }

  @Test
  void aSaleIsSoldOutWithItsLastItem() {
    sold.add(new ItemId(1, 0));
    sold.add(new ItemId(1, 2));
    sold.add(new ItemId(1, 2));
    assertThat(sold.all(sale(1, 3))).isFalse();

    sold.add(new ItemId(1, 1));

    assertThat(sold.all(sale(1, 3))).isTrue();
    assertThat(sold.all(sale(2, 3))).isFalse();
  }

  @Test
  void theLastFourSalesAreRemembered() {
    for (long sale = 1; sale <= 5; sale++) {
      sold.add(new ItemId(sale, 7));
    }

    assertThat(sold.contains(new ItemId(1, 7))).isFalse();
    for (long sale = 2; sale <= 5; sale++) {
      assertThat(sold.contains(new ItemId(sale, 7))).isTrue();
    }
  }

  /** An item of an old sale that recovers late pushes no newer one out. */
  @Test
  void anOlderSaleIsForgottenFirst() {
    for (long sale = 2; sale <= 5; sale++) {
      sold.add(new ItemId(sale, 7));
    }

    sold.add(new ItemId(1, 7));

    assertThat(sold.contains(new ItemId(1, 7))).isFalse();
    assertThat(sold.contains(new ItemId(2, 7))).isTrue();
  }

  /** They set bits of the same words all the time. */
  @Test
  void manyThreadsLoseNothing() throws ExecutionException, InterruptedException {
    int items = 400_000;
    CyclicBarrier start = new CyclicBarrier(4);
    try (var threads = Executors.newFixedThreadPool(4)) {
      List<Future<?>> done = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        int first = thread;
        done.add(
            threads.submit(
                () -> {
                  start.await();
                  for (int item = first; item < items; item += 4) {
                    sold.add(new ItemId(1, item));
                  }
                  return null;
                }));
      }
      for (Future<?> one : done) {
        one.get();
      }
    }

    assertThat(sold.all(sale(1, items))).isTrue();
    assertThat(sold.takeUnsent(1))
        .isEqualTo(SoldBitmaps.sold(1, IntStream.range(0, items).toArray()));
  }

  @Test
  void theLastItemOfTheLargestSaleIsKnownAndNothingBeyond() {
    sold.add(new ItemId(1, 999_999));
    sold.add(new ItemId(1, 1_000_000));
    sold.add(new ItemId(1, Integer.MAX_VALUE));

    assertThat(sold.contains(new ItemId(1, 999_999))).isTrue();
    assertThat(sold.contains(new ItemId(1, 1_000_000))).isFalse();
    assertThat(sold.contains(new ItemId(1, Integer.MAX_VALUE))).isFalse();
    assertThat(sold.all(sale(1, 1))).isTrue();
  }

  // ---------------------------------------------------------------- the other nodes

  @Test
  void whatOtherNodesHaveSoldIsSold() {
    sold.add(new ItemId(1, 0));

    sold.heard(SoldBitmaps.sold(1, 0, 2));
    sold.heard(SoldBitmaps.sold(1, 2));
    assertThat(sold.all(sale(1, 3))).isFalse();
    sold.heard(SoldBitmaps.sold(1, 1));

    assertThat(sold.all(sale(1, 3))).isTrue();
    assertThat(sold.contains(new ItemId(1, 2))).isTrue();
    assertThat(sold.contains(new ItemId(1, 3))).isFalse();
  }

  @Test
  void whatOtherNodesSayOfAnOlderSaleIsForgotten() {
    sold.add(new ItemId(5, 0));

    sold.heard(SoldBitmaps.sold(1, 7));
    sold.heard(SoldBitmap.EMPTY);

    assertThat(sold.contains(new ItemId(1, 7))).isFalse();
    assertThat(sold.contains(new ItemId(5, 7))).isFalse();
    sold.heard(SoldBitmaps.sold(9, 7));
    assertThat(sold.contains(new ItemId(9, 7))).isTrue();
    assertThat(sold.contains(new ItemId(5, 0))).isFalse();
  }

  @Test
  void whatIsSoldHereIsToBeSentOnce() {
    assertThat(sold.takeUnsent(1)).isNull();
    sold.add(new ItemId(1, 7));
    sold.add(new ItemId(1, 999_999));

    assertThat(sold.takeUnsent(1)).isEqualTo(SoldBitmaps.sold(1, 7, 999_999));
    assertThat(sold.takeUnsent(1)).isNull();
    assertThat(sold.takeUnsent(0)).isNull();
    sold.add(new ItemId(1, 8));
    assertThat(sold.takeUnsent(1)).isEqualTo(SoldBitmaps.sold(1, 7, 8, 999_999));
  }

  @Test
  void whatIsKnownAlreadyIsNotSent() {
    sold.heard(SoldBitmaps.sold(1, 7));
    assertThat(sold.takeUnsent(1)).isNull();

    sold.add(new ItemId(1, 7));

    assertThat(sold.takeUnsent(1)).isNull();
  }

  @Test
  void whatMayBeLostIsSentAgain() {
    sold.notSent(1);
    sold.add(new ItemId(1, 7));
    sold.takeUnsent(1);

    sold.notSent(1);

    assertThat(sold.takeUnsent(1)).isEqualTo(SoldBitmaps.sold(1, 7));
  }

  /** An item that is sold while another thread takes is in this or in the next. */
  @Test
  void nothingIsLostBetweenSellingAndSending() throws ExecutionException, InterruptedException {
    SoldItems elsewhere = new SoldItems();
    int rounds = 5_000;
    CyclicBarrier barrier = new CyclicBarrier(2);
    sold.add(new ItemId(1, 999_999)); // so that there is something to take
    List<Integer> lost = new ArrayList<>();
    try (var threads = Executors.newFixedThreadPool(1)) {
      Future<?> selling =
          threads.submit(
              () -> {
                for (int item = 0; item < rounds; item++) {
                  barrier.await();
                  sold.add(new ItemId(1, item));
                  barrier.await();
                }
                return null;
              });
      for (int item = 0; item < rounds; item++) {
        sold.notSent(1);
        await(barrier);
        send(sold, elsewhere);
        await(barrier);
        send(sold, elsewhere);
        if (!elsewhere.contains(new ItemId(1, item))) {
          lost.add(item);
        }
      }
      selling.get();
    }

    assertThat(lost).isEmpty();
  }

  private static void send(SoldItems from, SoldItems to) {
    SoldBitmap unsent = from.takeUnsent(1);
    if (unsent != null) {
      to.heard(unsent);
    }
  }

  private static void await(CyclicBarrier barrier) throws InterruptedException {
    try {
      barrier.await();
    } catch (BrokenBarrierException e) {
      throw new AssertionError(e);
    }
  }

  private static Sale sale(long id, int items) {
    Instant noon = Instant.parse("2026-03-01T12:00:00Z");
    return new Sale(
        id, noon, noon, noon.plus(Duration.ofHours(1)), items, 10, Duration.ofSeconds(60));
  }
}
