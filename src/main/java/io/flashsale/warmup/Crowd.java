package io.flashsale.warmup;

import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Buys a sale as buyers do, over connections to this machine: everybody another item, checked out
 * and purchased, and now and then something that is refused.
 */
public final class Crowd implements AutoCloseable {

  /**
   * Each waits for its answer: so many requests are in flight. The compilers need a processor too.
   */
  private static final int BUYERS = 16;

  /** Items that a buyer buys over one connection: people come with connections of their own. */
  private static final int ITEMS_OF_A_CONNECTION = 3;

  /** Items of a round: some tenths of a second, once the node is warm. */
  private static final int ROUND = 2_000;

  /** Of so many buyers one wants an item that is held, and one buys what it has bought. */
  private static final int REFUSED = 8;

  /** Of so many connections one has requests that take the longer way. */
  private static final int NOT_PLAIN = 4;

  private static final Duration LOOK_AGAIN = Duration.ofMillis(20);
  private static final Duration GO_HOME = Duration.ofMillis(500);

  private final int items;
  private final Pace pace;
  private final BooleanSupplier enough;
  private final int port;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet(); // one for each buyer
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger connected = new AtomicInteger();
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          BUYERS, Thread.ofPlatform().daemon().name("warm-up-buyer-", 0).factory());
  private int sold;
  private long roundBegan;
  private volatile boolean paceIsSteady;
  private volatile @Nullable IOException failure;

  /**
   * A crowd that has not begun.
   *
   * @param port of the node on this machine
   * @param items of its sale
   * @param pace told of every round; once it no longer improves the crowd goes home
   * @param enough asked between requests: ends it at once
   */
  public Crowd(int port, int items, Pace pace, BooleanSupplier enough) {
    this.port = port;
    this.items = items;
    this.pace = pace;
    this.enough = enough;
  }

  /**
   * Buys until the pace is steady, it is enough, or everything is sold.
   *
   * @return how many items were sold
   * @throws IOException if a connection broke
   */
  public int buy() throws IOException {
    roundBegan = System.nanoTime();
    for (int i = 0; i < BUYERS; i++) {
      threads.execute(this::buyAll);
    }
    threads.shutdown();
    try {
      while (!threads.awaitTermination(LOOK_AGAIN.toMillis(), TimeUnit.MILLISECONDS)) {
        if (isOver() && !threads.awaitTermination(GO_HOME.toMillis(), TimeUnit.MILLISECONDS)) {
          break; // some wait for an answer: whoever closes the crowd hangs up
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    IOException broken = failure;
    if (broken != null) {
      throw broken;
    }
    synchronized (this) {
      return sold;
    }
  }

  private boolean isOver() {
    return paceIsSteady || failure != null || enough.getAsBoolean();
  }

  private void buyAll() {
    try {
      while (next.get() < items && !isOver()) {
        buySome();
      }
    } catch (IOException e) {
      failure = e;
    }
  }

  private void buySome() throws IOException {
    boolean plain = connected.getAndIncrement() % NOT_PLAIN != 0;
    try (Connection connection = new Connection(port, plain)) {
      connections.add(connection);
      try {
        for (int i = 0; i < ITEMS_OF_A_CONNECTION && !isOver(); i++) {
          int item = next.getAndIncrement();
          if (item < items) {
            buy(connection, item);
          }
        }
      } finally {
        connections.remove(connection);
      }
    }
  }

  private void buy(Connection connection, int item) throws IOException {
    Connection.Answer checkedOut = connection.post(checkout(item, item));
    if (item % REFUSED == 0) {
      connection.post(checkout(items + item, item)); // held by somebody else
    }
    if (checkedOut.isOk()) {
      String purchase = "/purchase?code=" + checkedOut.body();
      if (connection.post(purchase).isOk()) {
        sold();
      }
      if (item % REFUSED == 1) {
        connection.post(purchase); // already bought
      }
    }
    connection.post(checkout(items + item, item / 2)); // sold long ago
  }

  private static String checkout(long user, int item) {
    return "/checkout?user_id=" + user + "&item_id=" + item;
  }

  private synchronized void sold() {
    sold++;
    if (sold % ROUND == 0) {
      long now = System.nanoTime();
      pace.add(ROUND, Duration.ofNanos(now - roundBegan));
      paceIsSteady = !pace.improves();
      roundBegan = now;
    }
  }

  /** Hangs up. */
  @Override
  public void close() {
    threads.shutdownNow();
    for (Connection connection : connections) {
      try {
        connection.close();
      } catch (IOException e) {
        failure = e; // it is closed all the same
      }
    }
  }
}
