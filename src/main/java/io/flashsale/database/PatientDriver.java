package io.flashsale.database;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.Properties;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL's driver for connection pools: while the database is away it goes on trying. The pool
 * itself would wait longer after each failure, in the end 5 s, and notice that much later that the
 * database is back. Whoever wants a connection waits for the pool, and no longer than its time-out.
 */
public final class PatientDriver implements Driver {

  private static final Duration PAUSE = Duration.ofMillis(250);

  private final Driver postgres = new org.postgresql.Driver();

  /**
   * Connects, sooner or later; ends when its thread is interrupted, as the pool does when it
   * closes.
   *
   * @throws SQLException what waiting does not mend, such as a wrong password
   */
  @Override
  public @Nullable Connection connect(String url, @Nullable Properties properties)
      throws SQLException {
    while (true) {
      try {
        return postgres.connect(url, properties);
      } catch (SQLException e) {
        if (!Database.mayPass(e) || isInterruptedWithin(PAUSE)) {
          throw e;
        }
      }
    }
  }

  /** Nothing tells when the database is back: it is tried again after a while. */
  private static boolean isInterruptedWithin(Duration time) {
    try {
      Thread.sleep(time);
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  @Override
  public boolean acceptsURL(String url) throws SQLException {
    return postgres.acceptsURL(url);
  }

  @Override
  public DriverPropertyInfo[] getPropertyInfo(String url, @Nullable Properties properties)
      throws SQLException {
    return postgres.getPropertyInfo(url, properties);
  }

  @Override
  public int getMajorVersion() {
    return postgres.getMajorVersion();
  }

  @Override
  public int getMinorVersion() {
    return postgres.getMinorVersion();
  }

  @Override
  public boolean jdbcCompliant() {
    return postgres.jdbcCompliant();
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    return postgres.getParentLogger();
  }
}
