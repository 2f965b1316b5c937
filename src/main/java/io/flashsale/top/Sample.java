package io.flashsale.top;

import java.util.Optional;

/**
 * A line of the text format of Prometheus.
 *
 * @param labels as they stand there, without the braces
 */
record Sample(String name, String labels, double value) {

  static Optional<Sample> parse(String line) {
    int end = line.lastIndexOf(' ');
    if (line.startsWith("#") || end < 0) {
      return Optional.empty();
    }
    int brace = line.indexOf('{');
    if (brace >= 0 && line.lastIndexOf('}') < brace) {
      return Optional.empty(); // not of Prometheus
    }
    String name = line.substring(0, brace < 0 ? end : brace);
    String labels = brace < 0 ? "" : line.substring(brace + 1, line.lastIndexOf('}'));
    try {
      return Optional.of(new Sample(name, labels, Double.parseDouble(line.substring(end + 1))));
    } catch (NumberFormatException e) {
      return Optional.empty(); // +Inf is the one number that Java calls by another name
    }
  }

  /** The value of a label, or "" if it has none of this name. */
  String label(String label) {
    String begin = label + "=\"";
    int at = labels.indexOf(begin);
    return at < 0
        ? ""
        : labels.substring(at + begin.length(), labels.indexOf('"', at + begin.length()));
  }
}
