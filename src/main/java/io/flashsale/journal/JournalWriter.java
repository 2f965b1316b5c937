package io.flashsale.journal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Group commit: one thread with one connection writes whatever has gathered while it wrote the
 * batch before, with one statement. The more is to be written, the larger the batches become.
 *
 * <p>A batch is a single statement in a transaction of its own. If it fails and the connection
 * lives, nothing was written: each write is tried again alone, and only the one that conflicts
 * fails. If the connection is lost nobody knows: all writes of the batch fail, and their entities
 * recover (rules R4 and R6).
 */
final class JournalWriter implements AutoCloseable {

  /** Rows of a statement; a single write may have more. */
  private static final int MOST_ROWS = 1_000;

  private static final String INSERT =
      """
      INSERT INTO event_journal (persistence_id, sequence_number, writer, write_timestamp,
        adapter_manifest, event_ser_id, event_ser_manifest, event_payload)
      SELECT * FROM unnest(?::text[], ?::bigint[], ?::text[], ?::bigint[],
        ?::text[], ?::int[], ?::text[], ?::bytea[])
      """;

  /** Rows of one persistence id that are written all or none. */
  private record Write(List<JournalRow> rows, CompletableFuture<Void> done)
      implements JournalThread.Task {

    @Override
    public int size() {
      return rows.size();
    }
  }

  private final JournalThread<Write> thread;
  private final LongAdder failures = new LongAdder();

  /**
   * Starts the thread.
   *
   * @param mostWaiting writes; more are refused
   */
  JournalWriter(Connections connections, int mostWaiting) {
    this.thread =
        new JournalThread<>(
            "journal-writer",
            connections,
            new ArrayBlockingQueue<>(mostWaiting),
            MOST_ROWS,
            this::commit);
  }

  /**
   * Completes once the rows are durable.
   *
   * @param rows of one persistence id, at least one; in the order of their calls
   */
  CompletableFuture<Void> write(List<JournalRow> rows) {
    Write write = new Write(rows, new CompletableFuture<>());
    thread.give(write);
    return write.done();
  }

  /** Writes that have failed: the fence has held, or the database was away. */
  long failures() {
    return failures.sum();
  }

  JournalThread<?> thread() {
    return thread;
  }

  private void commit(List<Write> batch) {
    try {
      insert(batch);
      batch.forEach(write -> write.done().complete(null));
    } catch (SQLException | RuntimeException e) {
      if (batch.size() > 1 && thread.isConnected()) {
        commitOneByOne(batch);
      } else {
        failures.add(batch.size());
        JournalThread.fail(batch, e);
        if (!thread.isConnected()) {
          thread.disconnect();
        }
      }
    }
  }

  private void commitOneByOne(List<Write> batch) {
    for (Write write : batch) {
      commit(List.of(write));
    }
  }

  private void insert(List<Write> batch) throws SQLException {
    int size = batch.stream().mapToInt(write -> write.rows().size()).sum();
    String[] ids = new String[size];
    Long[] sequenceNrs = new Long[size];
    String[] writers = new String[size];
    Long[] timestamps = new Long[size];
    @Nullable String[] adapters = new @Nullable String[size];
    Integer[] serializers = new Integer[size];
    String[] manifests = new String[size];
    byte[][] payloads = new byte[size][];
    int i = 0;
    for (Write write : batch) {
      for (JournalRow row : write.rows()) {
        ids[i] = row.persistenceId();
        sequenceNrs[i] = row.sequenceNr();
        writers[i] = row.writer();
        timestamps[i] = row.timestamp();
        adapters[i] = row.adapterManifest();
        serializers[i] = row.serializerId();
        manifests[i] = row.manifest();
        payloads[i] = row.payload();
        i++;
      }
    }
    Connection open = thread.connection();
    PGConnection postgres = open.unwrap(PGConnection.class);
    try (PreparedStatement statement = open.prepareStatement(INSERT)) {
      statement.setArray(1, postgres.createArrayOf("text", ids));
      statement.setArray(2, postgres.createArrayOf("int8", sequenceNrs));
      statement.setArray(3, postgres.createArrayOf("text", writers));
      statement.setArray(4, postgres.createArrayOf("int8", timestamps));
      statement.setArray(5, postgres.createArrayOf("text", adapters));
      statement.setArray(6, postgres.createArrayOf("int4", serializers));
      statement.setArray(7, postgres.createArrayOf("text", manifests));
      statement.setArray(8, postgres.createArrayOf("bytea", payloads));
      statement.executeUpdate();
    }
  }

  @Override
  public void close() {
    thread.close();
  }
}
