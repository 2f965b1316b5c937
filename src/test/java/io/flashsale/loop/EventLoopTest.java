package io.flashsale.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A loop with a real selector, which behaves as Akka's: it waits, and submits itself again. */
@Timeout(30)
class EventLoopTest {

  private final EventLoops loops = EventLoops.open(new Object(), 1, Thread::new);

  @AfterEach
  void close() {
    loops.close();
  }

  private static void awaitLatch(CountDownLatch latch) throws InterruptedException {
    assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
  }

  /** A selector that reads a pipe, on a loop. */
  private static final class Network implements Runnable, AutoCloseable {
    private final EventLoops loops;
    private final Selector selector = Selector.open();
    private final Pipe pipe = Pipe.open();
    private final AtomicInteger selections = new AtomicInteger();
    private final AtomicInteger bytes = new AtomicInteger();

    Network(EventLoops loops) throws IOException {
      this.loops = loops;
      pipe.source().configureBlocking(false).register(selector, SelectionKey.OP_READ);
      loops.select(this);
    }

    @Override
    public void run() {
      try {
        selector.select();
        selections.incrementAndGet();
        for (SelectionKey key : selector.selectedKeys()) {
          loops.execute(() -> read(key)); // as a connection's actor does
        }
        selector.selectedKeys().clear();
      } catch (ClosedSelectorException e) {
        return;
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      loops.select(this);
    }

    private void read(SelectionKey key) {
      try {
        int read = ((Pipe.SourceChannel) key.channel()).read(ByteBuffer.allocate(16));
        bytes.addAndGet(Math.max(0, read));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    void send() throws IOException {
      pipe.sink().write(ByteBuffer.wrap(new byte[1]));
    }

    @Override
    public void close() throws IOException {
      selector.close();
      pipe.sink().close();
      pipe.source().close();
    }
  }

  @Test
  void runsTheTasksOfAnotherThreadInTheirOrder() throws InterruptedException {
    List<Integer> order = new CopyOnWriteArrayList<>();
    CountDownLatch done = new CountDownLatch(1);

    IntStream.range(0, 1_000).forEach(i -> loops.execute(() -> order.add(i)));
    loops.execute(done::countDown);

    awaitLatch(done);
    assertThat(order).containsExactlyElementsOf(IntStream.range(0, 1_000).boxed().toList());
  }

  @Test
  void runsWhatATaskSubmitsOnTheSameThreadAfterIt() throws InterruptedException {
    List<String> order = new CopyOnWriteArrayList<>();
    CountDownLatch done = new CountDownLatch(1);

    loops.execute(
        () -> {
          Thread loop = Thread.currentThread();
          loops.execute(
              () -> {
                order.add(Thread.currentThread() == loop ? "inner" : "elsewhere");
                done.countDown();
              });
          order.add("outer");
        });

    awaitLatch(done);
    assertThat(order).containsExactly("outer", "inner");
  }

  @Test
  void goesOnAfterATaskThatFails() throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);

    loops.execute(
        () -> {
          throw new IllegalStateException("on purpose");
        });
    loops.execute(done::countDown);

    awaitLatch(done);
  }

  @Test
  void goesOnAfterATaskThatThrowsWhatItDoesNotDeclare() throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);

    loops.execute(() -> EventLoopTest.<RuntimeException>raise(new IOException("on purpose")));
    loops.execute(done::countDown);

