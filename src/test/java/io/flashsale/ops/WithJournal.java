package io.flashsale.ops;

import static io.flashsale.ops.TestJournal.checkedOut;
import static io.flashsale.ops.TestJournal.hour;
import static io.flashsale.ops.TestJournal.purchased;
import static io.flashsale.ops.TestJournal.reserved;
import static io.flashsale.ops.TestJournal.sold;

import io.flashsale.database.JournalDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/**
 * A database for a class and an empty journal for each of its tests, in which sale 1 is open: 6
 * items, a limit of 3.
 */
abstract class WithJournal {

  static JournalDatabase postgres;

  Connection connection;
  TestJournal journal;

  @BeforeAll
  static void start() throws Exception {
    postgres = JournalDatabase.start();
  }

  @AfterAll
  static void stop() throws Exception {
    postgres.close();
  }

  @BeforeEach
  void begin() throws SQLException {
    connection = postgres.connect();
    execute("TRUNCATE event_journal CASCADE");
    journal = new TestJournal(connection);
    journal.opened(hour(1, 6, 3));
  }

  @AfterEach
  void end() throws SQLException {
    connection.close();
  }

  void buysItem0(long user) throws SQLException {
    journal.user(1, user, checkedOut(1, 11, 0), purchased(1));
    journal.item(1, 0, reserved(1, 11, user), sold(1, 11, user));
  }

  void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  AuditReport all() throws SQLException {
    return Audit.run(connection, OptionalLong.empty());
  }

  AuditReport sale(long id) throws SQLException {
    return Audit.run(connection, OptionalLong.of(id));
  }

  /** Every breach as its invariant and its streams. */
  static List<String> told(AuditReport report) {
    List<AuditReport.Breach> breaches = new ArrayList<>(report.journal().told());
    report.sales().forEach(sale -> breaches.addAll(sale.breaches().told()));
    return breaches.stream()
        .map(b -> (b.invariant() + " " + String.join(" ", b.persistenceIds())).strip())
        .toList();
  }
}
