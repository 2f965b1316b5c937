package io.flashsale.ops;

import com.github.benmanes.caffeine.cache.AsyncLoadingCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the dependencies themselves; the database at most once a second, however many ask this node.
 */
public final class Health {

  private static final Logger log = LoggerFactory.getLogger(Health.class);
  private static final Duration FRESH = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final String DATABASE = "database";

  /**
   * What was found.
   *
   * @param services {@code up} or {@code down} for each of them
   */
  public record Report(Map<String, String> services) {
    public boolean isUp() {
      return services.values().stream().allMatch("up"::equals);
    }
  }

  private final DataSource database;
  private final AsyncLoadingCache<String, Boolean> answers;
  private final BooleanSupplier clusterUp;
  private final BooleanSupplier saleOpen;
  private volatile boolean databaseWasUp = true;

  /**
   * Asks through this pool.
   *
   * @param executor blocks on the database; bounded, and it rejects rather than queues without end
   */
  public Health(
      DataSource database, Executor executor, BooleanSupplier clusterUp, BooleanSupplier saleOpen) {
    this.database = database;
    this.clusterUp = clusterUp;
    this.saleOpen = saleOpen;
    this.answers =
        Caffeine.newBuilder()
            .executor(executor)
            .maximumSize(1)
            .expireAfterWrite(FRESH)
            .buildAsync(_ -> databaseAnswers());
  }

  public CompletionStage<Report> check() {
    return askDatabase()
        .thenApply(
            databaseUp ->
                new Report(
                    Map.of(
                        "app",
                        "up",
                        DATABASE,
                        word(databaseUp),
                        "cluster",
                        word(clusterUp.getAsBoolean()),
                        "sale",
                        word(saleOpen.getAsBoolean()))));
  }

  /** Whether the database answered when it was asked last. */
  public boolean databaseWasUp() {
    return databaseWasUp;
  }

  private CompletableFuture<Boolean> askDatabase() {
    try {
      return answers
          .get(DATABASE)
          .copy()
          .completeOnTimeout(false, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
          .whenComplete((up, _) -> logChange(up));
    } catch (RuntimeException rejected) {
      return CompletableFuture.completedFuture(false); // so busy that it does not answer
    }
  }

  private boolean databaseAnswers() {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.setQueryTimeout((int) PATIENCE.toSeconds());
      return statement.execute("SELECT 1");
    } catch (SQLException e) {
      log.debug("The database does not answer", e);
      return false;
    }
  }

  private void logChange(boolean up) {
    if (up != databaseWasUp) {
      databaseWasUp = up;
      if (up) {
        log.info("The database answers again");
      } else {
        log.error("The database does not answer: checkouts and purchases get 503 until it is back");
      }
    }
  }

  private static String word(boolean up) {
    return up ? "up" : "down";
  }
}
