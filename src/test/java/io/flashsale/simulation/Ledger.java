package io.flashsale.simulation;

import io.flashsale.item.ItemEvent;
import io.flashsale.item.ItemId;
import io.flashsale.sale.SaleEvent;
import io.flashsale.user.UserEvent;
import io.flashsale.user.UserId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the journal says, folded by rules of its own that share nothing with the program, and
 * whether it keeps the promises. It is looked at after every commit, and at every word to a client.
 */
final class Ledger {

  /** What the journal says of a checkout. */
  static final class Bill {
    final Map<Long, List<Integer>> holds = new LinkedHashMap<>();
    boolean purchased;
    boolean released;

    boolean isOpen() {
      return !purchased && !released;
    }

    List<Integer> items() {
      return holds.values().stream().flatMap(List::stream).toList();
    }
  }

  /** What the journal says of an order: how it has ended, if it has. */
  static final class Order {
    final int item;
    final long sequenceNr;
    boolean confirmed;
    io.flashsale.user.Order.@Nullable Rejection rejection;

    private Order(int item, long sequenceNr) {
      this.item = item;
      this.sequenceNr = sequenceNr;
    }

    boolean isPending() {
      return !confirmed && rejection == null;
    }
  }

  /** What the journal says of a user in a sale. */
  static final class Account {
    final Map<UUID, Bill> bills = new LinkedHashMap<>();

    /** What was done by whoever used this key: once. */
    final Map<UUID, UserEvent> byKey = new LinkedHashMap<>();

    final List<UserEvent> events = new ArrayList<>();
    final Map<UUID, Order> orders = new LinkedHashMap<>();
    final List<Long> refused = new ArrayList<>();

    private int count() {
      return bills.values().stream()
          .filter(bill -> !bill.released)
          .mapToInt(bill -> bill.items().size())
          .sum();
    }
  }

  /** What the journal says of an item. */
  private static final class Stock {
    private ItemEvent.@Nullable Reserved held;
    private ItemEvent.@Nullable Sold sold;

    private boolean belongsTo(long holdId, long userId) {
      ItemEvent.Reserved hold = held;
      ItemEvent.Sold sale = sold;
      return (hold != null && hold.holdId() == holdId && hold.userId() == userId)
          || (sale != null && sale.holdId() == holdId && sale.userId() == userId);
    }
  }

  private record Books(Map<Integer, Stock> stocks, Map<Long, Account> accounts) {
    private Books() {
      this(new LinkedHashMap<>(), new LinkedHashMap<>());
    }
  }

  private final World world;
  private final int limit;
  private final Map<Long, Books> sales = new LinkedHashMap<>();
  private final SaleLedger plan;
  private long holdsEndFrom = Long.MAX_VALUE;

  Ledger(World world, int limit, Duration period) {
    this.world = world;
    this.limit = limit;
    this.plan = new SaleLedger(world, period);
  }

  /** What it says of the sales themselves. */
  SaleLedger plan() {
    return plan;
  }

  /** From this time on every hold has to end when its time is over (I7). */
  void holdsEndFrom(long micros) {
    holdsEndFrom = micros;
  }

  private Books books(long saleId) {
    return sales.computeIfAbsent(saleId, _ -> new Books());
  }

  Account account(UserId user) {
    return books(user.saleId()).accounts.computeIfAbsent(user.number(), _ -> new Account());
  }

  private Stock stock(ItemId item) {
    return books(item.saleId()).stocks.computeIfAbsent(item.number(), _ -> new Stock());
  }

  static void mustBe(boolean kept, String promise, Object... about) {
    if (!kept) {
      throw new Breach(promise, List.of(about).toString());
    }
  }

  // ---------------------------------------------------------------- commits

  void append(String persistenceId, Object event) {
    String id = persistenceId.substring(persistenceId.indexOf('|') + 1);
    switch (event) {
      case ItemEvent e -> {
        ItemId item = ItemId.parse(id);
        apply(item, stock(item), e);
        check(item.saleId());
      }
      case UserEvent e -> {
        UserId user = UserId.parse(id);
        apply(user, account(user), e);
        check(user.saleId());
      }
      case SaleEvent e -> plan.apply(e);
      default -> throw new Breach("I4", "What is " + event);
    }
  }

  private void apply(ItemId item, Stock stock, ItemEvent event) {
    ItemEvent.Reserved held = stock.held;
    mustBe(stock.sold == null, "I1", item, "is sold, and then", event);
    switch (event) {
      case ItemEvent.Reserved e -> {
        mustBe(held == null, "I4", item, held == null ? "" : held, "and then", e);
        stock.held = e;
      }
      case ItemEvent.Released e -> {
        mustBe(held != null && held.holdId() == e.holdId(), "I4", item, "not held by", e);
        ended(item, held);
        stock.held = null;
      }
      case ItemEvent.Sold e -> {
        mustBe(held != null && held.holdId() == e.holdId(), "I4", item, "not held by", e);
        stock.held = null;
        stock.sold = e;
      }
    }
  }

