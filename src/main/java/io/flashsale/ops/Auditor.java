package io.flashsale.ops;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Audits a sale while the node runs: one at a time, on a connection and a thread of its own. */
public final class Auditor {

  /** The database breaks off what takes longer: two statements of this time. */
  static final Duration STATEMENT_AT_MOST = Duration.ofSeconds(30);

  /** Opens a connection; the caller closes it. */
  @FunctionalInterface
  public interface Connector {
    Connection connect() throws SQLException;
  }

  private static final Executor THREAD =
      task -> Thread.ofPlatform().name("audit").daemon().start(task);

  private final Connector database;
  private final AtomicBoolean busy = new AtomicBoolean();
  private final LongAdder runs = new LongAdder();
  private final LongAdder breaches = new LongAdder();

  public Auditor(Connector database) {
    this.database = database;
  }

  /**
   * The report of one sale. The stage fails if the journal cannot be read.
   *
   * @throws RejectedExecutionException if one is under way
   */
  public CompletionStage<AuditReport> audit(long saleId) {
    if (!busy.compareAndSet(false, true)) {
      throw new RejectedExecutionException("An audit is under way");
    }
    return CompletableFuture.supplyAsync(() -> run(saleId), THREAD)
        .whenComplete((report, _) -> ended(report));
  }

  private void ended(@Nullable AuditReport report) {
    busy.set(false);
    if (report != null) {
      runs.increment();
      if (!report.clean()) {
        breaches.increment();
      }
    }
  }

  /** Audits that came to an end. */
  public long runs() {
    return runs.sum();
  }

  /** Of these, the ones that found a breach. */
  public long breaches() {
    return breaches.sum();
  }

  private AuditReport run(long saleId) {
    try (Connection connection = database.connect()) {
      connection.setNetworkTimeout(THREAD, (int) STATEMENT_AT_MOST.plusSeconds(5).toMillis());
      try (Statement statement = connection.createStatement()) {
        statement.execute("SET statement_timeout = " + STATEMENT_AT_MOST.toMillis());
      }
      return Audit.run(connection, OptionalLong.of(saleId));
    } catch (SQLException e) {
      throw new CompletionException(e);
    }
  }
}
