package io.flashsale.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A schema beside the real one with the same tables, empty, for what is to be thrown away. Whoever
 * uses one has a connection open that holds a lock named after it: when that process dies the lock
 * is gone, and the next start drops the schema ({@link #dropLeftOvers}).
 */
public final class ThrowAwaySchema implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ThrowAwaySchema.class);
  private static final String PREFIX = "warm_up_";

  /**
   * Nothing is known to take this long; a database that hangs must not keep a node from starting.
   */
  private static final int MOST_MILLIS = 5_000;

  /** Of backends that are still at work for a client which is gone. */
  private static final int MOST_LOCK_MILLIS = 1_000;

  private final String name;
  private final Database database;
  private final Connection locking;

  private ThrowAwaySchema(String name, Database database, Connection locking) {
    this.name = name;
    this.database = database;
    this.locking = locking;
  }

  /**
   * Makes a schema and brings it to this version.
   *
   * @throws SQLException with state 42501 if the user may not create schemas: the message says what
   *     an operator can do
   */
  public static ThrowAwaySchema create(Database real) throws SQLException {
    String name = "%s%016x".formatted(PREFIX, ThreadLocalRandom.current().nextLong());
    ThrowAwaySchema schema = new ThrowAwaySchema(name, real.inSchema(name), connect(real));
    try {
      schema.lock(name); // before there is anything that another start could drop
      schema.mustBeAllowed();
      schema.execute("CREATE SCHEMA " + name);
      schema.mustBeUsed();
      schema.database.migrate();
      return schema;
    } catch (SQLException | RuntimeException e) {
      schema.close();
      throw e;
    }
  }

  private void mustBeAllowed() throws SQLException {
    try (Statement statement = locking.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                SELECT has_database_privilege(current_database(), 'CREATE'), current_user,
                  format('GRANT CREATE ON DATABASE %I TO %I', current_database(), current_user)
                """)) {
      row.next();
      if (!row.getBoolean(1)) {
        throw new SQLException(
            "user %s may not create schemas (%s)".formatted(row.getString(2), row.getString(3)),
            "42501");
      }
    }
  }

  /** A pooler between may drop the parameter, and all would go to the real tables. */
  private void mustBeUsed() throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT current_schemas(false)::text")) {
      row.next();
      if (!row.getString(1).equals("{" + name + "}")) {
        throw new SQLException("the connection goes to " + row.getString(1) + ", not to " + name);
      }
    }
  }

  /**
   * The same database, as whoever connects to it by this object sees it: nothing but the schema.
   */
  public Database database() {
    return database;
  }

  /**
   * Drops the schemas of processes that were killed, and leaves those alone that are in use.
   *
   * @return how many were dropped
   */
  public static int dropLeftOvers(Database real) throws SQLException {
    int dropped = 0;
    try (Connection connection = connect(real)) {
      for (String name : ownSchemas(connection)) {
        ThrowAwaySchema schema = new ThrowAwaySchema(name, real.inSchema(name), connection);
        if (schema.lock(name)) {
          schema.execute("DROP SCHEMA IF EXISTS " + name + " CASCADE");
          dropped++;
        }
      }
    }
    return dropped;
  }

  private static List<String> ownSchemas(Connection connection) throws SQLException {
    List<String> names = new ArrayList<>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT nspname FROM pg_namespace WHERE nspname ~ ? AND pg_has_role(nspowner,"
                + " 'USAGE')")) {
      statement.setString(1, "^" + PREFIX + "[0-9a-f]{16}$");
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          names.add(rows.getString(1));
        }
      }
    }
    return names;
  }

  private static Connection connect(Database real) throws SQLException {
    Connection connection = real.connect();
    try (Statement statement = connection.createStatement()) {
      connection.setNetworkTimeout(Runnable::run, MOST_MILLIS);
      statement.execute("SET lock_timeout = " + MOST_LOCK_MILLIS);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** Whether nobody else has it. The lock ends with the connection. */
  private boolean lock(String schema) throws SQLException {
    try (PreparedStatement statement =
        locking.prepareStatement("SELECT pg_try_advisory_lock(hashtextextended(?, 0))")) {
      statement.setString(1, schema);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    }
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = locking.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Drops the schema with all that is in it. If that fails, it is left to the next start. */
  @Override
  public synchronized void close() {
    try (locking) {
      if (locking.isClosed()) {
        return;
      }
      execute("DROP SCHEMA IF EXISTS " + name + " CASCADE");
    } catch (SQLException e) {
      log.warn("Schema {} stays until the next start: {}", name, Database.oneLine(e));
    }
  }
}
