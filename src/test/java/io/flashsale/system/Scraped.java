package io.flashsale.system;

import java.util.Arrays;
import java.util.List;

/** What a node answers to GET /metrics, line by line. */
record Scraped(List<String> lines) {

  static Scraped from(Shop shop) {
    return new Scraped(shop.get("/metrics").body().lines().toList());
  }

  /**
   * The sum of all samples of this name that have these labels.
   *
   * @param labels as they stand there: {@code route="/checkout"}
   */
  double sum(String name, String... labels) {
    return lines.stream()
        .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
        .filter(line -> Arrays.stream(labels).allMatch(line::contains))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  boolean has(String name) {
    return lines.stream()
        .anyMatch(line -> line.startsWith(name + " ") || line.startsWith(name + "{"));
  }
}
