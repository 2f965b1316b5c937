package io.flashsale.readside;

import io.flashsale.user.UserId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.stream.LongStream;
import javax.sql.DataSource;

/** Finds orders that have not ended, in the journal. */
public final class OrderQueries {

  /** Users of one answer; the others are found when these have ended. */
  static final int MOST_USERS = 1_000;

  private static final String USER = "User|";

  /** An index has the orders of a sale, whose streams are a range: '.' is what follows '-'. */
  private static final String PENDING =
      """
      SELECT placed.persistence_id, max(placed.sequence_number)
      FROM unnest(?::text[]) AS sale
      JOIN event_journal placed
        ON placed.persistence_id >= sale || '-' AND placed.persistence_id < sale || '.'
       AND placed.event_ser_manifest = 'user-order-placed'
      WHERE NOT EXISTS (
        SELECT FROM event_journal ended
        WHERE ended.persistence_id = placed.persistence_id
          AND ended.sequence_number > placed.sequence_number
          AND ended.event_ser_manifest IN ('user-purchased', 'user-order-rejected')
          AND convert_from(ended.event_payload, 'UTF8')::jsonb ->> 'code'
              = convert_from(placed.event_payload, 'UTF8')::jsonb ->> 'code')
      GROUP BY placed.persistence_id LIMIT ?
      """;

  private final DataSource database;
  private final Executor executor;

  /**
   * Reads through this pool.
   *
   * @param executor blocks on the database; bounded, and it rejects rather than queues without end
   */
  public OrderQueries(DataSource database, Executor executor) {
    this.database = database;
    this.executor = executor;
  }

  /**
   * The users with pending orders in these sales, at most {@value #MOST_USERS} of them, each with
   * the sequence number of its last one. The stage fails if they cannot be read.
   *
   * @param last inclusive
   */
  public CompletionStage<Map<UserId, Long>> pending(long first, long last) {
    try {
      return CompletableFuture.supplyAsync(() -> read(first, last), executor);
    } catch (RuntimeException rejected) {
      return CompletableFuture.failedFuture(rejected);
    }
  }

  private Map<UserId, Long> read(long first, long last) {
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(PENDING)) {
      Object[] sales = LongStream.rangeClosed(first, last).mapToObj(id -> USER + id).toArray();
      statement.setArray(1, connection.createArrayOf("text", sales));
      statement.setInt(2, MOST_USERS);
      Map<UserId, Long> users = new HashMap<>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          users.put(UserId.parse(rows.getString(1).substring(USER.length())), rows.getLong(2));
        }
      }
      return users;
    } catch (SQLException e) {
      throw new CompletionException(e);
    }
  }
}
