package io.flashsale.top;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How a reading looks in a terminal of 80 columns. */
final class Screen {

  private static final int BAR = 50;
  private static final int MOST_REASONS = 8;

  private Screen() {}

  /**
   * Lines of text.
   *
   * @param before the reading before this one, for what there is per second; null for the first
   */
  static String draw(Reading now, @Nullable Reading before) {
    StringBuilder screen = new StringBuilder();
    line(screen, "flashsale   %d of %d nodes answer".formatted(now.answering(), now.nodes()));
    if (now.answering() == 0) {
      line(screen, "No node answers: is --url right, and METRICS=api?");
      return screen.toString();
    }
    sale(screen, now, before);
    requests(screen, now, before);
    reasons(screen, now, before);
    line(
        screen,
        "database    %s   queue of the journal %.0f   in flight %.0f   cluster: %.0f up, %.0f unreachable"
            .formatted(
                now.sum("database_up") >= now.answering() ? "up" : "DOWN",
                now.sum("journal_queue_depth"),
                now.sum("http_requests_in_flight"),
                now.by("cluster_members", "status").getOrDefault("up", 0.0) / now.answering(),
                now.max("cluster_unreachable_members")));
    return screen.toString();
  }

  private static void sale(StringBuilder screen, Reading now, @Nullable Reading before) {
    JsonNode sale = now.sale();
    if (sale == null) {
      line(
          screen,
          "No sale is open%s"
              .formatted(
                  now.max("sale_next_announced") > 0
                      ? "; the next one opens in %.0f s".formatted(now.max("sale_next_seconds"))
                      : ""));
      return;
    }
    double items = sale.path("total_items").asDouble();
    double sold = Math.max(now.max("sale_items_sold"), sale.path("items_sold").asDouble());
    double share = items == 0 ? 0 : Math.min(1, sold / items);
    int filled = (int) Math.round(share * BAR);
    line(
        screen,
        "sale %-6s [%s%s] %3.0f %%   %.0f of %.0f sold"
            .formatted(
                sale.path("id").asText(),
                "#".repeat(filled),
                ".".repeat(BAR - filled),
                Math.floor(100 * share), // 100 % is all of them
                sold,
                items));
    double soldOut = now.max("sale_sold_out_seconds");
    line(
        screen,
        "            %s   %.0f held   %s   ends in %.0f s"
            .formatted(
                rate("items sold", now, before, "sale_items_sold_total"),
                now.sum("holds_live"),
                soldOut > 0 ? "sold out after %.1f s".formatted(soldOut) : "not sold out",
                now.max("sale_end_seconds")));
  }

  private static void requests(StringBuilder screen, Reading now, @Nullable Reading before) {
    for (String what : new String[] {"checkout", "purchase"}) {
      line(
          screen,
          "%-11s %s   %s   %s"
              .formatted(
                  what + "s",
                  rate("asked", now, before, what + "_attempts_total"),
                  rate("done", now, before, what + "_success_total"),
                  rate("refused", now, before, what + "_failure_total")));
    }
  }

  private static void reasons(StringBuilder screen, Reading now, @Nullable Reading before) {
    Map<String, Double> sums = now.by("http_problems_total", "reason");
    Map<String, Double> old =
        before == null ? Map.of() : before.by("http_problems_total", "reason");
    String reasons =
        sums.entrySet().stream()
            .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
            .limit(MOST_REASONS)
            .map(
                reason ->
                    "%n  %-22s %12.0f %s"
                        .formatted(
                            reason.getKey(),
                            reason.getValue(),
                            before == null
                                ? ""
                                : perSecond(
                                    reason.getValue() - old.getOrDefault(reason.getKey(), 0.0),
                                    now,
                                    before)))
            .collect(Collectors.joining());
    line(screen, "refusals%s".formatted(reasons.isEmpty() ? "    none" : reasons));
  }

  private static String rate(String what, Reading now, @Nullable Reading before, String name) {
    double sum = now.sum(name);
    return before == null
        ? "%.0f %s".formatted(sum, what)
        : "%.0f %s %s".formatted(sum, what, perSecond(sum - before.sum(name), now, before));
  }

  /** Less than nothing: a node was started again. */
  private static String perSecond(double more, Reading now, Reading before) {
    return "(%.0f/s)".formatted(Math.max(0, more) / now.since(before));
  }

  private static void line(StringBuilder screen, String text) {
    screen.append(text).append(System.lineSeparator());
  }
}
