package io.flashsale.journal;

import akka.persistence.PersistentRepr;
import akka.persistence.jdbc.journal.JdbcAsyncWriteJournal;
import com.typesafe.config.Config;
import io.flashsale.metrics.Histogram;
import io.flashsale.metrics.Metrics;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import scala.Function1;
import scala.concurrent.Future;
import scala.jdk.javaapi.FutureConverters;
import scala.runtime.BoxedUnit;

/**
 * The journal of Akka Persistence JDBC with a replay that goes straight to the {@link
 * BatchingJournalDao}, without a stream for each entity.
 */
public final class BatchingJournal extends JdbcAsyncWriteJournal {

  /** Events of one read; longer streams are read in several. */
  private static final int AT_ONCE = 200;

  private final BatchingJournalDao dao;
  private final Histogram replays;

  /** Called by Akka. */
  public BatchingJournal(Config config) {
    super(config);
    this.dao = (BatchingJournalDao) journalDao();
    Metrics metrics =
        config.getBoolean("metrics") ? Metrics.get(context().system()) : new Metrics();
    dao.show(metrics);
    this.replays =
        metrics.histogram(
            "entity_recovery_seconds",
            "Reading the events of an entity, from the first question to the last event",
            Histogram::ofTimes);
  }

  @Override
  public void postStop() {
    dao.close();
    super.postStop();
  }

  @Override
  public Future<BoxedUnit> asyncReplayMessages(
      String persistenceId,
      long fromSequenceNr,
      long toSequenceNr,
      long max,
      Function1<PersistentRepr, BoxedUnit> recoveryCallback) {
    long began = System.nanoTime();
    return FutureConverters.asScala(
        replay(persistenceId, fromSequenceNr, toSequenceNr, max, recoveryCallback)
            .whenComplete((_, _) -> replays.recordSince(began)));
  }

  private CompletableFuture<BoxedUnit> replay(
      String persistenceId,
      long from,
      long to,
      long most,
      Function1<PersistentRepr, BoxedUnit> recoveryCallback) {
    if (from > to || most <= 0) {
      return CompletableFuture.completedFuture(BoxedUnit.UNIT);
    }
    long limit = Math.min(most, AT_ONCE);
    return dao.events(persistenceId, from, to, limit)
        .thenCompose(
            events -> {
              events.forEach(recoveryCallback::apply);
              return events.size() < limit
                  ? CompletableFuture.completedFuture(BoxedUnit.UNIT)
                  : replay(persistenceId, next(events), to, most - events.size(), recoveryCallback);
            });
  }

  private static long next(List<PersistentRepr> events) {
    return events.getLast().sequenceNr() + 1;
  }
}
