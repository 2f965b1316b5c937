package io.flashsale.readside;

import com.github.benmanes.caffeine.cache.AsyncLoadingCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.flashsale.journal.EventSerializer;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleCoordinator;
import io.flashsale.sale.SaleEvent;
import java.io.NotSerializableException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import javax.sql.DataSource;

/** What pages and clients ask about sales, read from the journal. At most {@link #FRESH} old. */
public final class SaleQueries {

  static final Duration FRESH = Duration.ofSeconds(1);
  private static final int SALES = 32;

  private static final String OPENED =
      """
      SELECT event_payload FROM event_journal
      WHERE persistence_id = ? AND event_ser_manifest = 'sale-opened'
        AND (convert_from(event_payload, 'UTF8')::jsonb -> 'sale' ->> 'id')::bigint = ?
      """;

  // All rows of the sale's items are a range of the primary key: '.' is what follows '-'.
  private static final String SOLD =
      """
      SELECT substr(persistence_id, ?)::int FROM event_journal
      WHERE persistence_id >= ? AND persistence_id < ? AND event_ser_manifest = 'item-sold'
      """;

  private final DataSource database;
  private final EventSerializer serializer = new EventSerializer();
  private final AsyncLoadingCache<Long, Optional<Sale>> sales;
  private final AsyncLoadingCache<Long, BitSet> sold;

  /**
   * Reads through this pool.
   *
   * @param executor blocks on the database; bounded, and it rejects rather than queues without end
   */
  public SaleQueries(DataSource database, Executor executor) {
    this.database = database;
    this.sales =
        Caffeine.newBuilder()
            .executor(executor)
            .maximumSize(SALES)
            .expireAfterWrite(FRESH)
            .buildAsync(this::readSale);
    this.sold =
        Caffeine.newBuilder()
            .executor(executor)
            .maximumSize(SALES)
            .expireAfterWrite(FRESH)
            .buildAsync(this::readSold);
  }

  /** A sale that has been opened. */
  public CompletionStage<Optional<Sale>> sale(long saleId) {
    return sales.get(saleId);
  }

  /** The numbers of the items that are sold. Not to be changed. */
  public CompletionStage<BitSet> sold(long saleId) {
    return sold.get(saleId);
  }

  private Optional<Sale> readSale(long saleId) {
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(OPENED)) {
      statement.setString(1, SaleCoordinator.PERSISTENCE_ID);
      statement.setLong(2, saleId);
      try (ResultSet rows = statement.executeQuery()) {
        if (!rows.next()) {
          return Optional.empty();
        }
        var opened = (SaleEvent.SaleOpened) serializer.fromBinary(rows.getBytes(1), "sale-opened");
        return Optional.of(opened.sale());
      }
    } catch (SQLException | NotSerializableException e) {
      throw new CompletionException(e);
    }
  }

  private BitSet readSold(long saleId) {
    String prefix = "Item|" + saleId;
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(SOLD)) {
      statement.setInt(1, prefix.length() + 2);
      statement.setString(2, prefix + "-");
      statement.setString(3, prefix + ".");
      BitSet items = new BitSet();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          items.set(rows.getInt(1));
        }
      }
      return items;
    } catch (SQLException e) {
      throw new CompletionException(e);
    }
  }
}
