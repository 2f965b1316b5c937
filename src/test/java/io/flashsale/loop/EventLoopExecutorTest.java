package io.flashsale.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.DispatcherSelector;
import akka.http.javadsl.Http;
import akka.http.javadsl.ServerBinding;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.util.SerializedSuspendableExecutionContext;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The dispatchers of application.conf, with two loops. */
@Timeout(30)
class EventLoopExecutorTest {

  private static final Config CONFIG =
      ConfigFactory.parseString("akka.actor.provider = local, akka.io.tcp.nr-of-selectors = 2")
          .withFallback(ConfigFactory.load());

  private final ActorTestKit kit = ActorTestKit.create("loops", CONFIG);
  private final ActorSystem<Void> system = kit.system();

  @AfterEach
  void close() {
    kit.shutdownTestKit();
  }

  private Executor dispatcher(DispatcherSelector selector) {
    return system.dispatchers().lookup(selector);
  }

  @Test
  void connectionsAreServedByBothLoops() throws Exception {
    Set<Thread> loops = ConcurrentHashMap.newKeySet();
    ServerBinding binding =
        Http.get(system)
            .newServerAt("127.0.0.1", 0)
            .bind(
                (HttpRequest _) -> {
                  loops.add(Thread.currentThread());
                  return CompletableFuture.completedFuture(HttpResponse.create());
                })
            .toCompletableFuture()
            .join();

    int connections = 0;
    while (loops.size() < 2 && connections < 1_000) {
      get(binding.localAddress().getPort());
      connections++;
    }

    assertThat(loops).hasSize(2);
  }

  private static void get(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      InputStream answer = socket.getInputStream();
      assertThat(new String(answer.readNBytes(12), StandardCharsets.US_ASCII))
          .isEqualTo("HTTP/1.1 200");
    }
  }

  @Test
  void remotingAndTheClusterGoOnWhileAllLoopsAreBusy() throws InterruptedException {
    assertThat(CONFIG.getString("akka.cluster.use-dispatcher"))
        .isEqualTo("akka.actor.internal-dispatcher");
    assertThat(CONFIG.getString("akka.remote.artery.advanced.use-control-stream-dispatcher"))
        .isEqualTo("akka.actor.internal-dispatcher");
    assertThat(CONFIG.getString("akka.remote.artery.advanced.use-dispatcher"))
        .isEqualTo("akka.remote.default-remote-dispatcher");
    CountDownLatch busy = new CountDownLatch(2);
    CountDownLatch free = new CountDownLatch(1);
    Executor loops = dispatcher(DispatcherSelector.defaultDispatcher());
    for (int i = 0; i < 2; i++) {
      loops.execute(
          () -> {
            busy.countDown();
            awaitQuietly(free);
          });
    }
    assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();

    CountDownLatch heartbeat = new CountDownLatch(1);
    dispatcher(DispatcherSelector.fromConfig("akka.actor.internal-dispatcher"))
        .execute(heartbeat::countDown);

    assertThat(heartbeat.await(10, TimeUnit.SECONDS)).isTrue();
    free.countDown();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What connections want of it, and one selection, however many tasks wait behind it. */
  @Test
  void aTurnOfTheSelectorIsAllThatWaitsForIt() throws Exception {
    Executor tasks = dispatcher(DispatcherSelector.defaultDispatcher());
    var selector = selector();
    AtomicInteger run = new AtomicInteger();
    List<Integer> heard = new ArrayList<>(); // tasks that had been run when each of them was
    List<Integer> selected = new ArrayList<>();
    CompletableFuture<Void> done = new CompletableFuture<>();
    Runnable task =
        new Runnable() {
          @Override
          public void run() {
            run.incrementAndGet();
            if (!done.isDone()) {
              tasks.execute(this);
            }
          }
        };
    Runnable selection =
        new Runnable() {
          @Override
          public void run() {
            selected.add(run.get());
            if (selected.size() < 3) {
              selector.execute(this);
            } else {
              done.complete(null);
            }
          }
        };

    selector.execute(
        () -> {
          tasks.execute(task); // on the loop of this selector
          for (int i = 0; i < 10; i++) {
            selector.execute(() -> heard.add(run.get()));
          }
          selector.execute(selection);
        });

    done.get(10, TimeUnit.SECONDS);
    int first = selected.getFirst();
    assertThat(first).isPositive();
    assertThat(heard).hasSize(10).containsOnly(first);
    assertThat(selected).doesNotHaveDuplicates();
  }

  /** Although the selection has submitted itself before they could say so. */
  @Test
  void connectionsThatWantToHearAgainComeBeforeTheNextSelection() throws Exception {
    Executor tasks = dispatcher(DispatcherSelector.defaultDispatcher());
    var selector = selector();
    List<String> order = new ArrayList<>();
    CompletableFuture<Void> done = new CompletableFuture<>();
    Runnable selection =
        new Runnable() {
          private int selections;

          @Override
          public void run() {
            selections++;
            order.add("selection " + selections);
            if (selections == 3) {
              for (int i = 0; i < 10; i++) {
                tasks.execute(() -> selector.execute(() -> order.add("connection")));
              }
            }
            if (selections < 5) {
              selector.execute(this);
            } else {
              done.complete(null);
            }
          }
        };

    selector.execute(selection);

    done.get(10, TimeUnit.SECONDS);
    List<String> expected = new ArrayList<>(List.of("selection 1", "selection 2", "selection 3"));
    expected.addAll(Collections.nCopies(10, "connection"));
    expected.addAll(List.of("selection 4", "selection 5"));
    assertThat(order).isEqualTo(expected);
  }

  /** One task at a time, in a queue of its own: as akka.io.SelectionHandler does it. */
  private SerializedSuspendableExecutionContext selector() {
    return SerializedSuspendableExecutionContext.apply(
        1,
        system
            .dispatchers()
            .lookup(DispatcherSelector.fromConfig("akka.actor.selector-dispatcher")));
  }

  @Test
  void theThreadsEndWithTheSystem() {
    CompletableFuture<Thread> loop = new CompletableFuture<>();
    dispatcher(DispatcherSelector.defaultDispatcher())
        .execute(() -> loop.complete(Thread.currentThread()));

    kit.shutdownTestKit();

    await().until(() -> !loop.join().isAlive());
  }
}
