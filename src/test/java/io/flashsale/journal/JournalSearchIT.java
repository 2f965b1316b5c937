package io.flashsale.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.flashsale.database.JournalDatabase;
import io.flashsale.user.UserEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Whether a key is found where it was used, in a real journal. */
class JournalSearchIT {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

  private static JournalDatabase postgres;
  private static JournalSearch search;
  private static long number;

  private final long user = ++number;

  @BeforeAll
  static void start() throws Exception {
    postgres = JournalDatabase.start();
    search = new JournalSearch(postgres.dataSource(), Runnable::run);
  }

  @AfterAll
  static void stop() throws Exception {
    postgres.close();
  }

  @Test
  void findsTheWholeStreamInWhichAKeyWasUsedInItsOrder() throws SQLException {
    UUID key = UUID.randomUUID();
    UserEvent.CheckedOut first = checkedOut(1, null);
    UserEvent.CheckedOut keyed = checkedOut(2, key);
    UserEvent bought = new UserEvent.Purchased(keyed.code(), UUID.randomUUID());
    UserEvent ended = new UserEvent.Released(first.code(), UserEvent.Cause.EXPIRED, null);
    write(3, first, keyed, bought, ended);
    write(4, checkedOut(5, null));
    write(5, checkedOut(6, UUID.randomUUID()));

    assertThat(find(key)).containsExactly(first, keyed, bought, ended);
  }

  @Test
  void findsKeysOfPurchasesAndEndsToo() throws SQLException {
    UUID purchase = UUID.randomUUID();
    UUID end = UUID.randomUUID();
    write(1, new UserEvent.Purchased(UUID.randomUUID(), purchase));
    write(2, new UserEvent.Released(UUID.randomUUID(), UserEvent.Cause.GIVEN_UP, end));

    assertThat(find(purchase)).hasSize(1).allMatch(UserEvent.Purchased.class::isInstance);
    assertThat(find(end)).hasSize(1).allMatch(UserEvent.Released.class::isInstance);
  }

  @Test
  void findsTheLatestOfTwoStreams() throws SQLException {
    UUID key = UUID.randomUUID();
    UserEvent latest = checkedOut(2, key);
    write(9, checkedOut(1, key));
    write(8, latest); // later, whatever the numbers of the sales

    assertThat(find(key)).containsExactly(latest);
  }

  @Test
  void findsNothingWhereNothingIs() throws SQLException {
    UUID key = UUID.randomUUID();
    write(1, checkedOut(1, UUID.randomUUID()));
    // Neither a code nor a key of somebody else.
    write(2, new UserEvent.Purchased(key, null));
    write("User|3-" + -user, checkedOut(2, key));
    write(1_000, checkedOut(3, key));

    assertThat(find(key)).isEmpty();
    assertThat(join(search.streamWith(List.of(), key, UserEvent.class))).isEmpty();
  }

  @Test
  void failsWhenItCannotRead() {
    JournalSearch cut =
        new JournalSearch(
            postgres.dataSource(),
            _ -> {
              throw new java.util.concurrent.RejectedExecutionException("full");
            });

    assertThatExceptionOfType(CompletionException.class)
        .isThrownBy(
            () -> join(cut.streamWith(List.of("User|1-1"), UUID.randomUUID(), UserEvent.class)));
  }

  private static UserEvent.CheckedOut checkedOut(long hold, @Nullable UUID key) {
    return new UserEvent.CheckedOut(UUID.randomUUID(), hold, List.of((int) hold), NOON, key);
  }

  private List<UserEvent> find(UUID key) {
    List<String> streams =
        LongStream.range(1, 100).mapToObj(sale -> "User|" + sale + "-" + user).toList();
    return join(search.streamWith(streams, key, UserEvent.class));
  }

  private static <T> T join(java.util.concurrent.CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private void write(long sale, UserEvent... events) throws SQLException {
    write("User|" + sale + "-" + user, events);
  }

  private static void write(String stream, UserEvent... events) throws SQLException {
    EventSerializer serializer = new EventSerializer();
    try (Connection connection = postgres.connect();
        PreparedStatement insert =
            connection.prepareStatement(
                """
                INSERT INTO event_journal (persistence_id, sequence_number, writer, event_ser_id,
                                           event_ser_manifest, event_payload)
                VALUES (?, ?, 'test', 7301, ?, ?)
                """)) {
      for (int i = 0; i < events.length; i++) {
        insert.setString(1, stream);
        insert.setLong(2, i + 1L);
        insert.setString(3, serializer.manifest(events[i]));
        insert.setBytes(4, serializer.toBinary(events[i]));
        insert.executeUpdate();
      }
    }
  }
}
