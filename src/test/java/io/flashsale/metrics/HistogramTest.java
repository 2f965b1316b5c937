package io.flashsale.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class HistogramTest {

  private static ClassicHistogramBuckets buckets(Histogram histogram) {
    return histogram.snapshot(Labels.EMPTY).getClassicBuckets();
  }

  private static List<Double> bounds(Histogram histogram) {
    List<Double> bounds = new ArrayList<>();
    buckets(histogram).stream().forEach(bucket -> bounds.add(bucket.getUpperBound()));
    return bounds;
  }

  @Test
  void hasRoundBounds() {
    assertThat(bounds(Histogram.ofTimes()))
        .startsWith(0.00001, 0.000025, 0.00005, 0.0001, 0.00025)
        .endsWith(1.0, 2.5, 5.0, 10.0, Double.POSITIVE_INFINITY)
        .hasSize(20);
    assertThat(bounds(Histogram.ofSizes())).startsWith(1.0, 2.0, 5.0).hasSize(11);
  }

  @Property
  void putsEveryValueInTheFirstBucketThatHoldsIt(
      @ForAll @LongRange(min = 0, max = 20_000_000_000L) long nanos) {
    Histogram histogram = Histogram.ofTimes();

    histogram.record(nanos);

    double below = -1;
    for (int i = 0; i < buckets(histogram).size(); i++) {
      double bound = buckets(histogram).getUpperBound(i);
      boolean here = nanos / 1e9 <= bound && nanos / 1e9 > below;
      assertThat(buckets(histogram).getCount(i)).as("up to %s", bound).isEqualTo(here ? 1 : 0);
      below = bound;
    }
  }

  @Test
  void aBoundBelongsToItsBucket() {
    Histogram histogram = Histogram.ofSizes();

    for (long size : new long[] {0, 1, 2, 1_000, 1_001, Long.MAX_VALUE, -5}) {
      histogram.record(size);
    }

    assertThat(buckets(histogram).getCount(0)).isEqualTo(3); // 0, 1, and what is negative
    assertThat(buckets(histogram).getCount(1)).isEqualTo(1);
    assertThat(buckets(histogram).getCount(9)).isEqualTo(1);
    assertThat(buckets(histogram).getCount(10)).isEqualTo(2);
    assertThat(histogram.count()).isEqualTo(7);
  }

  @Test
  void sumsInSeconds() {
    Histogram histogram = Histogram.ofTimes();

    histogram.record(1_500_000_000L);
    histogram.record(500_000_000L);

    assertThat(histogram.snapshot(Labels.EMPTY).getSum()).isEqualTo(2.0);
  }
}
