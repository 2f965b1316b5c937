package io.flashsale.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/**
 * How often something took how long, or was how large. The buckets are fixed when it is made, so
 * that recording neither allocates nor locks: it finds the bucket by the highest bit of the value,
 * and adds to two counters that threads do not contend for (RecordingBenchmark).
 */
public final class Histogram {

  private static final long MICROSECOND = 1_000;
  private static final long SECOND = 1_000_000_000;

  /** Inclusive, in ascending order; what is larger is in one bucket more. */
  private final long[] bounds;

  /** The first bucket that a value can be in, by the number of its leading zeros. */
  private final byte[] first = new byte[Long.SIZE + 1];

  private final LongAdder[] counts;
  private final LongAdder sum = new LongAdder();
  private final double unit;

  private Histogram(double unit, long... bounds) {
    this.unit = unit;
    this.bounds = bounds;
    this.counts =
        Stream.generate(LongAdder::new).limit(bounds.length + 1).toArray(LongAdder[]::new);
    for (int zeros = 1; zeros < Long.SIZE; zeros++) {
      long least = 1L << (Long.SIZE - 1 - zeros);
      while (first[zeros] < bounds.length && bounds[first[zeros]] < least) {
        first[zeros]++;
      }
    }
  }

  /** Of times, recorded in nanoseconds: 19 buckets from 10 microseconds to 10 seconds. */
  public static Histogram ofTimes() {
    long[] bounds = new long[19];
    long decade = 10 * MICROSECOND;
    for (int i = 0; i < bounds.length; i += 3, decade *= 10) {
      bounds[i] = decade;
      if (i + 2 < bounds.length) {
        bounds[i + 1] = decade * 5 / 2;
        bounds[i + 2] = decade * 5;
      }
    }
    return new Histogram(1.0 / SECOND, bounds);
  }

  /** Of sizes: 10 buckets from 1 to 1,000. */
  public static Histogram ofSizes() {
    return new Histogram(1, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000);
  }

  /** From any thread. What is negative counts as 0: a clock has gone back. */
  public void record(long value) {
    long recorded = Math.max(0, value);
    int bucket = first[Long.numberOfLeadingZeros(recorded)];
    while (bucket < bounds.length && recorded > bounds[bucket]) {
      bucket++; // twice at most, as bounds at least double in two steps
    }
    counts[bucket].increment();
    sum.add(recorded);
  }

  public void record(Duration time) {
    record(time.toNanos());
  }

  /** Runs from one call of {@link System#nanoTime} to this one. */
  public void recordSince(long nanoTime) {
    record(System.nanoTime() - nanoTime);
  }

  public long count() {
    long all = 0;
    for (LongAdder count : counts) {
      all += count.sum();
    }
    return all;
  }

  /** What Prometheus wants to hear of it. */
  public HistogramDataPointSnapshot snapshot(Labels labels) {
    ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
    for (int i = 0; i < counts.length; i++) {
      double bound = i < bounds.length ? round(bounds[i] * unit) : Double.POSITIVE_INFINITY;
      buckets.bucket(bound, counts[i].sum());
    }
    return HistogramDataPointSnapshot.builder()
        .labels(labels)
        .classicHistogramBuckets(buckets.build())
        .sum(sum.sum() * unit)
        .build();
  }

  /** 0.00025, and not 0.00025000000000000006. */
  private static double round(double bound) {
    return Math.round(bound * 1e6) / 1e6;
  }
}
