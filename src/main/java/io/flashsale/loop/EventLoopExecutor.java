package io.flashsale.loop;

import akka.dispatch.DispatcherPrerequisites;
import akka.dispatch.ExecutorServiceConfigurator;
import akka.dispatch.ExecutorServiceFactory;
import com.typesafe.config.Config;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * Runs a dispatcher on the event loops of its actor system: {@code executor =
 * "io.flashsale.loop.EventLoopExecutor"}. There are as many loops as {@code
 * akka.io.tcp.nr-of-selectors} says, one for each selector.
 */
public class EventLoopExecutor extends ExecutorServiceConfigurator {

  /**
   * Akka 2.8.5 works off what has waited for an entity's write with a call in a call for each: some
   * 2 KB, for at most {@code akka.persistence.typed.stash-capacity}. Only what is used takes
   * memory.
   */
  private static final long STACK_BYTES = 128L << 20;

  private final DispatcherPrerequisites system;
  private final BiConsumer<EventLoops, Runnable> execute;

  /** Called by Akka. */
  public EventLoopExecutor(Config dispatcher, DispatcherPrerequisites system) {
    this(dispatcher, system, EventLoops::execute);
  }

  private EventLoopExecutor(
      Config dispatcher, DispatcherPrerequisites system, BiConsumer<EventLoops, Runnable> execute) {
    super(dispatcher, system);
    this.system = system;
    this.execute = execute;
  }

  /** The dispatcher of Akka's selectors, which needs {@code throughput = 1}. */
  public static final class Selectors extends EventLoopExecutor {

    /** Called by Akka. */
    public Selectors(Config dispatcher, DispatcherPrerequisites system) {
      super(dispatcher, system, EventLoops::select);
    }
  }

  @Override
  public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory threads) {
    int loops = system.settings().config().getInt("akka.io.tcp.nr-of-selectors");
    return () ->
        new OnLoops(EventLoops.open(system.eventStream(), loops, loop -> thread(loop, threads)));
  }

  /** With the name and the handlers of the dispatcher's threads, and room on its stack. */
  private static Thread thread(Runnable loop, ThreadFactory threads) {
    Thread model = threads.newThread(loop);
    Thread thread = new Thread(null, loop, model.getName(), STACK_BYTES);
    thread.setDaemon(model.isDaemon());
    thread.setContextClassLoader(model.getContextClassLoader());
    thread.setUncaughtExceptionHandler(model.getUncaughtExceptionHandler());
    return thread;
  }

  /** What Akka's dispatchers use of an executor. */
  private final class OnLoops extends AbstractExecutorService {
    private final EventLoops loops;
    private volatile boolean shutdown;

    private OnLoops(EventLoops loops) {
      this.loops = loops;
    }

    @Override
    public void execute(Runnable task) {
      execute.accept(loops, task);
    }

    @Override
    public void shutdown() {
      if (!shutdown) {
        shutdown = true;
        loops.close();
      }
    }

    @Override
    public List<Runnable> shutdownNow() {
      shutdown();
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return shutdown;
    }

    @Override
    public boolean isTerminated() {
      return shutdown;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return shutdown;
    }
  }
}
