package io.flashsale;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Threads for what blocks. */
final class BoundedThreads {

  private BoundedThreads() {}

  /** So many threads, and a queue of so many tasks, beyond which tasks are rejected. */
  static ExecutorService create(String name, int threads, int mostWaiting) {
    return new ThreadPoolExecutor(
        threads,
        threads,
        0,
        TimeUnit.SECONDS,
        new ArrayBlockingQueue<>(mostWaiting),
        Thread.ofPlatform().name(name + "-", 0).daemon().factory());
  }
}
