package io.flashsale.ops;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What an audit has counted and found, at one moment of the journal.
 *
 * @param sales the audited sales by ascending id
 * @param journal what is wrong with no sale in particular: the coordinator's stream, streams of
 *     sales that never were
 */
public record AuditReport(List<SaleAudit> sales, Breaches journal) {

  /** So many breaches of a sale are told one by one; the rest is only counted. */
  public static final int TOLD = 100;

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private static final List<String> COLUMNS =
      List.of(
          "SALE",
          "STATE",
          "ITEMS",
          "SOLD",
          "HELD",
          "AVAILABLE",
          "SETTLING",
          "USERS",
          "PURCHASES",
          "RELEASED",
          "REFUSED",
          "ORDERS",
          "PENDING",
          "BREACHES");

  /** How far the coordinator has brought a sale. An announced one may have opened on its nodes. */
  public enum State {
    ANNOUNCED,
    OPEN,
    CLOSED;

    @JsonValue
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * One sale. {@code sold + held + available = items}, or there is a breach of I4.
   *
   * @param items as the terms of the sale say; sold, held, available and settling are items too
   * @param settling items that are purchased while the item itself still only knows its hold
   * @param users users with at least one event in this sale
   * @param purchases purchased checkouts
   * @param released checkouts that expired or were given up
   * @param refused refusals of holds that no checkout had
   * @param orders orders that were placed
   * @param pending orders that have not ended; while the cluster is up each does, within seconds
   */
  public record SaleAudit(
      long saleId,
      State state,
      int items,
      long sold,
      long held,
      long available,
      long settling,
      long users,
      long purchases,
      long released,
      long refused,
      long orders,
      long pending,
      Breaches breaches) {

    SaleAudit with(Breaches more) {
      return new SaleAudit(
          saleId,
          state,
          items,
          sold,
          held,
          available,
          settling,
          users,
          purchases,
          released,
          refused,
          orders,
          pending,
          breaches.plus(more));
    }
  }

  /**
   * Breaches in the order of their invariants.
   *
   * @param told at most {@value #TOLD}
   * @param more how many are not told
   */
  public record Breaches(List<Breach> told, long more) {

    static final Breaches NONE = new Breaches(List.of(), 0);

    public Breaches {
      told = List.copyOf(told);
    }

    /** Told or not. */
    public long count() {
      return told.size() + more;
    }

    /** These first, then the others, as far as there is room. */
    Breaches plus(Breaches others) {
      List<Breach> all = new ArrayList<>(told);
      all.addAll(others.told);
      List<Breach> first = all.subList(0, Math.min(TOLD, all.size()));
      return new Breaches(first, count() + others.count() - first.size());
    }
  }

  /**
   * One thing that must never be.
   *
   * @param invariant {@code I1} ... {@code I9} as in the design, or {@code history} for a stream
   *     that no run of the program can have written
   * @param persistenceIds the streams that contradict themselves or each other, at most 10
   * @param description one line
   */
  public record Breach(String invariant, List<String> persistenceIds, String description) {
    public Breach {
      persistenceIds = List.copyOf(persistenceIds);
    }
  }

  public AuditReport {
    sales = List.copyOf(sales);
  }

  /** No breach anywhere. */
  @JsonProperty("clean")
  public boolean clean() {
    return breaches() == 0;
  }

  private long breaches() {
    return journal.count() + sales.stream().mapToLong(sale -> sale.breaches().count()).sum();
  }

  /** One object, snake_case, indented. */
  public String toJson() {
    try {
      return MAPPER.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A report is always JSON", e);
    }
  }

  /** A line for each sale in aligned columns, one for each breach, and a verdict; ends a line. */
  public String toText() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(COLUMNS);
    sales.forEach(sale -> rows.add(row(sale)));
    int[] widths = new int[COLUMNS.size()];
    for (List<String> row : rows) {
      for (int column = 0; column < widths.length; column++) {
        widths[column] = Math.max(widths[column], row.get(column).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      for (int column = 0; column < widths.length; column++) {
        text.append(column == 0 ? "" : "  ");
        text.append(" ".repeat(widths[column] - row.get(column).length())).append(row.get(column));
      }
      text.append('\n');
    }
    sales.forEach(sale -> appendTo(text, "sale " + sale.saleId(), sale.breaches()));
    appendTo(text, "journal", journal);
    long breaches = breaches();
    return text.append(breaches == 0 ? "clean" : "breaches: " + breaches).append('\n').toString();
  }

  private static List<String> row(SaleAudit sale) {
    return List.of(
        String.valueOf(sale.saleId()),
        sale.state().toString(),
        String.valueOf(sale.items()),
        String.valueOf(sale.sold()),
        String.valueOf(sale.held()),
        String.valueOf(sale.available()),
        String.valueOf(sale.settling()),
        String.valueOf(sale.users()),
        String.valueOf(sale.purchases()),
        String.valueOf(sale.released()),
        String.valueOf(sale.refused()),
        String.valueOf(sale.orders()),
        String.valueOf(sale.pending()),
        String.valueOf(sale.breaches().count()));
  }

  private static void appendTo(StringBuilder text, String where, Breaches breaches) {
    for (Breach breach : breaches.told()) {
      String ids = breach.persistenceIds().stream().collect(Collectors.joining(", ", " [", "]"));
      text.append(where).append(": ").append(breach.invariant()).append(": ");
      text.append(breach.description()).append(breach.persistenceIds().isEmpty() ? "" : ids);
      text.append('\n');
    }
    if (breaches.more() > 0) {
      text.append(where).append(": and ").append(breaches.more()).append(" more\n");
    }
  }
}
