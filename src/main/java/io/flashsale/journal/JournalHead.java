package io.flashsale.journal;

import akka.persistence.typed.PersistenceId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import javax.sql.DataSource;

/** How far the journal of entities goes, by a read of its own (rule R2). */
public final class JournalHead {

  private static final String HIGHEST =
      "SELECT coalesce(max(sequence_number), 0) FROM event_journal WHERE persistence_id = ?";

  private static final String HIGHEST_OF_MANY =
      """
      SELECT persistence_id, max(sequence_number) FROM event_journal WHERE persistence_id = ANY (?)
      GROUP BY persistence_id
      """;

  private final DataSource database;
  private final Executor executor;

  /**
   * Reads through this pool.
   *
   * @param executor blocks on the database; bounded, and it rejects rather than queues without end
   */
  public JournalHead(DataSource database, Executor executor) {
    this.database = database;
    this.executor = executor;
  }

  /** The highest sequence number, 0 for none. The stage fails if it cannot be read. */
  public CompletionStage<Long> highestSequenceNr(PersistenceId id) {
    return read(connection -> highest(connection, id));
  }

  /**
   * The highest sequence numbers by persistence id, of those that have any. The stage fails if they
   * cannot be read.
   *
   * @param ids one query is for all of them: some hundred
   */
  public CompletionStage<Map<String, Long>> highestSequenceNrs(Collection<PersistenceId> ids) {
    return read(connection -> highest(connection, ids));
  }

  private interface Query<T> {
    T ask(Connection connection) throws SQLException;
  }

  private <T> CompletionStage<T> read(Query<T> query) {
    try {
      return CompletableFuture.supplyAsync(() -> ask(query), executor);
    } catch (RuntimeException rejected) {
      return CompletableFuture.failedFuture(rejected);
    }
  }

  private <T> T ask(Query<T> query) {
    try (Connection connection = database.getConnection()) {
      return query.ask(connection);
    } catch (SQLException e) {
      throw new CompletionException(e);
    }
  }

  private static long highest(Connection connection, PersistenceId id) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(HIGHEST)) {
      statement.setString(1, id.id());
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        return rows.getLong(1);
      }
    }
  }

  private static Map<String, Long> highest(Connection connection, Collection<PersistenceId> ids)
      throws SQLException {
    String[] wanted = ids.stream().map(PersistenceId::id).toArray(String[]::new);
    Map<String, Long> highest = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(HIGHEST_OF_MANY)) {
      statement.setArray(1, connection.createArrayOf("text", wanted));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          highest.put(rows.getString(1), rows.getLong(2));
        }
      }
    }
    return highest;
  }
}
