package io.flashsale.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.typed.javadsl.Adapter;
import akka.persistence.DeleteMessagesSuccess;
import akka.persistence.JournalProtocol;
import akka.persistence.Persistence;
import akka.testkit.TestProbe;
import com.typesafe.config.ConfigFactory;
import io.flashsale.database.JournalDatabase;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Entities on the journal as the program has it, and what becomes of them when PostgreSQL fails.
 */
class JournalEntitiesIT {

  /** The pool trusts what was used half a second ago; in the program its idle ones are older. */
  private static final String POOL_TRUSTS = "com.zaxxer.hikari.aliveBypassWindowMs";

  @TempDir static Path directory;
  private static int port;
  private static JournalDatabase postgres;
  private static Line line;
  private static ActorTestKit kit;

  private final String id = "Notebook|" + UUID.randomUUID();

  @BeforeAll
  static void start() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    postgres = startedPostgres();
    line = new Line(port);
    System.setProperty(POOL_TRUSTS, "0");
    kit = ActorTestKit.create("journal", ProgramConfig.withDatabaseAt(line.port()));
  }

  private static JournalDatabase startedPostgres() throws IOException {
    return JournalDatabase.start(directory.resolve("database"), port);
  }

  @AfterAll
  static void stop() throws IOException {
    kit.shutdownTestKit();
    System.clearProperty(POOL_TRUSTS);
    line.close();
    postgres.close();
  }

  // ---------------------------------------------------------------- streams

  @Test
  void aLongStreamIsRecoveredInItsOrder() throws Exception {
    String[] words = words(2_050);
    try (Notebook first = new Notebook(kit, id)) {
      get(first.write(words));
    }

    try (Notebook next = new Notebook(kit, id)) {
      assertThat(get(next.read())).containsExactly(words);
    }
  }

  @Test
  void asManyEventsOfALongStreamAreReadAsAreAskedFor() throws Exception {
    try (Notebook notebook = new Notebook(kit, id)) {
      get(notebook.write(words(1_000)));
    }

    for (int most : List.of(1, 199, 200, 201, 400, 450, 800)) { // 200 are read at once
      TestProbe asking = probe();
      tell(new JournalProtocol.ReplayMessages(101, 900, most, id, asking.ref()), asking);

      for (int n = 0; n < most; n++) {
        var replayed = asking.expectMsgClass(JournalProtocol.ReplayedMessage.class);
        assertThat(replayed.persistent().sequenceNr()).isEqualTo(101 + n);
      }
      asking.expectMsg(new JournalProtocol.RecoverySuccess(1_000));
    }
  }

  @Test
  void anEntityGoesOnAfterItsEventsWereDeleted() throws Exception {
    try (Notebook notebook = new Notebook(kit, id)) {
      get(notebook.write("1", "2", "3", "4", "5"));
    }

    delete(3);
    try (Notebook notebook = new Notebook(kit, id)) {
      assertThat(get(notebook.read())).containsExactly("4", "5");
      assertThat(get(notebook.write("6"))).containsExactly("4", "5", "6");
    }
    delete(Long.MAX_VALUE);
    try (Notebook notebook = new Notebook(kit, id)) {
      assertThat(get(notebook.read())).isEmpty();
      get(notebook.write("7"));
    }

    assertThat(query("SELECT max(sequence_number) FROM event_journal WHERE persistence_id = ?"))
        .isEqualTo(7);
    try (Notebook notebook = new Notebook(kit, id)) {
      assertThat(get(notebook.read())).containsExactly("7");
    }
  }

  private void delete(long to) {
    TestProbe asking = probe();
    tell(new JournalProtocol.DeleteMessagesTo(id, to, asking.ref()), asking);
    asking.expectMsg(new DeleteMessagesSuccess(to));
  }

  private static TestProbe probe() {
    return new TestProbe(Adapter.toClassic(kit.system()));
  }

  private static void tell(Object message, TestProbe asking) {
    Persistence.get(Adapter.toClassic(kit.system()))
        .journalFor("jdbc-journal", ConfigFactory.empty())
        .tell(message, asking.ref());
  }

  // ---------------------------------------------------------------- a lost connection

  @Test
  void r4AWriteWhoseAnswerWasLostIsRecovered() throws Exception {
    try (Notebook notebook = new Notebook(kit, id)) {
      get(notebook.write("before"));
      line.swallowAnswers();
      var cut = notebook.write("committed");
      await().until(() -> events() == 2);
      line.cut();

      assertThatThrownBy(() -> get(cut)).isInstanceOf(ExecutionException.class);
    }

    try (Notebook next = new Notebook(kit, id)) {
      assertThat(get(next.read())).containsExactly("before", "committed");
      assertThat(get(next.write("after"))).containsExactly("before", "committed", "after");
    }
  }

  @Test
  void r4AWriteThatNeverArrivedIsNotRecovered() throws Exception {
    try (Notebook notebook = new Notebook(kit, id)) {
      get(notebook.write("before"));
      line.swallowRequests();
      var cut = notebook.write("lost");
      await().until(line::hasSwallowedARequest);
      line.cut();

      assertThatThrownBy(() -> get(cut)).isInstanceOf(ExecutionException.class);
    }

    try (Notebook next = new Notebook(kit, id)) {
      assertThat(get(next.read())).containsExactly("before");
      assertThat(get(next.write("after"))).containsExactly("before", "after");
    }
  }

  /** Or it would recover without an event that its own journal is about to write. */
  @Test
  void anEntityRecoversAfterWhatItsLastIncarnationStillWrites() throws Exception {
    Notebook first = new Notebook(kit, id);
    get(first.read());
    try (Connection lock = postgres.lockedJournal()) { // nobody can write, everybody can read
      var _ = first.write("late");
      postgres.awaitWaiting();
      first.close();
      try (Notebook next = new Notebook(kit, id);
          Notebook other = new Notebook(kit, id + "-other")) {
        var recovered = next.read();
        get(other.read()); // the journal has heard of both
        assertThat(recovered).isNotDone();
        lock.rollback();

        assertThat(get(recovered)).containsExactly("late");
      }
    }
  }

  // ---------------------------------------------------------------- a restart

  @Test
  void i5ARestartOfTheDatabaseLosesNothingThatWasAcknowledged() throws Exception {
    List<Future<?>> writing = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Diarists diarists = new Diarists()) {
      for (int n = 0; n < 20; n++) {
        String name = id + "-" + n;
        writing.add(threads.submit(() -> diarists.write(name)));
      }
      diarists.awaitWritten(200);
      postgres.close();
      await().until(() -> diarists.failures.get() > 0);
      postgres = startedPostgres();
      diarists.awaitWritten(diarists.written.get() + 200);
    }

    for (Future<?> each : writing) {
      each.get();
    }
    assertThat(
            query(
                """
                SELECT count(*) FROM (
                  SELECT FROM event_journal WHERE persistence_id LIKE ? || '-%'
                  GROUP BY persistence_id HAVING max(sequence_number) <> count(*)) AS with_gaps
                """))
        .isZero();
  }

  /** Each writes one word after the other into a notebook, and opens it again when that stops. */
  private static final class Diarists implements AutoCloseable {
    private final AtomicBoolean done = new AtomicBoolean();
    private final AtomicInteger written = new AtomicInteger();
    private final AtomicInteger failures = new AtomicInteger();

    private Void write(String name) throws Exception {
      List<String> acknowledged = List.of();
      List<String> attempted = List.of();
      while (!done.get()) {
        try (Notebook notebook = new Notebook(kit, name)) {
          List<String> found = get(notebook.read());
          assertThat(found).isIn(acknowledged, attempted);
          acknowledged = found;
          while (!done.get()) {
            String word = UUID.randomUUID().toString();
            attempted = new ArrayList<>(acknowledged);
            attempted.add(word);
            acknowledged = get(notebook.write(word));
            assertThat(acknowledged).isEqualTo(attempted);
            written.incrementAndGet();
          }
        } catch (ExecutionException stopped) {
          failures.incrementAndGet();
        }
      }
      return null;
    }

    private void awaitWritten(int words) {
      await().atMost(Duration.ofSeconds(30)).until(() -> written.get() >= words);
    }

    /** They put their pens down. */
    @Override
    public void close() {
      done.set(true);
    }
  }

  // ---------------------------------------------------------------- shorthands

  private static <T> T get(CompletableFuture<T> answer) throws Exception {
    return answer.get(20, TimeUnit.SECONDS);
  }

  private static String[] words(int count) {
    return IntStream.range(0, count).mapToObj(Integer::toString).toArray(String[]::new);
  }

  private long events() throws SQLException {
    return query("SELECT count(*) FROM event_journal WHERE persistence_id = ?");
  }

  /** A number that the database has about this id. */
  private long query(String sql) throws SQLException {
    try (Connection connection = postgres.connect();
        var statement = connection.prepareStatement(sql)) {
      statement.setString(1, id);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }
}
