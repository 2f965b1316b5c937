package io.flashsale.ops;

import io.flashsale.item.ItemEvent;
import io.flashsale.item.ItemId;
import io.flashsale.journal.EventSerializer;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleEvent;
import io.flashsale.user.Order;
import io.flashsale.user.UserEvent;
import io.flashsale.user.UserId;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;

/** Writes journals row by row, legal or not. A checkout is named by a number. */
final class TestJournal {

  static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");

  private final EventSerializer serializer = new EventSerializer();
  private final Map<String, Long> sequenceNumbers = new HashMap<>();
  private final PreparedStatement insert;

  TestJournal(Connection connection) throws SQLException {
    insert =
        connection.prepareStatement(
            """
            INSERT INTO event_journal (persistence_id, sequence_number, writer, write_timestamp,
              adapter_manifest, event_ser_id, event_ser_manifest, event_payload)
            VALUES (?, ?, 'test', 0, '', ?, ?, ?)
            """);
  }

  /** The sale of the n-th hour. */
  static Sale hour(long id, int items, int userLimit) {
    Instant slot = EPOCH.plus(Duration.ofHours(id));
    Instant endsAt = slot.plus(Duration.ofHours(1));
    return new Sale(id, slot, slot, endsAt, items, userLimit, Duration.ofMinutes(1));
  }

  void announced(Sale sale) throws SQLException {
    append("SaleCoordinator", new SaleEvent.SaleAnnounced(sale));
  }

  void opened(Sale sale) throws SQLException {
    append("SaleCoordinator", new SaleEvent.SaleOpened(sale));
  }

  void closed(long saleId) throws SQLException {
    append("SaleCoordinator", new SaleEvent.SaleClosed(saleId));
  }

  void item(long saleId, int number, ItemEvent... events) throws SQLException {
    for (ItemEvent event : events) {
      append("Item|" + new ItemId(saleId, number), event);
    }
  }

  void user(long saleId, long number, UserEvent... events) throws SQLException {
    for (UserEvent event : events) {
      append("User|" + new UserId(saleId, number), event);
    }
  }

  /** The next event of this stream gets a sequence number that is one too high. */
  void skip(String persistenceId) {
    sequenceNumbers.merge(persistenceId, 1L, Long::sum);
  }

  void append(String persistenceId, Object event) throws SQLException {
    add(persistenceId, serializer.manifest(event), serializer.toBinary(event));
    insert.executeBatch();
  }

  /** An event that the serializer did not write. */
  void append(String persistenceId, String manifest, String payload) throws SQLException {
    add(persistenceId, manifest, payload.getBytes(StandardCharsets.UTF_8));
    insert.executeBatch();
  }

  /** Like append, but later, with all others, by {@link #flush}. */
  void queue(String persistenceId, Object... events) throws SQLException {
    for (Object event : events) {
      add(persistenceId, serializer.manifest(event), serializer.toBinary(event));
    }
  }

  void flush() throws SQLException {
    insert.executeBatch();
  }

  private void add(String persistenceId, String manifest, byte[] payload) throws SQLException {
    insert.setString(1, persistenceId);
    insert.setLong(2, sequenceNumbers.merge(persistenceId, 1L, Long::sum));
    insert.setInt(3, serializer.identifier());
    insert.setString(4, manifest);
    insert.setBytes(5, payload);
    insert.addBatch();
  }

  static UUID code(int checkout) {
    return new UUID(0x8000L, 1L << 63 | checkout);
  }

  static ItemEvent reserved(int checkout, long holdId, long userId) {
    return new ItemEvent.Reserved(code(checkout), holdId, userId, EPOCH);
  }

  static ItemEvent released(long holdId) {
    return new ItemEvent.Released(holdId);
  }

  static ItemEvent sold(int checkout, long holdId, long userId) {
    return new ItemEvent.Sold(code(checkout), holdId, userId);
  }

  static UserEvent checkedOut(int checkout, long holdId, int... items) {
    List<Integer> numbers = Arrays.stream(items).boxed().toList();
    return new UserEvent.CheckedOut(code(checkout), holdId, numbers, EPOCH, null);
  }

  static UserEvent purchased(int checkout) {
    return new UserEvent.Purchased(code(checkout), code(-checkout));
  }

  static UserEvent gaveUp(int checkout) {
    return new UserEvent.Released(code(checkout), UserEvent.Cause.GIVEN_UP, null);
  }

  static UserEvent placed(int order, int item) {
    return new UserEvent.OrderPlaced(code(order), item, 3, EPOCH, null);
  }

  static UserEvent rejected(int order) {
    return new UserEvent.OrderRejected(code(order), Order.Rejection.ITEM_SOLD);
  }

  static UserEvent refused(long holdId) {
    return new UserEvent.Refused(holdId);
  }

  /**
   * A sale that is sold out to users with negative and other ids, each item after two holds that
   * ended unbought: nearly 5 events for each item.
   */
  void soldOut(Sale sale) throws SQLException {
    opened(sale);
    int each = sale.userLimit();
    for (int first = 0; first < sale.items(); first += each) {
      int[] numbers = IntStream.range(first, Math.min(first + each, sale.items())).toArray();
      long user = first % 2 == 0 ? first : -first;
      long hold = Long.MIN_VALUE + first;
      String stream = "User|" + new UserId(sale.id(), user);
      queue(stream, checkedOut(first, hold, numbers), gaveUp(first));
      queue(stream, checkedOut(first + 1, hold + 1, numbers), purchased(first + 1));
      for (int number : numbers) {
        queue(
            "Item|" + new ItemId(sale.id(), number),
            reserved(first, hold, user),
            released(hold),
            reserved(first + 1, hold + 1, user),
            sold(first + 1, hold + 1, user));
      }
    }
    flush();
    closed(sale.id());
  }
}
