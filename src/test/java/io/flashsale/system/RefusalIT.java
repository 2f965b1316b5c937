package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flashsale.item.Item;
import io.flashsale.user.User;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** People who cannot get an item cost no actor and no statement. */
final class RefusalIT {

  private static final int ITEMS = 200;
  private static final int LIMIT = 10;
  private static final int AT_ONCE = 64;

  /** 1000000 takes some minutes. */
  private static final int REFUSALS = Integer.getInteger("flashsale.refusals", 10_000);

  /** PostgreSQL counts what an idle connection has done after at most 10 s. */
  private static final Duration COUNTED = Duration.ofSeconds(11);

  @TempDir private Path directory;

  /**
   * What PostgreSQL has counted for the journal: rows written, and look-ups of entities. The watch
   * of orders, which goes on whoever comes, has an index of its own.
   */
  private record Journal(long inserts, long lookUps) {}

  @Test
  void onceASaleIsSoldOutRefusalsStartNoActorAndSendNoStatement() throws SQLException {
    try (Server server = start(ITEMS)) {
      Shop shop = new Shop(server);
      sellAll(shop);
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> shop.checkOut(1, 0).problem().equals("sold-out"));
      try (Connection database = server.connectToDatabase()) {
        Journal before = settled(database);
        long users = server.instances(User.class);
        long items = server.instances(Item.class);
        assertThat(users).isPositive();
        assertThat(items).isEqualTo(ITEMS);

        Map<String, AtomicLong> answers = checkOut(shop, REFUSALS, ITEMS);

        assertThat(server.instances(User.class)).isLessThanOrEqualTo(users); // some may have left
        assertThat(server.instances(Item.class)).isEqualTo(items);
        assertThat(settled(database)).isEqualTo(before);
        assertThat(answers).hasToString("{409 sold-out=" + REFUSALS + "}");
      }
      assertThat(server.audit().exitCode()).isZero();
    }
  }

  @Test
  void aHeldItemIsAskedForByOneOfManyIn100Milliseconds() {
    try (Server server = start(2)) {
      Shop shop = new Shop(server);
      assertThat(shop.checkOut(1, 0).isOk()).isTrue();
      assertThat(shop.checkOut(2, 0).problem()).isEqualTo("item-reserved");
      long users = server.instances(User.class);

      long start = System.nanoTime();
      Map<String, AtomicLong> answers = checkOut(shop, REFUSALS, 1);
      Duration took = Duration.ofNanos(System.nanoTime() - start);

      long questions = server.instances(User.class) - users;
      assertThat(questions).isBetween(1L, took.dividedBy(Duration.ofMillis(100)) + 1);
      assertThat(answers).hasToString("{409 item-reserved=" + REFUSALS + "}");
    }
  }

  private Server start(int items) {
    return new Server(
            directory,
            "SALE_PERIOD",
            "24h",
            "SALE_ITEMS",
            Integer.toString(items),
            "HOLD_TTL",
            "10m",
            "USER_LIMIT",
            Integer.toString(LIMIT))
        .start();
  }

  private static void sellAll(Shop shop) {
    for (int user = 0; user < ITEMS / LIMIT; user++) {
      int first = user * LIMIT;
      String code = shop.checkOut(user, IntStream.range(first, first + LIMIT).toArray()).body();
      assertThat(shop.purchase(code).isOk()).as(code).isTrue();
    }
  }

  /** So many people, none of whom has come before, each with one of the items; who hears what. */
  private static Map<String, AtomicLong> checkOut(Shop shop, int people, int items) {
    Map<String, AtomicLong> answers = new ConcurrentHashMap<>();
    AtomicLong next = new AtomicLong();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < AT_ONCE; i++) {
        threads.execute(
            () -> {
              for (long n = next.getAndIncrement(); n < people; n = next.getAndIncrement()) {
                Shop.Answer answer = shop.checkOut(1_000_000 + n, (int) (n % items));
                answers
                    .computeIfAbsent(
                        answer.status() + " " + answer.problem(), _ -> new AtomicLong())
                    .incrementAndGet();
              }
            });
      }
    }
    return answers;
  }

  /** When it has not changed for so long that all there was is in it. */
  private static Journal settled(Connection database) {
    AtomicReference<Journal> last = new AtomicReference<>();
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(500))
        .during(COUNTED)
        .until(
            () -> {
              Journal now = read(database);
              return now.equals(last.getAndSet(now));
            });
    return last.get();
  }

  private static Journal read(Connection database) throws SQLException {
    try (Statement statement = database.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                SELECT t.n_tup_ins, i.idx_scan
                FROM pg_stat_user_tables t JOIN pg_stat_user_indexes i USING (relid)
                WHERE i.indexrelname = 'event_journal_pkey'
                """)) {
      assertThat(row.next()).isTrue();
      return new Journal(row.getLong(1), row.getLong(2));
    }
  }
}
