package io.flashsale.simulation;

import java.time.Duration;
import java.util.PriorityQueue;

/** Virtual time: nothing waits for it, and what is due at the same time happens in order. */
final class Timeline {

  /** Something that will happen unless it is cancelled. */
  static final class Task implements Comparable<Task> {
    private final long at;
    private final long order;
    private final Runnable what;
    private boolean cancelled;

    private Task(long at, long order, Runnable what) {
      this.at = at;
      this.order = order;
      this.what = what;
    }

    void cancel() {
      cancelled = true;
    }

    @Override
    public int compareTo(Task other) {
      int byTime = Long.compare(at, other.at);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  private final PriorityQueue<Task> tasks = new PriorityQueue<>();
  private long now;
  private long scheduled;

  /** Microseconds since the beginning of the run. */
  long now() {
    return now;
  }

  Task after(long micros, Runnable what) {
    Task task = new Task(now + Math.max(0, micros), scheduled++, what);
    tasks.add(task);
    return task;
  }

  Task after(Duration duration, Runnable what) {
    return after(micros(duration), what);
  }

  /**
   * Does what is due next; false if nothing is due before {@code end}, and then it is that time.
   */
  boolean step(long end) {
    while (true) {
      Task next = tasks.peek();
      if (next == null || next.at > end) {
        now = Math.max(now, end);
        return false;
      }
      tasks.poll();
      if (!next.cancelled) {
        now = next.at;
        next.what.run();
        return true;
      }
    }
  }

  static long micros(Duration duration) {
    return duration.toNanos() / 1_000;
  }
}
