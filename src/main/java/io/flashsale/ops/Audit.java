package io.flashsale.ops;

import io.flashsale.ops.AuditReport.Breach;
import io.flashsale.ops.AuditReport.Breaches;
import io.flashsale.ops.AuditReport.SaleAudit;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * Proves from the journal alone that nothing was oversold, nobody passed the limit, and every
 * stream is a history that the program can have written: the invariants I1, I2, I3, I4, I6 and I9.
 *
 * <p>It knows neither the actors nor their states, so that a mistake there is not repeated here. It
 * reads one snapshot, so it may run while sales are on: a purchase whose items have not heard of it
 * yet is counted as settling.
 */
public final class Audit {

  private static final String COORDINATOR = resource("audit-coordinator.sql");
  private static final String SALE = resource("audit-sale.sql");

  /**
   * The rows between the steps of a query have no statistics: a nested loop over them, chosen for a
   * guess of few rows, would take minutes. The queries are too short to be worth compiling.
   */
  private static final String PLANNING =
      "SET LOCAL enable_nestloop = off; SET LOCAL jit = off; SET LOCAL work_mem = '64MB'";

  private static final String UNDEFINED_TABLE = "42P01";
  private static final String DATA_EXCEPTIONS = "22";

  /** A sale as the coordinator's journal has it, with what is wrong there. */
  private record Terms(
      long saleId, AuditReport.State state, int items, int userLimit, Breaches breaches) {}

  /**
   * The coordinator's journal.
   *
   * @param stream what is wrong with the stream itself
   * @param strangers streams of sales that are not in it
   */
  private record Sales(SequencedMap<Long, Terms> byId, Breaches stream, Breaches strangers) {}

  private Audit() {}

  /**
   * Audits one sale, or all.
   *
   * @param connection to a database with a journal, not in a transaction; is given back as it was
   * @param saleId of the only sale to look at; the journal of the coordinator is read in any case
   * @throws OperatorException if there is no such sale, no journal, or an event that is not JSON
   * @throws SQLException if the database cannot be asked
   */
  public static AuditReport run(Connection connection, OptionalLong saleId) throws SQLException {
    boolean autoCommit = connection.getAutoCommit();
    boolean readOnly = connection.isReadOnly();
    int isolation = connection.getTransactionIsolation();
    connection.setAutoCommit(false);
    connection.setReadOnly(true);
    connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    try {
      return inSnapshot(connection, saleId);
    } catch (SQLException e) {
      throw explained(e);
    } finally {
      connection.rollback();
      connection.setTransactionIsolation(isolation);
      connection.setReadOnly(readOnly);
      connection.setAutoCommit(autoCommit);
    }
  }

  private static AuditReport inSnapshot(Connection connection, OptionalLong saleId)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(PLANNING);
    }
    Sales sales = sales(connection);
    if (saleId.isEmpty()) {
      List<SaleAudit> audits = new ArrayList<>();
      for (Terms terms : sales.byId().values()) {
        audits.add(sale(connection, terms));
      }
      return new AuditReport(audits, sales.stream().plus(sales.strangers()));
    }
    Terms terms = sales.byId().get(saleId.getAsLong());
    if (terms == null) {
      throw new OperatorException("There is no sale " + saleId.getAsLong() + " in the journal");
    }
    return new AuditReport(List.of(sale(connection, terms)), sales.stream());
  }

  private static Sales sales(Connection connection) throws SQLException {
    SequencedMap<Long, Terms> byId = new TreeMap<>();
    Breaches stream = Breaches.NONE;
    Breaches strangers = Breaches.NONE;
    try (PreparedStatement statement = connection.prepareStatement(COORDINATOR);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        String state = row.getString("state");
        Breaches breaches = breaches(row);
        if (row.getString("sale_id") == null) {
          stream = stream.plus(breaches);
          continue;
        }
        if (state == null) {
          strangers = strangers.plus(breaches);
          continue;
        }
        Terms terms =
            new Terms(
                row.getLong("sale_id"),
                AuditReport.State.valueOf(state.toUpperCase(Locale.ROOT)),
                row.getInt("items"),
                row.getInt("user_limit"),
                breaches);
        byId.merge(terms.saleId(), terms, Audit::withMore);
      }
    }
    return new Sales(byId, stream, strangers);
  }

  private static Terms withMore(Terms terms, Terms again) {
    return new Terms(
        terms.saleId(),
        terms.state(),
        terms.items(),
        terms.userLimit(),
        terms.breaches().plus(again.breaches()));
  }

  private static SaleAudit sale(Connection connection, Terms terms) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SALE)) {
      statement.setInt(1, terms.items());
      statement.setInt(2, terms.userLimit());
      // In the order of bytes '.' follows '-': from the first stream of this sale to the last.
      statement.setString(3, "Item|" + terms.saleId() + "-");
      statement.setString(4, "Item|" + terms.saleId() + ".");
      statement.setString(5, "User|" + terms.saleId() + "-");
      statement.setString(6, "User|" + terms.saleId() + ".");
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          throw new IllegalStateException("No counts of sale " + terms.saleId());
        }
        SaleAudit counted = counts(terms, row);
        long total = row.getLong("total");
        List<Breach> told = new ArrayList<>();
        do {
          told.addAll(breaches(row).told());
        } while (row.next());
        return counted.with(new Breaches(told, total - told.size()));
      }
    }
  }

  private static SaleAudit counts(Terms terms, ResultSet row) throws SQLException {
    return new SaleAudit(
        terms.saleId(),
        terms.state(),
        terms.items(),
        row.getLong("sold"),
        row.getLong("held"),
        row.getLong("available"),
        row.getLong("settling"),
        row.getLong("users"),
        row.getLong("purchases"),
        row.getLong("released"),
        row.getLong("refused"),
        row.getLong("orders"),
        row.getLong("pending"),
        terms.breaches());
  }

  /** The one breach of a row, if it has one. */
  private static Breaches breaches(ResultSet row) throws SQLException {
    String invariant = row.getString("invariant");
    if (invariant == null) {
      return Breaches.NONE;
    }
    Array ids = row.getArray("pids");
    List<String> persistenceIds = List.of((String[]) ids.getArray());
    return new Breaches(
        List.of(new Breach(invariant, persistenceIds, row.getString("description"))), 0);
  }

  private static SQLException explained(SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    if (state.equals(UNDEFINED_TABLE)) {
      throw new OperatorException("This database has no journal: it was never migrated", e);
    }
    if (state.startsWith(DATA_EXCEPTIONS)) {
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new OperatorException("The journal has an event that cannot be read: " + reason, e);
    }
    return e;
  }

  private static String resource(String name) {
    try (InputStream in = Audit.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("Not on the classpath: " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
