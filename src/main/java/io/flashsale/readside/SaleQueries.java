package io.flashsale.readside;

import com.github.benmanes.caffeine.cache.AsyncLoadingCache;
import com.github.benmanes.caffeine.cache.Cache;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import javax.sql.DataSource;

/**
 * What pages and clients ask about sales, read from the journal. At most {@link #FRESH} old, but
 * for the counts of sales that are long over in a list: those are at most {@link #FRESH_IF_OVER}
 * old.
 */
public final class SaleQueries {

  static final Duration FRESH = Duration.ofSeconds(1);
  static final Duration FRESH_IF_OVER = Duration.ofMinutes(5);

  /** Sales of one list: each may cost a read of all its items. */
  public static final int MOST_LISTED = 50;

  private static final int SALES = 32;
  private static final int SALES_OVER = 1_000;

  /** The end that an operator has set, or null: it stands between the opening and the closing. */
  private static final String SHORTENED =
      """
      (SELECT convert_from(later.event_payload, 'UTF8')::jsonb ->> 'endsAt' FROM event_journal later
       WHERE later.persistence_id = opened.persistence_id
         AND later.event_ser_manifest = 'sale-shortened'
         AND later.sequence_number > opened.sequence_number
         AND convert_from(later.event_payload, 'UTF8')::jsonb ->> 'saleId'
           = convert_from(opened.event_payload, 'UTF8')::jsonb -> 'sale' ->> 'id'
       ORDER BY later.sequence_number DESC LIMIT 1)
      """;

  private static final String OPENED =
      """
      SELECT opened.event_payload, clock_timestamp(), %s FROM event_journal opened
      WHERE persistence_id = ? AND event_ser_manifest = 'sale-opened'
        AND (convert_from(event_payload, 'UTF8')::jsonb -> 'sale' ->> 'id')::bigint = ?
      """
          .formatted(SHORTENED);

  private static final String LIST =
      """
      SELECT opened.event_payload, clock_timestamp(), %s FROM event_journal opened
      WHERE persistence_id = ? AND event_ser_manifest = 'sale-opened'
      ORDER BY sequence_number DESC LIMIT ? OFFSET ?
      """
          .formatted(SHORTENED);

  private static final String COUNT =
      """
      SELECT count(*) FROM event_journal
      WHERE persistence_id = ? AND event_ser_manifest = 'sale-opened'
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
  private final AsyncLoadingCache<Range, Page> pages;
  private final Cache<Long, Integer> soldWhenOver;

  private record Range(int limit, int offset) {}

  /** A sale, and how many of its items are sold. */
  public record Listed(Sale sale, int sold) {}

  /**
   * A part of the list of sales.
   *
   * @param total how many sales have been opened
   */
  public record Page(List<Listed> sales, int total) {
    public Page {
      sales = List.copyOf(sales);
    }
  }

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
    this.pages =
        Caffeine.newBuilder()
            .executor(executor)
            .maximumSize(SALES)
            .expireAfterWrite(FRESH)
            .buildAsync(this::readPage);
    this.soldWhenOver =
        Caffeine.newBuilder()
            .executor(Runnable::run)
            .maximumSize(SALES_OVER)
            .expireAfterWrite(FRESH_IF_OVER)
            .build();
  }

  /** A sale that has been opened. */
  public CompletionStage<Optional<Sale>> sale(long saleId) {
    return sales.get(saleId);
  }

  /** The numbers of the items that are sold. Not to be changed. */
  public CompletionStage<BitSet> sold(long saleId) {
    return sold.get(saleId);
  }

  /**
   * The sales that have been opened, the latest first.
   *
   * @param limit at most {@link #MOST_LISTED}
   */
  public CompletionStage<Page> list(int limit, int offset) {
    return pages.get(new Range(limit, offset));
  }

  private Page readPage(Range range) {
    List<Listed> listed = new ArrayList<>();
    try (Connection connection = database.getConnection();
        PreparedStatement count = connection.prepareStatement(COUNT);
        PreparedStatement list = connection.prepareStatement(LIST)) {
      count.setString(1, SaleCoordinator.PERSISTENCE_ID);
      list.setString(1, SaleCoordinator.PERSISTENCE_ID);
      list.setInt(2, range.limit());
      list.setInt(3, range.offset());
      try (ResultSet rows = list.executeQuery()) {
        while (rows.next()) {
          Sale sale = opened(rows);
          listed.add(new Listed(sale, count(connection, sale, rows.getTimestamp(2).toInstant())));
        }
      }
      try (ResultSet rows = count.executeQuery()) {
        rows.next();
        return new Page(listed, rows.getInt(1));
      }
    } catch (SQLException | NotSerializableException e) {
      throw new CompletionException(e);
    }
  }

  /** What is long over is read seldom: a list may name many sales. */
  private int count(Connection connection, Sale sale, Instant now) throws SQLException {
    if (sale.endsAt().plus(sale.holdTtl().multipliedBy(2)).isAfter(now)) {
      return readSold(connection, sale.id()).cardinality();
    }
    Integer known = soldWhenOver.getIfPresent(sale.id());
    int sold = known != null ? known : readSold(connection, sale.id()).cardinality();
    if (known == null) {
      soldWhenOver.put(sale.id(), sold);
    }
    return sold;
  }

  private Sale opened(ResultSet row) throws SQLException, NotSerializableException {
    var opened = (SaleEvent.SaleOpened) serializer.fromBinary(row.getBytes(1), "sale-opened");
    String shortened = row.getString(3);
    return shortened == null ? opened.sale() : opened.sale().endingAt(Instant.parse(shortened));
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
        return Optional.of(opened(rows));
      }
    } catch (SQLException | NotSerializableException e) {
      throw new CompletionException(e);
    }
  }

  private BitSet readSold(long saleId) {
    try (Connection connection = database.getConnection()) {
      return readSold(connection, saleId);
    } catch (SQLException e) {
      throw new CompletionException(e);
    }
  }

  private static BitSet readSold(Connection connection, long saleId) throws SQLException {
    String prefix = "Item|" + saleId;
    try (PreparedStatement statement = connection.prepareStatement(SOLD)) {
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
    }
  }
}
