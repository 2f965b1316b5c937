package io.flashsale.journal;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Where the journal's threads get their connections from: in auto-commit, one each. */
@FunctionalInterface
interface Connections {

  Connection open() throws SQLException;

  static void close(@Nullable Connection connection) {
    if (connection == null) {
      return;
    }
    try {
      connection.close();
    } catch (SQLException e) {
      LoggerFactory.getLogger(Connections.class).debug("A lost connection was closed", e);
    }
  }
}
