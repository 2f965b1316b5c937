package io.flashsale.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread with one connection. Whatever has gathered while it was busy with a batch is its next
 * batch: the more there is to do, the larger the batches become.
 *
 * <p>Every task has an end: the thread's work completes it, or it fails here because the queue is
 * full or the thread is closed.
 */
final class JournalThread<T extends JournalThread.Task> implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(JournalThread.class);

  /** What the thread is given to do. */
  interface Task {

    /** Completed by the work, in either way. */
    CompletableFuture<?> done();

    /** Its share of a batch. */
    default int size() {
      return 1;
    }
  }

  /** Told of every batch when it is done. */
  @FunctionalInterface
  interface Observer {
    void worked(int size, long nanos);
  }

  private final String name;
  private final Connections connections;
  private final BlockingQueue<T> queue;
  private final int mostAtOnce;
  private final Consumer<List<T>> work;
  private volatile Observer observer = (_, _) -> {};
  private final Thread thread;
  private volatile boolean closed;
  private @Nullable Connection connection; // of the thread

  /**
   * Starts the thread.
   *
   * @param queue of what waits: bounded, and used by nobody else; what it does not take is refused
   * @param mostAtOnce size of a batch; a single task may be larger
   * @param work completes all tasks of a batch, on the thread; it throws only what is a bug
   */
  JournalThread(
      String name,
      Connections connections,
      BlockingQueue<T> queue,
      int mostAtOnce,
      Consumer<List<T>> work) {
    this.name = name;
    this.connections = connections;
    this.queue = queue;
    this.mostAtOnce = mostAtOnce;
    this.work = work;
    this.thread = Thread.ofPlatform().daemon().name(name).start(this::run);
  }

  /** Gives it a task, from any thread; it fails at once if there is no room for it. */
  void give(T task) {
    if (closed) {
      task.done().completeExceptionally(isClosed());
    } else if (!queue.offer(task)) {
      task.done()
          .completeExceptionally(
              new RejectedExecutionException("The queue of the " + name + " is full"));
    } else if (closed) {
      failWhatWaits(); // it may have come after the thread's last look at the queue
    }
  }

  void observe(Observer told) {
    observer = told;
  }

  /** Tasks that wait for their batch. */
  int waiting() {
    return queue.size();
  }

  private void run() {
    List<T> batch = new ArrayList<>();
    try {
      while (!closed) {
        int size = gather(batch);
        long began = System.nanoTime();
        work.accept(batch);
        observer.worked(size, System.nanoTime() - began);
        batch.clear();
      }
    } catch (InterruptedException e) {
      log.debug("The {} is closed", name);
    } finally {
      closed = true; // before the last look, so that whoever offers after it sees it
      fail(batch, isClosed());
      failWhatWaits();
      disconnect();
    }
  }

  private int gather(List<T> batch) throws InterruptedException {
    T next = queue.take();
    int size = 0;
    while (next != null) {
      batch.add(next);
      size += next.size();
      next = size < mostAtOnce ? queue.poll() : null;
    }
    return size;
  }

  private void failWhatWaits() {
    List<T> waiting = new ArrayList<>();
    queue.drainTo(waiting);
    fail(waiting, isClosed());
  }

  /** For the work too: what has been completed stays as it is. */
  static void fail(List<? extends Task> tasks, Exception cause) {
    tasks.forEach(task -> task.done().completeExceptionally(cause));
  }

  private RejectedExecutionException isClosed() {
    return new RejectedExecutionException("The " + name + " is closed");
  }

  // ---------------------------------------------------------------- of the thread alone

  /** The connection, opened if there is none. */
  Connection connection() throws SQLException {
    Connection open = connection;
    if (open == null) {
      open = connections.open();
      connection = open;
    }
    return open;
  }

  /** Whether there is a connection: it may have been lost unnoticed. */
  boolean hasConnection() {
    return connection != null;
  }

  /** Whether the connection has survived a failure. Asks the database, for a second at most. */
  boolean isConnected() {
    Connection open = connection;
    try {
      return open != null && !open.isClosed() && open.isValid(1);
    } catch (SQLException e) {
      return false;
    }
  }

  /** The next one who needs a connection gets a new one. */
  void disconnect() {
    Connections.close(connection);
    connection = null;
  }

  /** Ends the thread after the batch that it is busy with; what waits fails. Does not wait. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
