package io.flashsale.system;

import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * People who contend for the items of a sale, each with an id of its own, and remember what they
 * were told.
 */
final class Buyers implements AutoCloseable {

  private final Shop shop;
  private final int items;
  private final long seed;
  private final AtomicLong nextUser;

  /** Acknowledged checkouts: code to user. */
  final Map<String, Long> checkedOut = new ConcurrentHashMap<>();

  /** Acknowledged purchases: code to user. */
  final Map<String, Long> purchased = new ConcurrentHashMap<>();

  /** Every answer that was neither 200 nor 409. */
  final Queue<Shop.Answer> others = new ConcurrentLinkedQueue<>();

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private volatile boolean stopped;
  private final Map<String, AtomicLong> answers = new ConcurrentHashMap<>();

  Buyers(Shop shop, int items, long seed) {
    this.shop = shop;
    this.items = items;
    this.seed = seed;
    this.nextUser = new AtomicLong(seed * 1_000_000); // other people than those of another seed
    System.out.println("Buyers with seed " + seed);
  }

  /** Lets so many people buy at once, until {@code done}. */
  void buyUntil(int people, BooleanSupplier done) {
    start(people, done);
    threads.close();
  }

  /** Lets so many people buy at once, until {@link #stop}. */
  void start(int people) {
    start(people, () -> stopped);
  }

  private void start(int people, BooleanSupplier done) {
    for (int i = 0; i < people; i++) {
      Random random = new Random(seed + i);
      threads.execute(
          () -> {
            while (!done.getAsBoolean()) {
              buyOne(random);
            }
          });
    }
  }

  /** Everybody knows how it has ended. */
  void stop() {
    stopped = true;
    threads.close();
  }

  /** Whoever still buys when a test has failed would be in the way of the next one. */
  @Override
  public void close() {
    stop();
  }

  private void buyOne(Random random) {
    long user = nextUser.incrementAndGet();
    Shop.Answer answer = count("checkout", shop.checkOut(user, random.nextInt(items)));
    if (!answer.isOk()) {
      return;
    }
    checkedOut.put(answer.body(), user);
    if (count("purchase", shop.purchase(answer.body())).isOk()) {
      purchased.put(answer.body(), user);
    }
  }

  private Shop.Answer count(String what, Shop.Answer answer) {
    String key = what + " " + answer.status() + " " + answer.problem();
    answers.computeIfAbsent(key, _ -> new AtomicLong()).incrementAndGet();
    if (answer.status() != 200 && answer.status() != 409) {
      others.add(answer);
    }
    return answer;
  }

  @Override
  public String toString() {
    return new TreeMap<>(answers).toString();
  }
}