  /** I7: within a second, and what the clocks are apart, and the way of the last messages. */
  private void ended(ItemId item, ItemEvent.@Nullable Reserved held) {
    if (held == null || holdsEndFrom == Long.MAX_VALUE) {
      return;
    }
    long left = Timeline.micros(Duration.between(world.time(), held.expiresAt()));
    long expiry = world.timeline.now() + left;
    long latest = Math.max(holdsEndFrom, expiry + 2 * world.faults.skew) + 1_100_000;
    mustBe(world.timeline.now() <= latest, "I7", item, held, "ends late");
  }

  private static void use(UserId user, Account account, @Nullable UUID key, UserEvent event) {
    mustBe(
        key == null || account.byKey.putIfAbsent(key, event) == null, "R9", user, "twice", event);
  }

  /** What the key has done in this sale, or in the latest one before it in which it has. */
  @Nullable UserEvent doneBy(UserId user, UUID key) {
    return doneBy(user, key, _ -> true);
  }

  /** Of what the key has done, in this sale or in one before it, the latest that is meant. */
  @Nullable UserEvent doneBy(UserId user, UUID key, Predicate<UserEvent> meant) {
    for (long saleId = user.saleId(); saleId > 0; saleId--) {
      UserEvent event = account(new UserId(saleId, user.number())).byKey.get(key);
      if (event != null && meant.test(event)) {
        return event;
      }
    }
    return null;
  }

  /** A checkout of this sale, or of one before it. */
  @Nullable Bill bill(UserId user, UUID code) {
    for (long saleId = user.saleId(); saleId > 0; saleId--) {
      Bill bill = account(new UserId(saleId, user.number())).bills.get(code);
      if (bill != null) {
        return bill;
      }
    }
    return null;
  }

  /** An order of this sale, or of one before it. */
  @Nullable Order order(UserId user, UUID code) {
    for (long saleId = user.saleId(); saleId > 0; saleId--) {
      Order order = account(new UserId(saleId, user.number())).orders.get(code);
      if (order != null) {
        return order;
      }
    }
    return null;
  }

  /** Whether these items have joined a checkout that was there. */
  boolean isAddition(UserId user, UserEvent.CheckedOut event) {
    Bill bill = bill(user, event.code());
    return bill != null && !bill.holds.keySet().iterator().next().equals(event.holdId());
  }

  /** Users with orders that have not ended. */
  Map<UserId, Long> withPendingOrders() {
    Map<UserId, Long> users = new LinkedHashMap<>();
    sales.forEach(
        (saleId, books) ->
            books.accounts.forEach(
                (number, account) ->
                    account.orders.values().stream()
                        .filter(Order::isPending)
                        .forEach(
                            order -> users.put(new UserId(saleId, number), order.sequenceNr))));
    return users;
  }

  /** All that the user has done in the latest sale before this one in which it has used the key. */
  List<UserEvent> earlier(UserId user, UUID key) {
    for (long saleId = user.saleId() - 1; saleId > 0; saleId--) {
      Account then = account(new UserId(saleId, user.number()));
      if (then.byKey.containsKey(key)) {
        return List.copyOf(then.events);
      }
    }
    return List.of();
  }

  private void apply(UserId user, Account account, UserEvent event) {
    account.events.add(event);
    switch (event) {
      case UserEvent.CheckedOut e -> {
        Bill bill = account.bills.computeIfAbsent(e.code(), _ -> new Bill());
        mustBe(bill.isOpen(), "OnceClosed", user, "is added to", e);
        mustBe(bill.holds.put(e.holdId(), e.items()) == null, "OnceClosed", user, e);
        mustBe(!account.refused.contains(e.holdId()), "OnceClosed", user, "was refused", e);
        use(user, account, e.key(), e);
      }
      case UserEvent.Purchased e -> {
        Bill bill = account.bills.get(e.code());
        mustBe(bill != null && bill.isOpen(), "OnceClosed", user, e);
        bill.purchased = true;
        Order order = account.orders.get(e.code());
        if (order != null) {
          mustBe(order.isPending(), "OnceEnded", user, e);
          mustBe(bill.items().equals(List.of(order.item)), "OnceEnded", user, e, bill.items());
          order.confirmed = true;
        }
        use(user, account, e.key(), e);
      }
      case UserEvent.Released e -> {
        Bill bill = account.bills.get(e.code());
        mustBe(bill != null && bill.isOpen(), "OnceClosed", user, e);
        bill.released = true;
        use(user, account, e.key(), e);
      }
      case UserEvent.Refused e -> {
        mustBe(
            account.bills.values().stream().noneMatch(bill -> bill.holds.containsKey(e.holdId())),
            "OnceClosed",
            user,
            e);
        account.refused.add(e.holdId());
      }
      case UserEvent.OrderPlaced e -> {
        Order order = new Order(e.item(), account.events.size());
        mustBe(account.orders.put(e.code(), order) == null, "OnceEnded", user, e);
        mustBe(!account.bills.containsKey(e.code()), "OnceEnded", user, e);
        use(user, account, e.key(), e);
      }
      case UserEvent.OrderRejected e -> {
        Order order = account.orders.get(e.code());
        mustBe(order != null && order.isPending(), "OnceEnded", user, e);
        mustBe(!account.bills.containsKey(e.code()), "OnceEnded", user, e, "is checked out");
        order.rejection = e.reason();
      }
    }
    mustBe(account.count() <= limit, "I3", user, "has", account.count());
  }

