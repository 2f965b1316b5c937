package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;

import akka.http.javadsl.model.HttpEntity;
import akka.http.javadsl.model.HttpResponse;
import io.flashsale.metrics.Metrics;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MetricsRouteTest {

  private static final String OPEN_METRICS = "application/openmetrics-text";

  private final AtomicInteger readings = new AtomicInteger();
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 10); // it passes the largest one
  private final Deque<Runnable> waiting = new ArrayDeque<>();
  private final Metrics metrics = new Metrics();
  private final MetricsRoute route = new MetricsRoute(metrics, this::later, now::get);

  MetricsRouteTest() {
    metrics.gauge("readings", "How often it was read", readings::incrementAndGet);
  }

  private void later(Runnable task) {
    if (waiting.size() == 3) {
      throw new RejectedExecutionException();
    }
    waiting.add(task);
  }

  private CompletionStage<HttpResponse> ask(String accept) {
    return route.scrape(metrics, accept);
  }

  private String answer(CompletionStage<HttpResponse> asked) {
    while (!waiting.isEmpty()) {
      waiting.remove().run();
    }
    HttpEntity.Strict entity = (HttpEntity.Strict) asked.toCompletableFuture().join().entity();
    return entity.getData().utf8String();
  }

  @Test
  void whoAsksAgainWithinASecondGetsTheSame() {
    String first = answer(ask(""));

    now.addAndGet(Duration.ofMillis(999).toNanos());
    CompletionStage<HttpResponse> second = ask("*/*");
    assertThat(waiting).isEmpty();
    assertThat(answer(second)).isEqualTo(first).contains("\nreadings 1.0\n");

    now.addAndGet(Duration.ofMillis(1).toNanos());
    assertThat(answer(ask(""))).contains("\nreadings 2.0\n");
  }

  @Test
  void whoHasWaitedForAnotherGetsTheSame() {
    CompletionStage<HttpResponse> first = ask("");
    CompletionStage<HttpResponse> second = ask("");

    assertThat(answer(first)).isEqualTo(answer(second)).contains("\nreadings 1.0\n");
  }

  @Test
  void bothFormatsAreWritten() {
    assertThat(answer(ask(""))).doesNotContain("# EOF");
    assertThat(answer(ask(OPEN_METRICS))).endsWith("# EOF\n");
    assertThat(answer(ask(""))).doesNotContain("# EOF");
    assertThat(readings).hasValue(2);
  }

  @Test
  void whatCannotWaitIsShed() {
    ask("");
    ask("");
    ask("");

    assertThat(ask("").toCompletableFuture().join()).isSameAs(Problem.OVERLOADED.response());
  }
}
