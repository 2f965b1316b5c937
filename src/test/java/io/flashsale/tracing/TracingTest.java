package io.flashsale.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.sun.management.ThreadMXBean;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class TracingTest {

  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String PARENT = "b7ad6b7169203331";
  private static final String FOLLOWED = "00-" + TRACE + "-" + PARENT + "-01";
  private static final String NOT_FOLLOWED = "00-" + TRACE + "-" + PARENT + "-00";

  private enum Refusal {
    NOT_TODAY
  }

  private static Step request(Recorder recorder, @Nullable String traceparent) {
    return recorder.tracing().request("POST", "/checkout", traceparent);
  }

  @Test
  void stepsAreOneTraceFromTheClientToTheJournal() {
    Recorder recorder = Recorder.with("parentbased_traceidratio", 0);

    Step request = request(recorder, FOLLOWED);
    Step user = recorder.tracing().step("user", request.context()).with("items", 2);
    Step item = recorder.tracing().step("item", user.context()).writing();
    item.end();
    user.end(Refusal.NOT_TODAY);
    request.answered(409, "not-today");
    recorder.stop();

    assertThat(recorder.spans()).extracting(SpanData::getTraceId).containsOnly(TRACE);
    assertThat(request.traceId()).isEqualTo(TRACE);
    SpanData server = recorder.span("POST /checkout");
    assertThat(server.getKind()).isEqualTo(SpanKind.SERVER);
    assertThat(server.getParentSpanId()).isEqualTo(PARENT);
    assertThat(server.getAttributes().get(AttributeKey.stringKey("http.route")))
        .isEqualTo("/checkout");
    assertThat(server.getAttributes().get(AttributeKey.longKey("http.response.status_code")))
        .isEqualTo(409);
    assertThat(server.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    SpanData decision = recorder.span("user");
    assertThat(decision.getParentSpanId()).isEqualTo(server.getSpanId());
    assertThat(decision.getAttributes().get(AttributeKey.stringKey("flashsale.outcome")))
        .isEqualTo("not-today");
    assertThat(recorder.span("item").getParentSpanId()).isEqualTo(decision.getSpanId());
    assertThat(recorder.span("journal write").getParentSpanId())
        .isEqualTo(recorder.span("item").getSpanId());
    assertThat(server.getResource().getAttributes().asMap())
        .containsEntry(AttributeKey.stringKey("service.name"), "shop")
        .containsEntry(AttributeKey.stringKey("service.instance.id"), "node")
        .containsEntry(AttributeKey.stringKey("a"), "b");
  }

  @Test
  void whatEndsInNoGoodWayIsAnError() {
    Recorder recorder = Recorder.with("always_on", 1);

    Step item = recorder.tracing().step("item", FOLLOWED).writing();
    item.failed();
    Step done = recorder.tracing().step("done", FOLLOWED);
    done.end();
    done.failed(); // as what stops later says of its last step
    request(recorder, FOLLOWED).answered(503, "outcome-unknown");
    recorder.stop();

    assertThat(recorder.span("item").getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
    assertThat(recorder.span("journal write").getStatus().getStatusCode())
        .isEqualTo(StatusCode.ERROR);
    assertThat(recorder.span("done").getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    assertThat(recorder.span("POST /checkout").getStatus().getStatusCode())
        .isEqualTo(StatusCode.ERROR);
  }

  @Test
  void whatIsNotToBeFollowedIsNot() {
    assertThat(request(Recorder.with("parentbased_traceidratio", 1), NOT_FOLLOWED))
        .isSameAs(Step.NONE);
    assertThat(request(Recorder.with("parentbased_traceidratio", 0), null)).isSameAs(Step.NONE);
    assertThat(request(Recorder.with("always_off", 1), FOLLOWED)).isSameAs(Step.NONE);
    assertThat(request(Recorder.with("traceidratio", 0), FOLLOWED)).isSameAs(Step.NONE);
    assertThat(Recorder.with("always_on", 1).tracing().step("user", null)).isSameAs(Step.NONE);
  }

  @Test
  void everySamplerOfOpenTelemetryIsThere() {
    for (String sampler : Export.SAMPLERS) {
      boolean all = request(Recorder.with(sampler, 1), null) != Step.NONE;
      assertThat(all).as(sampler).isEqualTo(!sampler.endsWith("always_off"));
    }
  }

  @Test
  void aHeaderThatCannotBeReadBeginsATraceOfItsOwn() {
    for (String header :
        List.of("", "nothing", FOLLOWED + "," + FOLLOWED, "00-" + TRACE, "\u00a7")) {
      Step step = request(Recorder.with("parentbased_traceidratio", 1), header);

      assertThat(step.traceId()).as(header).hasSize(32).isNotEqualTo(TRACE);
    }
  }

  /** All that is done for a checkout of two items. */
  private static void walk(Tracing tracing) {
    Step request = tracing.request("POST", "/checkout", null);
    Step user = tracing.step("user checkout", request.context()).with("flashsale.items", 2);
    tracing.step("item hold", user.context()).with("flashsale.item", 1).writing().end();
    tracing.step("item hold", user.context()).end(Refusal.NOT_TODAY);
    user.writing();
    user.end();
    request.answered(200, null);
  }

  @Test
  void whenItIsOffNothingIsAllocated() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    IntStream.range(0, 1_000).forEach(_ -> walk(Tracing.OFF));
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 100_000; i++) {
      walk(Tracing.OFF);
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;

    assertThat(allocated).isLessThan(100_000); // not a byte for each
  }

  // ---------------------------------------------------------------- the collector

  private static OpenTelemetryTracing to(int port) {
    URI collector = URI.create("http://127.0.0.1:" + port + "/");
    return OpenTelemetryTracing.to(
        new Export(collector, "always_on", 1, "shop", Map.of()), "node", "1");
  }

  @Test
  void aCollectorThatIsAwayIsSaidOnceAndThatItIsBack() throws IOException {
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    Logger log = (Logger) LoggerFactory.getLogger(OpenTelemetryTracing.class);
    log.addAppender(lines);
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    OpenTelemetryTracing tracing = to(port);
    HttpServer collector = null;
    try {
      tracing.request("POST", "/checkout", null).end();
      await().until(() -> lines.list.size() == 1);
      tracing.request("POST", "/checkout", null).end();
      await().pollDelay(Duration.ofMillis(1_500)).until(() -> lines.list.size() == 1);

      collector =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
      collector.createContext(
          "/v1/traces",
          exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
          });
      collector.start();
      tracing.request("POST", "/checkout", null).end();
      await().until(() -> lines.list.size() == 2);
    } finally {
      tracing.stop().toCompletableFuture().join();
      log.detachAppender(lines);
      if (collector != null) {
        collector.stop(0);
      }
    }
    assertThat(lines.list)
        .extracting(ILoggingEvent::getLevel)
        .containsExactly(Level.WARN, Level.INFO);
    assertThat(lines.list.getFirst().getFormattedMessage()).contains("OTEL_EXPORTER_OTLP_ENDPOINT");
  }

  @Test
  void nobodyWaitsForACollectorThatDoesNotAnswer() throws IOException {
    try (ServerSocket deaf = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      OpenTelemetryTracing tracing = to(deaf.getLocalPort());
      long began = System.nanoTime();
      for (int i = 0; i < 20_000; i++) {
        tracing.request("POST", "/checkout", null).end(); // more than can wait
      }
      tracing.stop().toCompletableFuture().join();

      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(4));
    }
  }
}
