package io.flashsale.simulation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What has happened in a run, for people to read. Kept only when a run is replayed. */
final class Trace {

  /** Codes and keys, and hold ids: too long to be told apart by eye. */
  private static final Pattern LONG_NAMES =
      Pattern.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|-?\\b[0-9]{12,}\\b");

  private static final Pattern NOISE =
      Pattern.compile(
          "(?:, )?(?:replyTo=Actor\\[[^]]*]|terms=Terms\\[[^]]*])|\\.[0-9]{6}Z|1970-01-0[1-4]T[0-9]{2}:");

  private final Timeline timeline;
  private final boolean kept;
  private final List<String> lines = new ArrayList<>();
  private final Map<String, String> names = new HashMap<>();

  Trace(Timeline timeline, boolean kept) {
    this.timeline = timeline;
    this.kept = kept;
  }

  void add(String who, String what, Supplier<?> about) {
    if (kept) {
      String line =
          "%10.4f  %-16s %-20s %s".formatted(timeline.now() / 1e6, who, what, about.get());
      lines.add(shortened(line));
    }
  }

  void add(String who, String what) {
    add(who, what, () -> "");
  }

  private String shortened(String line) {
    Matcher matcher = LONG_NAMES.matcher(NOISE.matcher(line).replaceAll(""));
    return matcher.replaceAll(
        found ->
            names.computeIfAbsent(
                found.group(), name -> (name.length() == 36 ? "#" : "hold-") + (names.size() + 1)));
  }

  @Override
  public String toString() {
    return String.join("\n", lines);
  }
}
