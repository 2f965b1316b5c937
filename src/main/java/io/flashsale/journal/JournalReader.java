package io.flashsale.journal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Answers the questions of all entities that are recovering at the moment with one query each: how
 * far their streams go, and what is in them. One thread with one connection.
 */
final class JournalReader implements AutoCloseable {

  /** Questions of a query. With the limit of a question this bounds the rows in memory. */
  private static final int MOST_QUESTIONS = 200;

  private static final String HIGHEST =
      """
      SELECT wanted.id, (SELECT max(sequence_number) FROM event_journal WHERE persistence_id = wanted.id)
      FROM unnest(?::text[]) AS wanted (id)
      """;

  private static final String EVENTS =
      """
      SELECT wanted.question, event.*
      FROM unnest(?::int[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[])
        AS wanted (question, id, lowest, highest, most)
      CROSS JOIN LATERAL (
        SELECT persistence_id, sequence_number, writer, write_timestamp, adapter_manifest,
          event_ser_id, event_ser_manifest, event_payload,
          meta_ser_id, meta_ser_manifest, meta_payload
        FROM event_journal
        WHERE persistence_id = wanted.id
          AND sequence_number BETWEEN wanted.lowest AND wanted.highest AND NOT deleted
        ORDER BY sequence_number LIMIT wanted.most) AS event
      ORDER BY wanted.question, event.sequence_number
      """;

  private sealed interface Question extends JournalThread.Task {

    record Highest(String id, CompletableFuture<Long> done) implements Question {}

    record Events(
        String id, long from, long to, long most, CompletableFuture<List<JournalRow>> done)
        implements Question {}
  }

  private final JournalThread<Question> thread;

  /**
   * Starts the thread.
   *
   * @param mostWaiting questions; more are refused
   */
  JournalReader(Connections connections, int mostWaiting) {
    this.thread =
        new JournalThread<>(
            "journal-reader",
            connections,
            new ArrayBlockingQueue<>(mostWaiting),
            MOST_QUESTIONS,
            this::answer);
  }

  /** The highest sequence number of the stream, deleted events included; 0 for none. */
  CompletableFuture<Long> highestSequenceNr(String persistenceId) {
    var question = new Question.Highest(persistenceId, new CompletableFuture<>());
    thread.give(question);
    return question.done();
  }

  /**
   * The events from one sequence number to another, both inclusive, in their order.
   *
   * @param most events; the first ones
   */
  CompletableFuture<List<JournalRow>> events(String persistenceId, long from, long to, long most) {
    var question = new Question.Events(persistenceId, from, to, most, new CompletableFuture<>());
    thread.give(question);
    return question.done();
  }

  JournalThread<?> thread() {
    return thread;
  }

  private void answer(List<Question> batch) {
    List<Question.Highest> highest = new ArrayList<>();
    List<Question.Events> events = new ArrayList<>();
    for (Question question : batch) {
      switch (question) {
        case Question.Highest q -> highest.add(q);
        case Question.Events q -> events.add(q);
      }
    }
    boolean fresh = !thread.hasConnection();
    try {
      query(highest, events);
    } catch (SQLException | RuntimeException lost) {
      thread.disconnect();
      if (fresh) {
        JournalThread.fail(batch, lost);
        return;
      }
      try { // the connection may have been lost long ago
        query(highest, events);
      } catch (SQLException | RuntimeException e) {
        thread.disconnect();
        JournalThread.fail(batch, e);
      }
    }
  }

  private void query(List<Question.Highest> highest, List<Question.Events> events)
      throws SQLException {
    Connection open = thread.connection();
    if (!highest.isEmpty()) {
      answerHighest(open, highest);
    }
    if (!events.isEmpty()) {
      answerEvents(open, events);
    }
  }

  private static void answerHighest(Connection open, List<Question.Highest> questions)
      throws SQLException {
    Object[] ids = questions.stream().map(Question.Highest::id).distinct().toArray();
    Map<String, Long> found = new HashMap<>();
    try (PreparedStatement statement = open.prepareStatement(HIGHEST)) {
      statement.setArray(1, open.createArrayOf("text", ids));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          found.put(rows.getString(1), rows.getLong(2)); // null is read as 0
        }
      }
    }
    questions.forEach(question -> question.done().complete(found.getOrDefault(question.id(), 0L)));
  }

  private static void answerEvents(Connection open, List<Question.Events> questions)
      throws SQLException {
    int size = questions.size();
    Integer[] numbers = new Integer[size];
    String[] ids = new String[size];
    Long[] lowest = new Long[size];
    Long[] highest = new Long[size];
    Long[] most = new Long[size];
    List<List<JournalRow>> answers = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      Question.Events question = questions.get(i);
      numbers[i] = i;
      ids[i] = question.id();
      lowest[i] = question.from();
      highest[i] = question.to();
      most[i] = question.most();
      answers.add(new ArrayList<>());
    }
    PGConnection postgres = open.unwrap(PGConnection.class);
    try (PreparedStatement statement = open.prepareStatement(EVENTS)) {
      statement.setArray(1, postgres.createArrayOf("int4", numbers));
      statement.setArray(2, postgres.createArrayOf("text", ids));
      statement.setArray(3, postgres.createArrayOf("int8", lowest));
      statement.setArray(4, postgres.createArrayOf("int8", highest));
      statement.setArray(5, postgres.createArrayOf("int8", most));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          answers.get(rows.getInt(1)).add(row(rows));
        }
      }
    }
    for (int i = 0; i < size; i++) {
      questions.get(i).done().complete(answers.get(i));
    }
  }

  private static JournalRow row(ResultSet rows) throws SQLException {
    return new JournalRow(
        rows.getString(2),
        rows.getLong(3),
        rows.getString(4),
        rows.getLong(5),
        rows.getString(6),
        rows.getInt(7),
        rows.getString(8),
        rows.getBytes(9),
        metadata(rows));
  }

  private static JournalRow.@Nullable Metadata metadata(ResultSet rows) throws SQLException {
    byte[] payload = rows.getBytes(12);
    return payload == null
        ? null
        : new JournalRow.Metadata(rows.getInt(10), rows.getString(11), payload);
  }

  @Override
  public void close() {
    thread.close();
  }
}
