package io.flashsale.readside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.flashsale.database.JournalDatabase;
import io.flashsale.journal.EventSerializer;
import io.flashsale.user.Order;
import io.flashsale.user.UserEvent;
import io.flashsale.user.UserId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which orders are pending, in a real journal. */
class OrderQueriesIT {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

  private static JournalDatabase postgres;
  private static OrderQueries queries;

  private final EventSerializer serializer = new EventSerializer();
  private final Map<UserId, Long> sequenceNumbers = new HashMap<>();

  @BeforeAll
  static void start() throws Exception {
    postgres = JournalDatabase.start();
    queries = new OrderQueries(postgres.dataSource(), Runnable::run);
  }

  @AfterAll
  static void stop() throws Exception {
    postgres.close();
  }

  @BeforeEach
  void begin() throws SQLException {
    postgres.execute("TRUNCATE event_journal CASCADE");
  }

  @Test
  void findsWhoHasPendingOrdersWithTheLastOfThem() throws SQLException {
    UserId none = new UserId(3, 1);
    UserId one = new UserId(3, -2);
    UserId two = new UserId(4, Long.MIN_VALUE);
    write(none, checkedOut(1), purchased(1));
    write(one, placed(2));
    write(two, placed(3), checkedOut(4), placed(5), purchased(4));

    assertThat(pending(1, 5)).isEqualTo(Map.of(one, 1L, two, 3L));
  }

  @Test
  void doesNotFindWhatHasEnded() throws SQLException {
    UserId user = new UserId(3, 1);
    write(user, placed(1), placed(2), placed(3), rejected(1), checkedOut(2), purchased(2));
    assertThat(pending(1, 5)).isEqualTo(Map.of(user, 3L));

    write(user, rejected(3));

    assertThat(pending(1, 5)).isEmpty();
  }

  @Test
  void looksAtTheSalesThatAreNamedOnly() throws SQLException {
    for (long sale : new long[] {1, 2, 3, 10, 11, 20, 30}) {
      write(new UserId(sale, 7), placed((int) sale));
    }

    assertThat(pending(2, 11).keySet())
        .extracting(UserId::saleId)
        .containsExactlyInAnyOrder(2L, 3L, 10L, 11L);
    assertThat(pending(1, 1).keySet()).containsExactly(new UserId(1, 7));
  }

  @Test
  void anIndexHasTheOrders() throws SQLException {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SET enable_seqscan = off");
      try (ResultSet rows =
          statement.executeQuery(
              """
              EXPLAIN SELECT persistence_id, max(sequence_number) FROM event_journal
              WHERE persistence_id >= 'User|3-' AND persistence_id < 'User|3.'
                AND event_ser_manifest = 'user-order-placed' GROUP BY persistence_id
              """)) {
        StringBuilder plan = new StringBuilder();
        while (rows.next()) {
          plan.append(rows.getString(1)).append('\n');
        }
        assertThat(plan).contains("event_journal_order_idx");
      }
    }
  }

  @Test
  void failsWhenItCannotRead() {
    OrderQueries cut =
        new OrderQueries(
            postgres.dataSource(),
            _ -> {
              throw new RejectedExecutionException("full");
            });

    assertThatExceptionOfType(CompletionException.class)
        .isThrownBy(() -> cut.pending(1, 2).toCompletableFuture().join());
  }

  private static Map<UserId, Long> pending(long first, long last) {
    return queries.pending(first, last).toCompletableFuture().join();
  }

  private static UUID code(int n) {
    return new UUID(7, n);
  }

  private static UserEvent placed(int n) {
    return new UserEvent.OrderPlaced(code(n), n, 10, NOON, null);
  }

  private static UserEvent rejected(int n) {
    return new UserEvent.OrderRejected(code(n), Order.Rejection.ITEM_SOLD);
  }

  private static UserEvent checkedOut(int n) {
    return new UserEvent.CheckedOut(code(n), n, List.of(n), NOON, null);
  }

  private static UserEvent purchased(int n) {
    return new UserEvent.Purchased(code(n), null);
  }

  private void write(UserId user, UserEvent... events) throws SQLException {
    try (Connection connection = postgres.connect();
        PreparedStatement insert =
            connection.prepareStatement(
                """
                INSERT INTO event_journal (persistence_id, sequence_number, writer, event_ser_id,
                                           event_ser_manifest, event_payload)
                VALUES (?, ?, 'test', 7301, ?, ?)
                """)) {
      for (UserEvent event : events) {
        insert.setString(1, "User|" + user);
        insert.setLong(2, sequenceNumbers.merge(user, 1L, Long::sum));
        insert.setString(3, serializer.manifest(event));
        insert.setBytes(4, serializer.toBinary(event));
        insert.executeUpdate();
      }
    }
  }
}