  // ---------------------------------------------------------------- promises

  private void check(long saleId) {
    Books books = books(saleId);
    Map<Integer, Long> buyers = new LinkedHashMap<>();
    books.accounts.forEach(
        (number, account) ->
            account.bills.forEach(
                (code, bill) -> {
                  if (!bill.released) {
                    bill.holds.forEach(
                        (hold, items) -> {
                          for (int item : items) {
                            mustBe(
                                !bill.purchased || buyers.put(item, number) == null,
                                "I1",
                                item,
                                "is bought twice");
                            mustBe(
                                books
                                    .stocks
                                    .computeIfAbsent(item, _ -> new Stock())
                                    .belongsTo(hold, number),
                                bill.purchased ? "I2" : "I9",
                                item,
                                "is not held by",
                                number,
                                code,
                                hold);
                          }
                        });
                  }
                }));
    books.stocks.forEach(
        (item, stock) -> {
          mustBe(item < plan.items(saleId), "I4", item, "is not of the sale");
          ItemEvent.Sold sold = stock.sold;
          mustBe(
              sold == null || isBought(books, item, sold),
              "I1",
              item,
              "is sold to one who has not bought");
        });
  }

  private static boolean isBought(Books books, int item, ItemEvent.Sold sold) {
    Account account = books.accounts.get(sold.userId());
    Bill bill = account == null ? null : account.bills.get(sold.code());
    return bill != null
        && bill.purchased
        && bill.holds.getOrDefault(sold.holdId(), List.of()).contains(item);
  }

  /** What a node takes for sold is sold (I8). */
  void saidToBeSold(ItemId item) {
    mustBe(stock(item).sold != null, "I8", item, "is said to be sold");
  }

  boolean isSoldOrBought(ItemId item) {
    return stock(item).sold != null
        || books(item.saleId()).accounts.values().stream()
            .flatMap(account -> account.bills.values().stream())
            .anyMatch(bill -> bill.purchased && bill.items().contains(item.number()));
  }

  /** When time has passed and nothing has failed: nobody holds anything, what is bought is sold. */
  void mustBeQuiet() {
    sales.forEach(
        (saleId, books) -> {
          books.stocks.forEach(
              (item, stock) ->
                  mustBe(
                      stock.held == null,
                      "I7",
                      saleId,
                      item,
                      stock.held == null ? "" : stock.held));
          books.accounts.forEach(
              (user, account) ->
                  account.orders.forEach(
                      (code, order) -> mustBe(!order.isPending(), "EveryOrderEnds", user, code)));
          books.accounts.forEach(
              (user, account) ->
                  account.bills.forEach(
                      (code, bill) -> {
                        mustBe(!bill.isOpen(), "I7", user, code, "is still open");
                        for (int item : bill.purchased ? bill.items() : List.<Integer>of()) {
                          mustBe(
                              stock(new ItemId(saleId, item)).sold != null,
                              "I2",
                              item,
                              "is not sold");
                        }
                      }));
        });
    mustBe(plan.opened() > 0, "I6", "no sale");
  }

  /** For the reader of a report: that runs do sell, release and refuse. */
  Counts counts() {
    int sold = 0;
    int released = 0;
    int refused = 0;
    int additions = 0;
    int confirmed = 0;
    int rejected = 0;
    for (Books books : sales.values()) {
      for (Account account : books.accounts.values()) {
        refused += account.refused.size();
        for (Order order : account.orders.values()) {
          confirmed += order.confirmed ? 1 : 0;
          rejected += order.rejection != null ? 1 : 0;
        }
        for (Bill bill : account.bills.values()) {
          sold += bill.purchased ? bill.items().size() : 0;
          released += bill.released ? 1 : 0;
          additions += bill.holds.size() - 1;
        }
      }
    }
    return new Counts(
        plan.opened(), plan.extra(), sold, released, refused, additions, confirmed, rejected);
  }

  /** Sales that were opened, items that were sold, and how checkouts, holds and orders ended. */
  record Counts(
      int sales,
      int extra,
      int sold,
      int released,
      int refused,
      int additions,
      int confirmed,
      int rejected) {
    static final Counts NONE = new Counts(0, 0, 0, 0, 0, 0, 0, 0);

    Counts plus(Counts more) {
      return new Counts(
          sales + more.sales,
          extra + more.extra,
          sold + more.sold,
          released + more.released,
          refused + more.refused,
          additions + more.additions,
          confirmed + more.confirmed,
          rejected + more.rejected);
    }
  }
}
