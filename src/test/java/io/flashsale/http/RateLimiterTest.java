package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RateLimiterTest {

  private static final long SEED = 42;
  private static final long MILLI = 1_000_000;

  /** Shortly before it becomes negative, which System.nanoTime() may be. */
  private final AtomicLong nanoTime = new AtomicLong(Long.MAX_VALUE - 30 * MILLI);

  /** 50 a second, 100 at once: a token every 20 ms. */
  private final RateLimiter limiter = new RateLimiter(50, 100, nanoTime::get, SEED);

  private static long taken(RateLimiter limiter, long key, int tries) {
    return LongStream.range(0, tries).filter(_ -> limiter.tryAcquire(key)).count();
  }

  @Test
  void aFullBucketHasItsBurst() {
    for (long key : new long[] {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
      assertThat(taken(limiter, key, 150)).as("key %d", key).isEqualTo(100);
    }
  }

  @Test
  void tokensComeOneByOne() {
    var _ = taken(limiter, 7, 100);

    nanoTime.addAndGet(19 * MILLI);
    assertThat(limiter.tryAcquire(7)).isFalse();
    nanoTime.addAndGet(MILLI);
    assertThat(taken(limiter, 7, 5)).isEqualTo(1);
    nanoTime.addAndGet(100 * MILLI);
    assertThat(taken(limiter, 7, 10)).isEqualTo(5);
  }

  @Test
  void aBucketDoesNotOverflow() {
    var _ = taken(limiter, 7, 100);
    nanoTime.addAndGet(TimeUnit.DAYS.toNanos(1));

    assertThat(taken(limiter, 7, 150)).isEqualTo(100);
  }

  @Test
  void whatIsRefusedCostsNothing() {
    var _ = taken(limiter, 7, 10_000);
    nanoTime.addAndGet(20 * MILLI);

    assertThat(limiter.tryAcquire(7)).isTrue();
  }

  /** One set of eight places: the ninth key takes that of the bucket that is the fullest. */
  @Test
  void forgetsTheBucketFromWhichTheLeastIsMissing() {
    RateLimiter small = new RateLimiter(50, 100, nanoTime::get, SEED, RateLimiter.WAYS);
    for (long key = 1; key <= 7; key++) {
      var _ = taken(small, key, 100);
    }
    var _ = taken(small, 8, 60);

    assertThat(taken(small, 9, 150)).isEqualTo(100);

    assertThat(taken(small, 1, 1)).as("still empty").isZero();
    assertThat(taken(small, 8, 150)).as("forgotten, so full again").isEqualTo(100);
  }

  @Test
  void twentyThousandUsersWhoBuyAsFastAsTheyCanAreNotRefused() {
    Random random = new Random(SEED);
    long refused = 0;
    for (int i = 0; i < 1_200_000; i++) {
      nanoTime.addAndGet(8_333); // 120,000 a second, for 10 s
      refused += limiter.tryAcquire(random.nextInt(20_000)) ? 0 : 1;
    }
    assertThat(refused).isZero();
  }

  @Test
  void givesNoTokenTwiceToThreadsThatComeTogether() throws Exception {
    AtomicInteger taken = new AtomicInteger();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int i = 0; i < 4; i++) {
        threads.execute(() -> taken.addAndGet((int) taken(limiter, 7, 10_000)));
      }
    }
    assertThat(taken).hasValue(100);
  }
}
