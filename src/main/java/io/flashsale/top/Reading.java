package io.flashsale.top;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleBinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What the nodes have answered at one time.
 *
 * @param sale the open one, as {@code GET /sales/active} has it; null if none is open
 */
record Reading(
    long nanoTime, int nodes, int answering, @Nullable JsonNode sale, List<Sample> samples) {

  double sum(String name) {
    return fold(name, Double::sum);
  }

  double max(String name) {
    return fold(name, Math::max);
  }

  private double fold(String name, DoubleBinaryOperator fold) {
    return samples.stream()
        .filter(sample -> sample.name().equals(name))
        .mapToDouble(Sample::value)
        .reduce(fold)
        .orElse(0);
  }

  /** Sums by a label. */
  Map<String, Double> by(String name, String label) {
    Map<String, Double> sums = new TreeMap<>();
    samples.stream()
        .filter(sample -> sample.name().equals(name))
        .forEach(sample -> sums.merge(sample.label(label), sample.value(), Double::sum));
    return sums;
  }

  /** Seconds since the other one. */
  double since(Reading before) {
    return (nanoTime - before.nanoTime) / 1e9;
  }
}
