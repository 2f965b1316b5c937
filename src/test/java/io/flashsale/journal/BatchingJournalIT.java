package io.flashsale.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flashsale.database.JournalDatabase;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The writer and the reader against a real PostgreSQL. */
class BatchingJournalIT {

  private static JournalDatabase postgres;

  private final AtomicInteger opened = new AtomicInteger();
  private final Connections connections =
      () -> {
        opened.incrementAndGet();
        return postgres.connect();
      };
  private final JournalWriter writer = new JournalWriter(connections, 1_000);
  private final JournalReader reader = new JournalReader(connections, 1_000);
  private final String id = "Item|" + UUID.randomUUID();

  @BeforeAll
  static void start() throws IOException {
    postgres = JournalDatabase.start();
  }

  @AfterAll
  static void stop() throws Exception {
    postgres.close();
  }

  @AfterEach
  void close() {
    writer.close();
    reader.close();
  }

  @Test
  void writesWhatIsReadAgain() throws Exception {
    writer.write(List.of(row(id, 1), row(id, 2))).get(5, TimeUnit.SECONDS);
    writer.write(List.of(row(id, 3))).get(5, TimeUnit.SECONDS);

    assertThat(reader.highestSequenceNr(id).get()).isEqualTo(3);
    assertThat(reader.events(id, 2, 3, 10).get())
        .extracting(JournalRow::sequenceNr)
        .containsExactly(2L, 3L);
    JournalRow read = reader.events(id, 1, 3, 1).get().getFirst();
    assertThat(read.payload()).isEqualTo(row(id, 1).payload());
    assertThat(read.manifest()).isEqualTo("item-sold");
    assertThat(read.writer()).isEqualTo("writer");
    assertThat(read.timestamp()).isEqualTo(17);
    assertThat(read.serializerId()).isEqualTo(7301);
    assertThat(read.metadata()).isNull();
  }

  @Test
  void knowsThatAStreamIsEmpty() throws Exception {
    assertThat(reader.highestSequenceNr(id).get()).isZero();
    assertThat(reader.events(id, 1, 100, 10).get()).isEmpty();
  }

  @Test
  void r6AConflictFailsOnlyItsOwnEntity() throws Exception {
    // The stock DAO fails every write of the batch.
    writer.write(List.of(row(id + "-7", 1))).get(5, TimeUnit.SECONDS);
    List<CompletableFuture<Void>> writes = new ArrayList<>();
    try (Connection lock = postgres.lockedJournal()) { // so that the others gather in a batch
      writes.add(writer.write(List.of(row(id + "-first", 1))));
      for (int n = 0; n < 60; n++) {
        writes.add(writer.write(List.of(row(id + "-" + n, 1))));
      }
      lock.rollback();
    }

    int failed = 0;
    for (CompletableFuture<Void> write : writes) {
      try {
        write.get(10, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        assertThat(e).hasMessageContaining("duplicate key");
        failed++;
      }
    }
    assertThat(failed).isEqualTo(1);
    for (int n = 0; n < 60; n++) {
      assertThat(reader.highestSequenceNr(id + "-" + n).get()).isEqualTo(1);
    }
    assertThat(opened).as("connections").hasValue(2);
  }

  @Test
  void aWriteOfSeveralRowsIsAllOrNothing() throws Exception {
    writer.write(List.of(row(id, 2))).get(5, TimeUnit.SECONDS);

    assertThatThrownBy(() -> writer.write(List.of(row(id, 1), row(id, 2))).get())
        .hasMessageContaining("duplicate key");

    assertThat(reader.events(id, 1, 9, 9).get())
        .extracting(JournalRow::sequenceNr)
        .containsExactly(2L);
  }

  @Test
  void r4ALostConnectionFailsTheBatchAndTheNextOneIsWritten() throws Exception {
    CompletableFuture<Void> waiting;
    try (Connection lock = postgres.lockedJournal()) {
      waiting = writer.write(List.of(row(id, 1)));
      postgres.cutWhoeverWaits();
      assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class);
      lock.rollback();
    }

    writer.write(List.of(row(id + "-next", 1))).get(10, TimeUnit.SECONDS);
    assertThat(reader.highestSequenceNr(id + "-next").get()).isEqualTo(1);
  }

