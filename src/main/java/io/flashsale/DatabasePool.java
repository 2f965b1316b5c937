package io.flashsale;

import akka.actor.typed.ActorSystem;
import com.zaxxer.hikari.HikariDataSource;
import io.flashsale.database.Database;
import io.flashsale.metrics.Histogram;
import io.flashsale.metrics.Metrics;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;

/**
 * Connections to the database until the system ends, and threads for what blocks on them.
 *
 * @param threads as many as connections; rejects what its bounded queue has no room for
 */
record DatabasePool(HikariDataSource connections, Executor threads) {

  private static final int MOST_WAITING = 1_000;

  /**
   * Opens it, and shows it in the metrics.
   *
   * @param size in connections
   */
  static DatabasePool open(ActorSystem<?> system, Database database, String name, int size) {
    HikariDataSource connections = database.pool(name, size);
    ExecutorService threads = BoundedThreads.create(name, size, MOST_WAITING);
    system
        .getWhenTerminated()
        .whenComplete(
            (_, _) -> {
              threads.shutdownNow();
              connections.close();
            });
    Metrics metrics = Metrics.get(system);
    metrics.pool(name, connections);
    Histogram times =
        metrics.histogram(
            Metrics.DB_QUERY, Metrics.DB_QUERY_HELP, Histogram::ofTimes, "query", name);
    return new DatabasePool(
        connections,
        task ->
            threads.execute(
                () -> {
                  long began = System.nanoTime();
                  task.run(); // it keeps to itself what goes wrong
                  times.recordSince(began);
                }));
  }
}
