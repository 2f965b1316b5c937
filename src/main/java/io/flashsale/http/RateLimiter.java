package io.flashsale.http;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/**
 * A token bucket for each of many keys. A bucket is two numbers: its key, and when it will be full
 * again. A request puts that off by the time in which one token comes, and is refused if the bucket
 * does not have one (the generic cell rate algorithm).
 *
 * <p>The table never grows: a key has {@value #WAYS} places, and one that is new takes the place of
 * the bucket that is full, or the soonest. So a bucket that is full may be forgotten, and nothing
 * is lost; one that is not is forgotten only where {@value #WAYS} others are used still harder, and
 * begins full again. There are no locks, and a request allocates nothing. What a race for a place
 * can cost is a token of somebody else's, or one request that is refused for what the key before
 * owed.
 */
final class RateLimiter {

  /** Keys: 1 MiB. */
  static final int PLACES = 1 << 16;

  /** Places to look at: 128 bytes. */
  static final int WAYS = 8;

  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final long tokenNanos;
  private final long mostNanos;
  private final LongSupplier nanoTime;
  private final long seed;
  private final int sets;

  /** Key, time, key, time ... A place that nobody has taken is the full bucket of key 0. */
  private final AtomicLongArray table;

  /**
   * All buckets are full.
   *
   * @param perSecond tokens that come in a second
   * @param burst tokens of a full bucket
   * @param nanoTime never goes back
   * @param seed so that nobody can tell which keys share their places
   */
  RateLimiter(int perSecond, int burst, LongSupplier nanoTime, long seed) {
    this(perSecond, burst, nanoTime, seed, PLACES);
  }

  RateLimiter(int perSecond, int burst, LongSupplier nanoTime, long seed, int places) {
    this.tokenNanos = NANOS_PER_SECOND / perSecond;
    this.mostNanos = tokenNanos * (burst - 1);
    this.nanoTime = nanoTime;
    this.seed = seed;
    this.sets = places / WAYS;
    this.table = new AtomicLongArray(2 * places);
    long now = nanoTime.getAsLong();
    for (int place = 0; place < table.length(); place += 2) {
      table.setRelease(place + 1, now);
    }
  }

  /** Takes a token of this key, if there is one. */
  boolean tryAcquire(long key) {
    long now = nanoTime.getAsLong();
    while (true) {
      int first = 2 * WAYS * (int) Math.floorMod(mixed(key ^ seed), (long) sets);
      int fullest = first;
      for (int place = first; place < first + 2 * WAYS; place += 2) {
        if (table.get(place) == key) {
          return take(place + 1, now);
        }
        if (table.get(place + 1) - table.get(fullest + 1) < 0) {
          fullest = place;
        }
      }
      long forgotten = table.get(fullest);
      long fullAt = table.get(fullest + 1);
      if (table.compareAndSet(fullest, forgotten, key)) {
        table.compareAndSet(fullest + 1, fullAt, now); // it does not owe what the other one does
      }
    }
  }

  private boolean take(int time, long now) {
    while (true) {
      long fullAt = table.get(time);
      long missing = Math.max(fullAt - now, 0);
      if (missing > mostNanos) {
        return false;
      }
      if (table.compareAndSet(time, fullAt, now + missing + tokenNanos)) {
        return true;
      }
    }
  }

  /** Every bit of the number changes half of those of the result (the finalizer of MurmurHash3). */
  private static long mixed(long number) {
    long mixed = number;
    mixed = (mixed ^ (mixed >>> 33)) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return mixed ^ (mixed >>> 33);
  }
}
