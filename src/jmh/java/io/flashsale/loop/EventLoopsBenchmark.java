package io.flashsale.loop;

import java.util.concurrent.CountDownLatch;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Blackhole;

/**
 * Chains of tasks, each of which submits the next one, as the messages of requests do. With free
 * cores, so many loops do so many times as much.
 */
@State(Scope.Benchmark)
public class EventLoopsBenchmark {

  private static final int CHAINS = 64;
  private static final int LINKS = 1_000;

  /** Of a task: some microseconds, as a message has. */
  private static final int TOKENS = 1_000;

  @Param({"1", "2"})
  public int number;

  private EventLoops loops;

  @Setup
  public void open() {
    loops = EventLoops.open(this, number, Thread::new);
  }

  @TearDown
  public void close() {
    loops.close();
  }

  @Benchmark
  @OperationsPerInvocation(CHAINS * LINKS)
  public void chains() throws InterruptedException {
    CountDownLatch done = new CountDownLatch(CHAINS);
    for (int i = 0; i < CHAINS; i++) {
      loops.execute(() -> next(LINKS, done));
    }
    done.await();
  }

  private void next(int left, CountDownLatch done) {
    Blackhole.consumeCPU(TOKENS);
    if (left == 1) {
      done.countDown();
    } else {
      loops.execute(() -> next(left - 1, done));
    }
  }
}