  @Test
  void aReaderWhoseConnectionWasLostAsksAgain() throws Exception {
    writer.write(List.of(row(id, 1))).get(5, TimeUnit.SECONDS);
    assertThat(reader.highestSequenceNr(id).get()).isEqualTo(1);
    postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND"
            + " backend_type = 'client backend'");

    assertThat(reader.highestSequenceNr(id).get(10, TimeUnit.SECONDS)).isEqualTo(1);
  }

  @Test
  void refusesWhatPassesTheBoundOfTheQueue() throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch open = new CountDownLatch(1);
    JournalWriter slow =
        new JournalWriter(
            () -> {
              busy.countDown();
              await(open);
              return connections.open();
            },
            2);
    try (slow) {
      List<CompletableFuture<Void>> writes = new ArrayList<>();
      writes.add(slow.write(List.of(row(id, 1))));
      await(busy);
      for (int n = 0; n < 10; n++) {
        writes.add(slow.write(List.of(row(id + "-" + n, 1))));
      }
      assertThat(writes).filteredOn(CompletableFuture::isCompletedExceptionally).hasSize(8);
      assertThatThrownBy(() -> writes.getLast().get())
          .hasCauseInstanceOf(RejectedExecutionException.class);
      open.countDown();
      writes.getFirst().get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void writesWaitForASlowDatabaseAndWhatPassesTheBoundIsRefusedAtOnce() throws Exception {
    List<CompletableFuture<Void>> writes = new ArrayList<>();
    try (Connection lock = postgres.lockedJournal()) {
      writes.add(writer.write(List.of(row(id, 1))));
      postgres.awaitWaiting();
      for (int n = 0; n < 1_000; n++) {
        writes.add(writer.write(List.of(row(id + "-" + n, 1))));
      }
      for (int n = 0; n < 100; n++) {
        var refused = writer.write(List.of(row(id + "-refused-" + n, 1)));
        assertThat(refused).isCompletedExceptionally();
      }
      assertThat(writes).noneMatch(CompletableFuture::isDone);
      lock.rollback();
    }

    for (CompletableFuture<Void> write : writes) {
      write.get(10, TimeUnit.SECONDS);
    }
    for (int n = 0; n < 1_000; n++) {
      assertThat(reader.highestSequenceNr(id + "-" + n).get()).isEqualTo(1);
    }
    for (int n = 0; n < 100; n++) {
      assertThat(reader.highestSequenceNr(id + "-refused-" + n).get()).isZero();
    }
  }

  /** Nobody knows what becomes of it: the key is the fence that keeps the next one out. */
  @Test
  void r6AWriteThatHasTimedOutMayStillComeAndThenFencesTheNext() throws Exception {
    Connections impatient =
        () ->
            DriverManager.getConnection(postgres.url() + "&socketTimeout=1"); // 10 s in the program
    try (JournalWriter timingOut = new JournalWriter(impatient, 10)) {
      try (Connection lock = postgres.lockedJournal()) {
        var late = timingOut.write(List.of(row(id, 1)));
        assertThatThrownBy(() -> late.get(10, TimeUnit.SECONDS))
            .hasRootCauseInstanceOf(SocketTimeoutException.class);
        assertThat(reader.highestSequenceNr(id).get()).isZero(); // what its entity recovers
        lock.rollback();
      }
      Awaitility.await().until(() -> reader.highestSequenceNr(id).get() == 1);

      assertThatThrownBy(() -> timingOut.write(List.of(row(id, 1))).get(10, TimeUnit.SECONDS))
          .hasMessageContaining("duplicate key");
      timingOut.write(List.of(row(id, 2))).get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void closingFailsWhatWaits() throws Exception {
    writer.close();

    assertThatThrownBy(() -> writer.write(List.of(row(id, 1))).get(5, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class);
  }

  private static JournalRow row(String id, long sequenceNr) {
    byte[] payload = ("{\"n\":" + sequenceNr + "}").getBytes(StandardCharsets.UTF_8);
    return new JournalRow(id, sequenceNr, "writer", 17, "", 7301, "item-sold", payload, null);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
