package io.flashsale.system;

import io.flashsale.item.ItemEvent;
import io.flashsale.journal.EventSerializer;
import io.flashsale.user.UserEvent;
import java.io.NotSerializableException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the journal says of one sale, stream by stream, in the order of sequence numbers.
 *
 * @param items the events of an item by its number
 * @param users the events of a user by its id
 */
record JournalStory(Map<Integer, List<Entry>> items, Map<Long, List<Entry>> users) {

  /**
   * An event.
   *
   * @param at when its entity handed it to the journal, by the clock of its node; the commit came
   *     later
   */
  record Entry(Instant at, Object event) {}

  static JournalStory read(Connection connection, long saleId) throws SQLException {
    JournalStory story = new JournalStory(new HashMap<>(), new HashMap<>());
    EventSerializer serializer = new EventSerializer();
    String query =
        """
        SELECT persistence_id, write_timestamp, event_ser_manifest, event_payload
        FROM event_journal WHERE persistence_id <> 'SaleCoordinator'
        ORDER BY persistence_id, sequence_number
        """;
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      while (row.next()) {
        String id = row.getString("persistence_id");
        String entity = id.substring(id.indexOf('|') + 1);
        int dash = entity.indexOf('-');
        if (Long.parseLong(entity.substring(0, dash)) != saleId) {
          continue;
        }
        String number = entity.substring(dash + 1);
        Entry entry =
            new Entry(
                Instant.ofEpochMilli(row.getLong("write_timestamp")),
                serializer.fromBinary(
                    row.getBytes("event_payload"), row.getString("event_ser_manifest")));
        if (id.startsWith("Item|")) {
          story.add(Integer.parseInt(number), entry);
        } else {
          story.add(Long.parseLong(number), entry);
        }
      }
    } catch (NotSerializableException e) {
      throw new IllegalStateException(e);
    }
    return story;
  }

  void add(int item, Entry entry) {
    if (!(entry.event() instanceof ItemEvent)) {
      throw new IllegalArgumentException("Not an item's: " + entry);
    }
    items.computeIfAbsent(item, _ -> new ArrayList<>()).add(entry);
  }

  void add(long user, Entry entry) {
    if (!(entry.event() instanceof UserEvent)) {
      throw new IllegalArgumentException("Not a user's: " + entry);
    }
    users.computeIfAbsent(user, _ -> new ArrayList<>()).add(entry);
  }

  List<Entry> ofItem(int item) {
    return items.getOrDefault(item, List.of());
  }

  List<Entry> ofUser(long user) {
    return users.getOrDefault(user, List.of());
  }

  /** When the item was sold first. */
  Instant soldAt(int item) {
    return ofItem(item).stream()
        .filter(entry -> entry.event() instanceof ItemEvent.Sold)
        .map(Entry::at)
        .findFirst()
        .orElse(Instant.MAX);
  }
}
