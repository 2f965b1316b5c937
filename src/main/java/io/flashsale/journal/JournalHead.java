package io.flashsale.journal;

import akka.persistence.typed.PersistenceId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import javax.sql.DataSource;

/** How far the journal of an entity goes, by a read of its own (rule R2). */
public final class JournalHead {

  private static final String HIGHEST =
      "SELECT coalesce(max(sequence_number), 0) FROM event_journal WHERE persistence_id = ?";

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
    try {
      return CompletableFuture.supplyAsync(() -> read(id), executor);
    } catch (RuntimeException rejected) {
      return CompletableFuture.failedFuture(rejected);
    }
  }

  private long read(PersistenceId id) {
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(HIGHEST)) {
      statement.setString(1, id.id());
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        return rows.getLong(1);
      }
    } catch (SQLException e) {
      throw new CompletionException(e);
    }
  }
}
