package io.flashsale.loop;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The loops of an actor system. A task stays on the loop that it comes from, so that a request goes
 * its way on the loop of its connection; what comes from elsewhere takes turns.
 */
final class EventLoops {

  private static final Map<Object, EventLoops> ALL = new HashMap<>();

  private final EventLoop[] loops;
  private final AtomicInteger turn = new AtomicInteger();
  private final AtomicInteger selectors = new AtomicInteger();
  private int users; // guarded by ALL

  private EventLoops(int size, ThreadFactory threads) {
    this.loops =
        Stream.generate(() -> new EventLoop(threads)).limit(size).toArray(EventLoop[]::new);
    for (EventLoop loop : loops) {
      loop.start();
    }
  }

  /**
   * The dispatchers of a system share its loops; the last one that closes them ends them.
   *
   * @param system whatever identifies it
   */
  static EventLoops open(Object system, int size, ThreadFactory threads) {
    synchronized (ALL) {
      EventLoops loops = ALL.computeIfAbsent(system, _ -> new EventLoops(size, threads));
      loops.users++;
      return loops;
    }
  }

  void close() {
    synchronized (ALL) {
      users--;
      if (users == 0) {
        ALL.values().remove(this);
        for (EventLoop loop : loops) {
          loop.close();
        }
      }
    }
  }

  void execute(Runnable task) {
    EventLoop current = current();
    (current != null ? current : next()).execute(task);
  }

  /** As {@link #execute}, for the tasks of Akka's selectors: each loop has one of them. */
  void select(Runnable task) {
    EventLoop current = current();
    if (current != null && current.isSelecting()) {
      current.select(task);
      return;
    }
    int selector = selectors.getAndIncrement();
    if (selector >= loops.length) {
      throw new IllegalStateException("There are more selectors than event loops");
    }
    loops[selector].select(task);
  }

  private @Nullable EventLoop current() {
    for (EventLoop loop : loops) {
      if (loop.isCurrent()) {
        return loop;
      }
    }
    return null;
  }

  private EventLoop next() {
    return loops[Math.floorMod(turn.getAndIncrement(), loops.length)];
  }
}
