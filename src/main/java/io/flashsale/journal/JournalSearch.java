package io.flashsale.journal;

import java.io.NotSerializableException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import javax.sql.DataSource;

/** Finds the stream in which a key was used, by a read of its own. */
public final class JournalSearch {

  /** Of one stream: a user that has done more in a sale is told of the first ones. */
  static final int MOST_EVENTS = 5_000;

  /**
   * The primary key finds the rows of each stream; which of them has the key is seen in the bytes,
   * as {@link EventSerializer} writes them. An aggregate rather than ORDER BY and LIMIT, for which
   * the whole journal might be walked backwards.
   */
  private static final String STREAM_WITH_KEY =
      """
      SELECT event_ser_manifest, event_payload FROM event_journal
      WHERE persistence_id = (
        SELECT (array_agg(persistence_id ORDER BY ordering DESC))[1] FROM event_journal
        WHERE persistence_id = ANY (?) AND position(?::bytea IN event_payload) > 0)
      ORDER BY sequence_number LIMIT ?
      """;

  private final DataSource database;
  private final Executor executor;
  private final EventSerializer serializer = new EventSerializer();

  /**
   * Reads through this pool.
   *
   * @param executor blocks on the database; bounded, and it rejects rather than queues without end
   */
  public JournalSearch(DataSource database, Executor executor) {
    this.database = database;
    this.executor = executor;
  }

  /**
   * All events of that one of these streams in which an event with this key was written last, in
   * their order; nothing if there is none. The stage fails if it cannot be read.
   *
   * @param type of the events of these streams
   */
  public <E> CompletionStage<List<E>> streamWith(
      Collection<String> persistenceIds, UUID key, Class<E> type) {
    if (persistenceIds.isEmpty()) {
      return CompletableFuture.completedFuture(List.of());
    }
    try {
      return CompletableFuture.supplyAsync(() -> read(persistenceIds, key, type), executor);
    } catch (RuntimeException rejected) {
      return CompletableFuture.failedFuture(rejected);
    }
  }

  private <E> List<E> read(Collection<String> persistenceIds, UUID key, Class<E> type) {
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(STREAM_WITH_KEY)) {
      statement.setArray(1, connection.createArrayOf("text", persistenceIds.toArray()));
      statement.setBytes(2, ("\"key\":\"" + key + '"').getBytes(StandardCharsets.UTF_8));
      statement.setInt(3, MOST_EVENTS);
      List<E> events = new ArrayList<>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          events.add(type.cast(serializer.fromBinary(rows.getBytes(2), rows.getString(1))));
        }
      }
      return events;
    } catch (SQLException | NotSerializableException e) {
      throw new CompletionException(e);
    }
  }
}
