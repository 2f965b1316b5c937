package io.flashsale.load;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.StreamSupport;

/**
 * What the answers of a run have said, kept by those who got them, to be held against the audit: a
 * program that is wrong about itself is found out by its customers. It grows with what is sold,
 * some 100 bytes an item.
 */
final class Ledger {

  /** What {@link #verdict} says of a sale that is right. */
  static final String RIGHT = "right";

  private static final int BREACHES_TOLD = 5;

  private record Sold(long sale, int item) {}

  private record Buyer(long sale, long user) {}

  private final int userLimit = Settings.number("userLimit", 10);
  private final Map<Long, AtomicInteger> acknowledged = new ConcurrentHashMap<>();
  private final Map<Sold, Long> owners = new ConcurrentHashMap<>();
  private final Map<Buyer, AtomicInteger> bought = new ConcurrentHashMap<>();
  private final AtomicInteger unknown = new AtomicInteger();
  private final AtomicReference<Instant> lastHoldEnds = new AtomicReference<>(Instant.EPOCH);
  private final Queue<String> breaches = new ConcurrentLinkedQueue<>();
  private volatile Sales.Sale first = new Sales.Sale(0, 0, 0);
  private volatile Instant lastPurchase = Instant.EPOCH;

  /** The run begins in this sale. */
  void begin(Sales.Sale sale) {
    first = sale;
    acknowledged.put(sale.id(), new AtomicInteger());
  }

  Sales.Sale first() {
    return first;
  }

  /** A checkout was acknowledged. */
  void held(long sale, Instant expiresAt) {
    acknowledged.computeIfAbsent(sale, any -> new AtomicInteger());
    lastHoldEnds.accumulateAndGet(expiresAt, (one, other) -> one.isAfter(other) ? one : other);
  }

  /** A purchase was acknowledged, for the first time. */
  void bought(long sale, long user, Iterable<Integer> items) {
    for (int item : items) {
      Long other = owners.putIfAbsent(new Sold(sale, item), user);
      if (other != null) {
        breach("item " + item + " of sale " + sale + " was sold to " + other + " and to " + user);
      }
      int count =
          bought
              .computeIfAbsent(new Buyer(sale, user), any -> new AtomicInteger())
              .incrementAndGet();
      if (count == userLimit + 1) {
        breach("user " + user + " was sold more than " + userLimit + " items of sale " + sale);
      }
      acknowledged.computeIfAbsent(sale, any -> new AtomicInteger()).incrementAndGet();
    }
    lastPurchase = Instant.now();
  }

  /** Nobody knows whether so many items were bought. */
  void unknown(int items) {
    unknown.addAndGet(items);
  }

  /** Something was answered that must never be. */
  void breach(String what) {
    breaches.add(what);
  }

  /** The sales that the run has seen. */
  SortedSet<Long> sales() {
    return new TreeSet<>(acknowledged.keySet());
  }

  /** When the last purchase was acknowledged. */
  Instant lastPurchase() {
    return lastPurchase;
  }

  /** When the last of the holds is over, as it was answered. */
  Instant lastHoldEnds() {
    return lastHoldEnds.get();
  }

  /** Whether nothing is on its way any more in the sale of this answer of {@code /admin/audit}. */
  static boolean isSettled(String audit) {
    JsonNode sale = Shop.json(audit).at("/sales/0");
    return sale.path("held").asInt(-1) == 0
        && sale.path("settling").asInt(-1) == 0
        && sale.path("pending").asInt(-1) == 0;
  }

  /**
   * {@link #RIGHT}, or what is wrong with the sale of this answer of {@code /admin/audit}, in the
   * eyes of those who have bought, too.
   *
   * @param soldOut whether everything has to be sold
   */
  String verdict(String audit, boolean soldOut) {
    JsonNode report = Shop.json(audit);
    JsonNode sale = report.at("/sales/0");
    long id = sale.path("sale_id").asLong();
    int items = sale.path("items").asInt();
    int sold = sale.path("sold").asInt(-1);
    int before = id == first.id() ? first.sold() : 0;
    int known = before + acknowledged.getOrDefault(id, new AtomicInteger()).get();
    List<String> wrong = new ArrayList<>(breaches.stream().limit(BREACHES_TOLD).toList());
    if (!report.path("clean").asBoolean()) {
      report.findValues("told").stream()
          .flatMap(told -> StreamSupport.stream(told.spliterator(), false))
          .limit(BREACHES_TOLD)
          .forEach(
              breach ->
                  wrong.add(
                      "audit: "
                          + breach.path("invariant").asText()
                          + " "
                          + breach.path("description").asText()));
      wrong.add("the audit is not clean");
    }
    if (!isSettled(audit)) {
      wrong.add("held, settling or pending for ever: " + sale);
    }
    if (sold < known || sold > known + unknown.get()) {
      wrong.add(sold + " sold, but " + known + " acknowledged and " + unknown + " unknown");
    }
    if (sold > items || sale.path("available").asInt(-1) < 0) {
      wrong.add(sold + " sold of " + items);
    }
    if (soldOut && sold != items) {
      wrong.add("not sold out: " + sold + " of " + items);
    }
    String verdict = wrong.isEmpty() ? RIGHT : String.join("; ", wrong);
    System.out.printf(
        "truth: sale %d items %d sold %d acknowledged %d unknown %d: %s%n",
        id, items, sold, known, unknown.get(), verdict);
    return wrong.isEmpty() ? RIGHT : "sale " + id + ": " + verdict;
  }
}
