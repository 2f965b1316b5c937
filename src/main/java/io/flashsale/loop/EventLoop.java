package io.flashsale.loop;

import akka.dispatch.TaskInvocation;
import akka.util.SerializedSuspendableExecutionContext;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that runs everything that a request needs: the selector of its connection, the stream,
 * the actors. A task that comes from the loop itself costs a place in an array; it is only between
 * loops and other threads that a queue is shared and somebody has to be woken.
 *
 * <p>No task may block. Neither the tasks nor the network can starve the other: after {@link
 * #BUDGET} tasks the selector has its turn, and it does not wait while there are tasks.
 *
 * <p>The queues have no bound of their own: a dispatcher gives a mailbox to its executor at most
 * once, so they are as long as there are actors that have something to do.
 */
final class EventLoop implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(EventLoop.class);

  /** Tasks between two turns of the selector: about a millisecond of work. */
  private static final int BUDGET = 512;

  /** Tasks that are taken from other threads between two turns of the selector. */
  private static final int MOST_FROM_OTHERS = 64;

  private enum State {
    WORKING,
    /** Waits for the network or for a task: whoever brings one has to wake it. */
    WAITING,
    /** Somebody is about to interrupt the thread. */
    BEING_WOKEN,
    /** The thread has been interrupted. */
    WOKEN
  }

  private final Queue<Runnable> fromOthers = new ConcurrentLinkedQueue<>();
  private final AtomicReference<State> state = new AtomicReference<>(State.WORKING);
  private final Thread thread;
  private volatile boolean closed;

  // Of the thread alone.
  private final ArrayDeque<Runnable> own = new ArrayDeque<>(1_024);
  private @Nullable Runnable selection;
  private @Nullable Runnable itself;
  private boolean selecting;

  EventLoop(ThreadFactory threads) {
    thread = threads.newThread(this);
  }

  void start() {
    thread.start();
  }

  boolean isCurrent() {
    return Thread.currentThread() == thread;
  }

  /** Runs the task on this loop: after those that it has already. */
  void execute(Runnable task) {
    if (isCurrent()) {
      own.add(task);
    } else {
      fromOthers.add(task);
      wake();
    }
  }

  /** Whether it is the selector's turn: what it submits then is its next turn. */
  boolean isSelecting() {
    return selecting;
  }

  /** Runs the selector's task whenever it is its turn. At most one selector lives on a loop. */
  void select(Runnable task) {
    if (isCurrent()) {
      if (selection != null) {
        throw new IllegalStateException("The loop has a selector already");
      }
      selection = task;
    } else {
      execute(() -> select(task));
    }
  }

  void close() {
    closed = true;
    wake();
  }

  @Override
  public void run() {
    while (!closed) {
      runTasks();
      if (selection != null) {
        runSelection();
      } else if (own.isEmpty() && fromOthers.isEmpty()) {
        runOrWait(LockSupport::park);
      }
    }
  }

  /**
   * Takes less from other threads than it runs: ten thousand timers that end together do not stand
   * before a request that is under way.
   */
  private void runTasks() {
    for (int i = 0; i < MOST_FROM_OTHERS; i++) {
      Runnable task = fromOthers.poll();
      if (task == null) {
        break;
      }
      own.add(task);
    }
    for (int i = 0; i < BUDGET; i++) {
      Runnable next = own.poll();
      if (next == null) {
        return;
      }
      guarded(next);
    }
  }

  /**
   * All that the selector has to do now: connections that want to hear again, and one selection.
   */
  private void runSelection() {
    int turns = Math.max(1, putSelectionLast());
    for (int i = 0; i < turns; i++) {
      Runnable turn = selection;
      if (turn == null) {
        return;
      }
      Runnable first = first();
      selection = null;
      selecting = true;
      runOrWait(turn);
      selecting = false;
      if (first() == first) {
        itself = first; // nothing else submits itself again
      }
    }
  }

  /**
   * Akka's selector submits one task at a time, and keeps the others in a queue of its own. It
   * submits its selection again before connections have been able to say that they want to hear
   * again. If it selected first, each of them would be deaf for that selection, and the kernel told
   * so and told otherwise right after it: two system calls for every request.
   *
   * @return how many are in the queue
   */
  private int putSelectionLast() {
    SerializedSuspendableExecutionContext queue = queue();
    if (queue == null) {
      return 0;
    }
    int size = queue.size();
    if (size > 1 && queue.peek() == itself) {
      queue.add(queue.poll()); // nobody else takes from it, and it does not run now
    }
    return size;
  }

  private @Nullable Runnable first() {
    SerializedSuspendableExecutionContext queue = queue();
    return queue == null ? null : queue.peek();
  }

  private @Nullable SerializedSuspendableExecutionContext queue() {
    return selection instanceof TaskInvocation task
            && task.runnable() instanceof SerializedSuspendableExecutionContext queue
        ? queue
        : null;
  }

  /**
   * Runs what may wait for the network. It is an interrupt that ends the wait: of a selector, which
   * nobody but Akka has in hand, it is the documented way. The thread is never interrupted at any
   * other moment, because a channel that is used by an interrupted thread is closed.
   */
  private void runOrWait(Runnable waiting) {
    if (!own.isEmpty() || !fromOthers.isEmpty()) {
      thread.interrupt(); // a look at the network, without a wait
      guarded(waiting);
    } else {
      state.set(State.WAITING);
      if (!fromOthers.isEmpty() || closed) {
        wake(); // came before it could see that this loop waits
      }
      guarded(waiting);
      while (!state.compareAndSet(State.WAITING, State.WORKING)
          && !state.compareAndSet(State.WOKEN, State.WORKING)) {
        Thread.onSpinWait(); // until the interrupt has come
      }
    }
    var _ = Thread.interrupted();
  }

  private void wake() {
    if (state.get() == State.WAITING && state.compareAndSet(State.WAITING, State.BEING_WOKEN)) {
      thread.interrupt();
      state.set(State.WOKEN);
    }
  }

  /**
   * A mailbox takes care of what its actor throws; the rest must not end the loop. Scala throws
   * checked exceptions without declaring them. After an error nothing can be relied on: it ends the
   * loop.
   */
  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (Exception e) {
      log.error("A task of an event loop failed", e);
    }
  }
}
