package io.flashsale.journal;

import akka.persistence.AtomicWrite;
import akka.persistence.PersistentRepr;
import akka.persistence.PersistentRepr$;
import akka.persistence.jdbc.config.JournalConfig;
import akka.persistence.jdbc.journal.dao.DefaultJournalDao;
import akka.persistence.journal.Tagged;
import akka.serialization.Serialization;
import akka.serialization.Serializer;
import akka.serialization.Serializers;
import akka.stream.Materializer;
import io.flashsale.metrics.Metrics;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import scala.collection.immutable.Seq;
import scala.concurrent.ExecutionContext;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.FutureConverters;
import scala.runtime.BoxedUnit;
import scala.util.Try;
import slick.jdbc.JdbcBackend;
import slick.jdbc.JdbcDataSource;
import slick.jdbc.JdbcProfile;
import slick.jdbc.hikaricp.HikariCPJdbcDataSource;

/**
 * The journal's access to PostgreSQL, in the place of the stock one of Akka Persistence JDBC: same
 * table, but writes and recoveries of all entities share statements ({@link JournalWriter}, {@link
 * JournalReader}). What this program does not do, tags, metadata and deletion, is left to the stock
 * DAO; but whatever that has written is read here too.
 */
public final class BatchingJournalDao extends DefaultJournalDao {

  private static final int MOST_WAITING = 20_000;

  private final Serialization serialization;
  private final JournalWriter writer;
  private final JournalReader reader;
  private final JdbcDataSource source;

  /** Called by the plugin. */
  public BatchingJournalDao(
      JdbcBackend.DatabaseDef database,
      JdbcProfile profile,
      JournalConfig config,
      Serialization serialization,
      ExecutionContext executionContext,
      Materializer materializer) {
    super(database, profile, config, serialization, executionContext, materializer);
    this.serialization = serialization;
    Connections connections = () -> database.source().createConnection();
    this.writer = new JournalWriter(connections, MOST_WAITING);
    this.source = database.source();
    this.reader = new JournalReader(connections, MOST_WAITING);
    serialization.system().registerOnTermination(this::close);
  }

  /** Shows what its threads do, and how the connections of the journal are used. */
  void show(Metrics metrics) {
    JournalMetrics.show(metrics, writer, reader);
    if (source instanceof HikariCPJdbcDataSource pool) {
      metrics.pool("journal", pool.ds());
    }
  }

  /** Ends its threads. Whatever waits for them fails. */
  void close() {
    writer.close();
    reader.close();
  }

  @Override
  public Future<Seq<Try<BoxedUnit>>> asyncWriteMessages(Seq<AtomicWrite> messages) {
    List<JournalRow> rows = new ArrayList<>(1);
    for (AtomicWrite message : CollectionConverters.asJava(messages)) {
      for (PersistentRepr event : CollectionConverters.asJava(message.payload())) {
        if (event.payload() instanceof Tagged || event.metadata().isDefined()) {
          return super.asyncWriteMessages(messages);
        }
        try {
          rows.add(row(event));
        } catch (Exception notSerializable) { // also what Scala throws without declaring it
          return super.asyncWriteMessages(messages); // which knows how to reject each of them
        }
      }
    }
    return FutureConverters.asScala(writer.write(rows).thenApply(_ -> ALL_WRITTEN));
  }

  private static final Seq<Try<BoxedUnit>> ALL_WRITTEN =
      CollectionConverters.asScala(List.<Try<BoxedUnit>>of()).toList();

  private JournalRow row(PersistentRepr event) {
    Serializer serializer = serialization.findSerializerFor(event.payload());
    return new JournalRow(
        event.persistenceId(),
        event.sequenceNr(),
        event.writerUuid(),
        event.timestamp(),
        event.manifest(),
        serializer.identifier(),
        Serializers.manifestFor(serializer, event.payload()),
        serialization.serialize(event.payload()).get(),
        null);
  }

  @Override
  public Future<Object> highestSequenceNr(String persistenceId, long fromSequenceNr) {
    return FutureConverters.asScala(
        reader.highestSequenceNr(persistenceId).thenApply(highest -> (Object) highest));
  }

  /** The next events of a stream, ready for its entity. */
  CompletableFuture<List<PersistentRepr>> events(
      String persistenceId, long from, long to, long most) {
    return reader
        .events(persistenceId, from, to, most)
        .thenApply(rows -> rows.stream().map(this::event).toList());
  }

  private PersistentRepr event(JournalRow row) {
    Object payload =
        serialization.deserialize(row.payload(), row.serializerId(), row.manifest()).get();
    PersistentRepr event =
        PersistentRepr$.MODULE$
            .apply(
                payload,
                row.sequenceNr(),
                row.persistenceId(),
                orEmpty(row.adapterManifest()),
                false,
                null,
                row.writer())
            .withTimestamp(row.timestamp());
    JournalRow.Metadata metadata = row.metadata();
    return metadata == null ? event : event.withMetadata(metadata(metadata));
  }

  private Object metadata(JournalRow.Metadata metadata) {
    return serialization
        .deserialize(metadata.payload(), metadata.serializerId(), orEmpty(metadata.manifest()))
        .get();
  }

  private static String orEmpty(@Nullable String stored) {
    return stored == null ? "" : stored;
  }
}
