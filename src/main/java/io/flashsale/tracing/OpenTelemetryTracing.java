package io.flashsale.tracing;

import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanLimits;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Steps are spans of OpenTelemetry, which a thread of its own sends to a collector. Nobody waits
 * for that: what does not fit into the queue, and what the collector does not take, is lost.
 */
public final class OpenTelemetryTracing implements Tracing {

  /** Spans that wait to be sent, some 1 KB each. */
  private static final int MOST_WAITING = 4_096;

  private static final int MOST_AT_ONCE = 512;
  private static final Duration SEND_EVERY = Duration.ofSeconds(1);
  private static final Duration SENT_WITHIN = Duration.ofSeconds(5);

  /** For what is left when the node stops. */
  private static final Duration STOP_AT_MOST = Duration.ofSeconds(1);

  /** The most that a span here has is 4, the longest of them a route. */
  private static final SpanLimits LIMITS =
      SpanLimits.builder()
          .setMaxNumberOfAttributes(8)
          .setMaxAttributeValueLength(128)
          .setMaxNumberOfEvents(0)
          .setMaxNumberOfLinks(0)
          .build();

  private static final String TRACEPARENT = "traceparent";

  /** A context is nothing but the value of the one header. */
  private static final TextMapGetter<String> HEADER =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(String traceparent) {
          return List.of(TRACEPARENT);
        }

        @Override
        public @Nullable String get(@Nullable String traceparent, String key) {
          return key.equals(TRACEPARENT) ? traceparent : null;
        }
      };

  private final SdkTracerProvider provider;
  private final Tracer tracer;

  /**
   * Begins to send when there is something to send, whether or not the collector is there.
   *
   * @param instance which node this is
   */
  public static OpenTelemetryTracing to(Export export, String instance, String version) {
    SpanExporter exporter =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(export.collector().toString().replaceAll("/+$", "") + "/v1/traces")
            .setTimeout(SENT_WITHIN)
            .setConnectTimeout(SENT_WITHIN)
            .setRetryPolicy(null) // what waits for a repeat would keep new spans out of the queue
            .build();
    return new OpenTelemetryTracing(export, instance, version, new ReportingExporter(exporter));
  }

  OpenTelemetryTracing(Export export, String instance, String version, SpanExporter exporter) {
    AttributesBuilder node = Resource.getDefault().getAttributes().toBuilder();
    export.resource().forEach(node::put);
    node.put("service.name", export.service());
    node.put("service.version", version);
    node.put("service.instance.id", instance);
    this.provider =
        SdkTracerProvider.builder()
            .setResource(Resource.create(node.build()))
            .setSampler(sampler(export))
            .setSpanLimits(LIMITS)
            .addSpanProcessor(
                BatchSpanProcessor.builder(exporter)
                    .setMaxQueueSize(MOST_WAITING)
                    .setMaxExportBatchSize(MOST_AT_ONCE)
                    .setScheduleDelay(SEND_EVERY)
                    .setExporterTimeout(SENT_WITHIN)
                    .build())
            .build();
    this.tracer = provider.get("io.flashsale");
  }

  private static Sampler sampler(Export export) {
    return switch (export.sampler()) {
      case "always_on" -> Sampler.alwaysOn();
      case "always_off" -> Sampler.alwaysOff();
      case "traceidratio" -> Sampler.traceIdRatioBased(export.ratio());
      case "parentbased_always_on" -> Sampler.parentBased(Sampler.alwaysOn());
      case "parentbased_always_off" -> Sampler.parentBased(Sampler.alwaysOff());
      case "parentbased_traceidratio" ->
          Sampler.parentBased(Sampler.traceIdRatioBased(export.ratio()));
      default -> throw new IllegalArgumentException(export.sampler());
    };
  }

  @Override
  public Step request(String method, String route, @Nullable String traceparent) {
    return step(
        tracer
            .spanBuilder(method + " " + route)
            .setSpanKind(SpanKind.SERVER)
            .setParent(parent(traceparent))
            .setAttribute("http.request.method", method)
            .setAttribute("http.route", route)
            .startSpan());
  }

  @Override
  public Step step(String name, @Nullable String context) {
    return context == null
        ? Step.NONE
        : step(tracer.spanBuilder(name).setParent(parent(context)).startSpan());
  }

  private Step step(Span span) {
    return span.isRecording() ? new SpanStep(tracer, span) : Step.NONE;
  }

  /** None if the header is not one that can be read. */
  private static Context parent(@Nullable String traceparent) {
    return traceparent == null
        ? Context.root()
        : W3CTraceContextPropagator.getInstance().extract(Context.root(), traceparent, HEADER);
  }

  /** Sends what is left. The stage is soon completed, also if nobody takes it. */
  public CompletionStage<Void> stop() {
    CompletableFuture<Void> stopped = new CompletableFuture<>();
    provider.shutdown().whenComplete(() -> stopped.complete(null));
    return stopped.completeOnTimeout(null, STOP_AT_MOST.toMillis(), TimeUnit.MILLISECONDS);
  }
}
