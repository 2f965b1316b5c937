package io.flashsale.journal;

import io.flashsale.metrics.Histogram;
import io.flashsale.metrics.Metrics;

/** What the threads of the journal tell Prometheus. */
final class JournalMetrics {

  private JournalMetrics() {}

  static void show(Metrics metrics, JournalWriter writer, JournalReader reader) {
    show(metrics, "write", writer.thread());
    show(metrics, "read", reader.thread());
    metrics.counter(
        "journal_write_failures",
        "Writes that have failed: somebody else had written first, or the database was away",
        writer::failures);
  }

  private static void show(Metrics metrics, String operation, JournalThread<?> thread) {
    metrics.gauge(
        "journal_queue_depth",
        "Writes, or questions of entities that recover, that wait for the batch before them",
        thread::waiting,
        "operation",
        operation);
    Histogram sizes =
        metrics.histogram(
            "journal_batch_size",
            "Events written, or questions answered, by one statement",
            Histogram::ofSizes,
            "operation",
            operation);
    Histogram times =
        metrics.histogram(
            Metrics.DB_QUERY,
            Metrics.DB_QUERY_HELP,
            Histogram::ofTimes,
            "query",
            "journal_" + operation);
    thread.observe(
        (size, nanos) -> {
          sizes.record(size);
          times.record(nanos);
        });
  }
}
