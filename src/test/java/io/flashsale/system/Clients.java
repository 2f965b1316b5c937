package io.flashsale.system;

import static org.awaitility.Awaitility.await;

import io.flashsale.system.History.Call;
import io.flashsale.system.History.Kind;
import io.flashsale.system.History.Outcome;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * People who buy until they are stopped, each with an id of its own, and who do what the API asks
 * of clients: every call has an Idempotency-Key, and whoever does not know an outcome repeats the
 * call with it. Every call is remembered.
 */
final class Clients implements AutoCloseable {

  /** As long as the longest outage of a test, and a failover. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Duration PAUSE = Duration.ofMillis(500);

  /** At once; more are turned away. */
  private static final int MOST_IN_SHOP = 1_000;

  private final boolean oneSale;
  private final Shop shop;
  private final int items;
  private final long seed;
  private final History history;
  private final Set<Integer> sold = ConcurrentHashMap.newKeySet();
  private final AtomicLong nextUser;
  private final Semaphore inShop = new Semaphore(MOST_IN_SHOP);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private volatile boolean stopped;

  /**
   * Not in the shop yet.
   *
   * @param oneSale whether what is sold stays so: nobody asks for it again
   */
  Clients(URI uri, int items, boolean oneSale, long seed, History history) {
    this.oneSale = oneSale;
    this.shop = new Shop(uri);
    this.items = items;
    this.seed = seed;
    this.history = history;
    this.nextUser = new AtomicLong(seed * 1_000_000); // other people than those of another seed
    if (oneSale) {
      history.itemsSold().forEach(sold::addAll);
    }
    System.out.println("Clients with seed " + seed);
  }

  /**
   * Lets so many people come in every second, whether or not those before them have been served:
   * who waits for a node that is lost keeps nobody from buying elsewhere.
   */
  Clients start(int perSecond) {
    Random random = new Random(seed);
    Duration apart = Duration.ofSeconds(1).dividedBy(perSecond);
    threads.execute(
        () -> {
          while (!stopped) {
            long own = random.nextLong();
            if (inShop.tryAcquire()) {
              threads.execute(() -> comeIn(own));
            }
            pause(apart);
          }
        });
    return this;
  }

  private void comeIn(long own) {
    try {
      buy(new Random(own));
    } finally {
      inShop.release();
    }
  }

  /** Nobody begins anything any more; everybody gets to know how what was begun has ended. */
  @Override
  public void close() {
    stopped = true;
    inShop.acquireUninterruptibly(MOST_IN_SHOP);
    threads.close();
  }

  /** Waits until so many items are known to be sold. */
  void awaitSold(int count, Duration atMost) {
    await(count + " sold")
        .atMost(atMost)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> sold.size() >= count);
  }

  int sold() {
    return sold.size();
  }

  private void buy(Random random) {
    List<Integer> wanted = choose(random);
    if (wanted.isEmpty()) {
      return;
    }
    long user = nextUser.incrementAndGet();
    String parameters =
        wanted.stream().map(item -> "&item_id=" + item).collect(Collectors.joining());
    Call checkOut =
        call(
            Kind.CHECK_OUT,
            user,
            wanted,
            "",
            shop.request("/checkout?user_id=" + user + parameters));
    if (checkOut.answer().problem().equals("item-sold") && wanted.size() == 1) {
      sold.addAll(wanted);
    }
    if (checkOut.answer().problem().equals("sold-out")) {
      for (int item = 0; item < items; item++) {
        sold.add(item);
      }
    }
    if (checkOut.outcome() != Outcome.OK) {
      return;
    }
    String code = checkOut.answer().body();
    int mood = random.nextInt(100);
    if (mood < 3) {
      call(Kind.GIVE_UP, user, wanted, code, shop.request("/checkout/" + code));
    } else if (mood < 97) { // the others let it lapse
      Call purchase =
          call(Kind.PURCHASE, user, wanted, code, shop.request("/purchase?code=" + code));
      if (purchase.outcome() == Outcome.OK) {
        sold.addAll(wanted);
      }
    }
  }

  /** One or two items that are not known to be sold, or none. */
  private List<Integer> choose(Random random) {
    List<Integer> chosen = new ArrayList<>();
    int wanted = random.nextInt(4) == 0 ? Math.min(2, items) : 1;
    int from = random.nextInt(items);
    for (int i = 0; i < items && chosen.size() < wanted; i++) {
      int item = (from + i) % items;
      if (!oneSale || !sold.contains(item)) {
        chosen.add(item);
      }
    }
    return chosen;
  }

  /** Repeats the call until its outcome is known. */
  private Call call(
      Kind kind, long user, List<Integer> wanted, String code, HttpRequest.Builder request) {
    String key = user + "-" + kind;
    request.header("Idempotency-Key", key);
    if (kind == Kind.GIVE_UP) {
      request.DELETE();
    } else {
      request.POST(HttpRequest.BodyPublishers.noBody());
    }
    Instant giveUp = Instant.now().plus(PATIENCE);
    while (true) {
      Instant start = Instant.now();
      Shop.Answer answer = Shop.send(request);
      Call call = new Call(kind, user, wanted, code, key, start, Instant.now(), answer);
      history.add(call);
      if (call.outcome() != Outcome.UNKNOWN || call.end().isAfter(giveUp)) {
        return call;
      }
      pause(PAUSE);
    }
  }

  /** What a client does that is told to come again. */
  private static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
