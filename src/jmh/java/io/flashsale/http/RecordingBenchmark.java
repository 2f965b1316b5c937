package io.flashsale.http;

import akka.http.javadsl.model.HttpResponse;
import io.flashsale.metrics.Histogram;
import io.flashsale.tracing.Step;
import io.flashsale.tracing.Tracing;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What it costs a request that it is counted. */
@State(Scope.Benchmark)
public class RecordingBenchmark {

  private final RequestMetrics metrics = new RequestMetrics();
  private final Histogram histogram = Histogram.ofTimes();
  private final HttpResponse refusal = Problem.ITEM_SOLD.response();
  private final HttpResponse success = Json.of("{}");
  private long nanos = 1;

  /** As a connection does it: the time twice, a counter and a histogram. */
  @Benchmark
  public void refusal() {
    long began = System.nanoTime();
    metrics.answered(Endpoint.CHECK_OUT, refusal, System.nanoTime() - began);
  }

  @Benchmark
  public void success() {
    long began = System.nanoTime();
    metrics.answered(Endpoint.CHECK_OUT, success, System.nanoTime() - began);
  }

  /** What a request costs that it could be followed, with its user and an item, and is not. */
  @Benchmark
  public Step notFollowed() {
    Step request = Followed.begin(Tracing.OFF, Endpoint.CHECK_OUT, null);
    Step user = Tracing.OFF.step("user checkout", request.context()).with("flashsale.items", nanos);
    Step item = Tracing.OFF.step("item hold", user.context()).with("flashsale.item", nanos);
    item.writing().end();
    user.writing().end();
    Followed.end(request, refusal);
    return item;
  }

  @Benchmark
  public void histogram() {
    nanos = nanos * 31 & 0xFFF_FFFF;
    histogram.record(nanos);
  }

  @Benchmark
  public long time() {
    return System.nanoTime();
  }
}
