package io.flashsale.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps two clusters from forming on one database. It is an advisory lock of PostgreSQL, held by a
 * session of this node: every member of a cluster shares it, and who wants to form one must have it
 * alone. A node that has gone takes its session along.
 *
 * <p>All methods block, and are called by one thread. A lost connection is made anew by {@link
 * #keep}: until then a cluster might form that does not know of this member, which is why nothing
 * that is right depends on it.
 */
public final class ClusterLock implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ClusterLock.class);

  /** Of the program, among those of others in the same database. */
  private static final int KEY = 0x666c6173;

  /** A host that has gone without a word is noticed within 20 s, whatever the server is set to. */
  private static final String[] NOTICE_WHO_HAS_GONE = {
    "SET tcp_keepalives_idle = 5", "SET tcp_keepalives_interval = 5", "SET tcp_keepalives_count = 3"
  };

  private static final String WAIT_AT_MOST = "SET lock_timeout = '1s'";
  private static final int VALID_WITHIN_SECONDS = 2;
  private static final int ANSWERED_WITHIN_MILLIS = 5_000;

  private final Database database;
  private @Nullable Connection connection;
  private boolean alone;
  private boolean member;
  private boolean shared;

  /** Not connected yet. */
  public ClusterLock(Database database) {
    this.database = database;
  }

  /**
   * Tries to get it alone, and keeps it so until {@link #join}.
   *
   * @return false: there are members of a cluster, or it is just being formed
   */
  public boolean takeAlone() throws SQLException {
    if (!alone) {
      alone = call("pg_try_advisory_lock");
    }
    return alone;
  }

  /** This node is a member from now on, and will be until it is closed. */
  public void join() {
    member = true;
    keep();
  }

  /** To be called now and then: does what a lost connection, or who forms, has prevented. */
  public void keep() {
    try {
      if (connection != null && !connection.isValid(VALID_WITHIN_SECONDS)) {
        forget();
      }
      if (member && !shared) {
        call("pg_advisory_lock_shared");
        shared = true;
      }
      if (shared && alone) {
        call("pg_advisory_unlock");
        alone = false;
      }
    } catch (SQLException e) {
      log.debug("The lock of the cluster is not held: {}", Database.oneLine(e));
      forget();
    }
  }

  private boolean call(String function) throws SQLException {
    String sql = "SELECT " + function + "(?, hashtext(current_schema()))";
    try (PreparedStatement statement = connected().prepareStatement(sql)) {
      statement.setInt(1, KEY);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() && "t".equals(row.getString(1)); // others return nothing
      }
    }
  }

  private Connection connected() throws SQLException {
    Connection there = connection;
    if (there == null) {
      there = database.connect();
      connection = there;
      there.setNetworkTimeout(Runnable::run, ANSWERED_WITHIN_MILLIS);
      try (Statement statement = there.createStatement()) {
        for (String setting : NOTICE_WHO_HAS_GONE) {
          statement.execute(setting);
        }
        statement.execute(WAIT_AT_MOST);
      }
    }
    return there;
  }

  private void forget() {
    close();
    connection = null;
    alone = false;
    shared = false;
  }

  /** Lets it go. */
  @Override
  public void close() {
    try {
      if (connection != null) {
        connection.close();
      }
    } catch (SQLException e) {
      log.debug("A connection that is given up cannot be closed", e);
    }
  }
}