    awaitLatch(done);
  }

  /** As Scala does: the compiler is told of another exception. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <E extends Exception> void raise(Exception checked) throws E {
    throw (E) checked;
  }

  @Test
  void aTaskWakesASelectorWhichWaitsAgainAfterwards() throws Exception {
    try (Network network = new Network(loops)) {
      for (int i = 1; i <= 1_000; i++) {
        CountDownLatch done = new CountDownLatch(1);
        loops.execute(done::countDown);
        awaitLatch(done);
      }
      assertThat(network.selections.get()).isLessThan(1_100); // once for each
    }
  }

  @Test
  void theNetworkWakesASelectorThatWaits() throws Exception {
    try (Network network = new Network(loops)) {
      for (int i = 1; i <= 20; i++) {
        int sent = i;
        network.send();
        await().until(() -> network.bytes.get() == sent);
      }
    }
  }

  @Test
  void tasksWithoutEndDoNotStarveTheNetworkNorOtherThreads() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    try (Network network = new Network(loops)) {
      loops.execute(
          new Runnable() {
            @Override
            public void run() {
              if (!stop.get()) {
                loops.execute(this);
                loops.execute(() -> {});
              }
            }
          });
      network.send();
      await().until(() -> network.bytes.get() == 1);
      CountDownLatch done = new CountDownLatch(1);
      loops.execute(done::countDown);
      awaitLatch(done);
    } finally {
      stop.set(true);
    }
  }

  @Test
  void aNetworkThatIsNeverQuietDoesNotStarveTasks() throws Exception {
    try (Network network = new Network(loops)) {
      Selector busy = network.selector;
      AtomicBoolean stop = new AtomicBoolean();
      Thread waker =
          Thread.ofPlatform()
              .start(
                  () -> {
                    while (!stop.get()) {
                      busy.wakeup();
                    }
                  });
      CountDownLatch done = new CountDownLatch(1_000);
      loops.execute(
          new Runnable() {
            @Override
            public void run() {
              done.countDown();
              if (done.getCount() > 0) {
                loops.execute(this);
              }
            }
          });
      awaitLatch(done);
      stop.set(true);
      waker.join();
    }
  }

  @Test
  void noTaskIsEverInterrupted() throws Exception {
    AtomicInteger interrupted = new AtomicInteger();
    try (Network network = new Network(loops)) {
      CountDownLatch done = new CountDownLatch(20_000);
      Runnable task =
          () -> {
            if (Thread.currentThread().isInterrupted()) {
              interrupted.incrementAndGet();
            }
            done.countDown();
          };
      List<Thread> others =
          IntStream.range(0, 4)
              .mapToObj(
                  _ ->
                      Thread.ofPlatform()
                          .start(
                              () -> {
                                for (int i = 0; i < 5_000; i++) {
                                  loops.execute(task);
                                  LockSupport.parkNanos(
                                      1); // the loop is to find its queue empty again and
                                  // again
                                }
                              }))
              .toList();
      for (int i = 0; i < 500; i++) {
        network.send();
      }
      for (Thread other : others) {
        other.join();
      }
      awaitLatch(done);
      await().until(() -> network.bytes.get() == 500); // a channel of an interrupted thread closes
      assertThat(interrupted).hasValue(0);
    }
  }

  @Test
  void spreadsTheTasksOfOtherThreadsOverTheLoops() throws InterruptedException {
    EventLoops three = EventLoops.open(new Object(), 3, Thread::new);
    try {
      CountDownLatch all = new CountDownLatch(3);
      for (int i = 0; i < 3; i++) {
        three.execute(
            () -> {
              all.countDown();
              try {
                awaitLatch(all); // only if each runs on a loop of its own
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
      }
      awaitLatch(all);
    } finally {
      three.close();
    }
  }

  @Test
  void givesEachLoopASelectorOfItsOwn() throws Exception {
    EventLoops two = EventLoops.open(new Object(), 2, Thread::new);
    try (Network first = new Network(two);
        Network second = new Network(two)) {
      first.send();
      second.send();
      await().until(() -> first.bytes.get() == 1 && second.bytes.get() == 1);
    } finally {
      two.close();
    }
  }

  @Test
  void refusesMoreSelectorsThanLoops() throws Exception {
    try (Network only = new Network(loops)) {
      assertThatIllegalStateException().isThrownBy(() -> new Network(loops));
      assertThatIllegalStateException().isThrownBy(() -> new Network(loops));

      only.send();
      await().until(() -> only.bytes.get() == 1);
    }
  }

  @Test
  void endsItsThreadWhenItIsClosed() throws Exception {
    AtomicInteger ended = new AtomicInteger();
    EventLoops closed =
        EventLoops.open(
            new Object(),
            2,
            loop ->
                new Thread(
                    () -> {
                      loop.run();
                      ended.incrementAndGet();
                    }));
    closed.close();
    await().until(() -> ended.get() == 2);
  }
}
