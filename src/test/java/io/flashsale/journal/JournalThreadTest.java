package io.flashsale.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every task has an end, whenever the thread comes to its own. */
@Timeout(30)
class JournalThreadTest {

  private record Job(int size, CompletableFuture<Integer> done) implements JournalThread.Task {

    Job(int size) {
      this(size, new CompletableFuture<>());
    }
  }

  private static final int MOST_AT_ONCE = 10;

  private final Connections none =
      () -> {
        throw new SQLException("This work needs no connection");
      };
  private final CountDownLatch busy = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);
  private final JournalThread<Job> thread = working(new ArrayBlockingQueue<>(5), this::work);

  @AfterEach
  void close() {
    goOn.countDown();
    thread.close();
  }

  private JournalThread<Job> working(BlockingQueue<Job> queue, Consumer<List<Job>> work) {
    return new JournalThread<>("worker", none, queue, MOST_AT_ONCE, work);
  }

  /** Says that it is busy, and waits until it may go on. Each job is told the size of its batch. */
  private void work(List<Job> batch) {
    busy.countDown();
    boolean interrupted = false;
    while (goOn.getCount() > 0) {
      try {
        goOn.await();
      } catch (InterruptedException e) {
        interrupted = true; // by closing: work with a database does not hear of it either
      }
    }
    batch.forEach(job -> job.done().complete(batch.size()));
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void isRefused(Job job, String reason) {
    assertThat(job.done()).isDone();
    assertThatThrownBy(() -> job.done().get())
        .hasCauseInstanceOf(RejectedExecutionException.class)
        .hasMessageContaining(reason);
  }

  private static void failsAsClosed(Job job) {
    assertThatThrownBy(() -> job.done().get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(RejectedExecutionException.class)
        .hasMessageContaining("worker is closed");
  }

  @Test
  void takesWhatHasGatheredInBatchesOfTheirSize() throws Exception {
    Job first = new Job(1);
    thread.give(first);
    awaitLatch(busy);
    List<Job> jobs = List.of(new Job(4), new Job(5), new Job(25), new Job(10), new Job(1));
    jobs.forEach(thread::give);
    goOn.countDown();

    assertThat(first.done().get(10, TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(jobs)
        .extracting(job -> job.done().get(10, TimeUnit.SECONDS))
        .containsExactly(3, 3, 3, 1, 1);
  }

  @Test
  void refusesWhatPassesTheBoundOfTheQueue() throws Exception {
    thread.give(new Job(1));
    awaitLatch(busy);
    List<Job> jobs = Stream.generate(() -> new Job(1)).limit(6).toList();
    jobs.forEach(thread::give);

    isRefused(jobs.getLast(), "queue of the worker is full");
    goOn.countDown();
    assertThat(jobs.getFirst().done().get(10, TimeUnit.SECONDS)).isEqualTo(5);
  }

  @Test
  void closingEndsTheBatchAndFailsWhatWaits() throws Exception {
    Job current = new Job(1);
    Job waiting = new Job(1);
    thread.give(current);
    awaitLatch(busy);
    thread.give(waiting);

    thread.close();
    Job late = new Job(1);
    thread.give(late);

    isRefused(late, "worker is closed");
    goOn.countDown();
    assertThat(current.done().get(10, TimeUnit.SECONDS)).isEqualTo(1);
    failsAsClosed(waiting);
  }

  /** It was not closed when the giver looked, and has looked at its queue for the last time. */
  @Test
  void whatIsOfferedAfterTheLastLookAtTheQueueFails() {
    CountDownLatch lastLook = new CountDownLatch(1);
    AtomicReference<JournalThread<Job>> ending = new AtomicReference<>();
    BlockingQueue<Job> queue =
        new ArrayBlockingQueue<>(10) {
          private static final long serialVersionUID = 1;

          @Override
          public boolean offer(Job job) {
            ending.get().close();
            awaitLatch(lastLook);
            return super.offer(job);
          }

          @Override
          public int drainTo(Collection<? super Job> to) {
            int drained = super.drainTo(to);
            lastLook.countDown();
            return drained;
          }
        };
    ending.set(working(queue, this::work));
    Job job = new Job(1);

    ending.get().give(job);

    isRefused(job, "worker is closed");
  }

  @Test
  void aBugThatEndsTheThreadFailsEverybody() {
    Consumer<List<Job>> bug =
        _ -> {
          busy.countDown();
          awaitLatch(goOn);
          throw new AssertionError("on purpose");
        };
    List<Job> jobs = List.of(new Job(1), new Job(1), new Job(1));
    try (JournalThread<Job> ending = working(new ArrayBlockingQueue<>(5), bug)) {
      ending.give(jobs.get(0));
      awaitLatch(busy);
      ending.give(jobs.get(1));
      goOn.countDown();
      failsAsClosed(jobs.get(0));
      ending.give(jobs.get(2));

      failsAsClosed(jobs.get(1));
      failsAsClosed(jobs.get(2));
    }
  }
}
