package io.flashsale.tracing;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Keeps what is exported. */
public final class Recorder implements SpanExporter {

  private final List<SpanData> spans = new ArrayList<>();
  private final OpenTelemetryTracing tracing;

  private Recorder(String sampler, double ratio) {
    Export export =
        new Export(URI.create("http://localhost"), sampler, ratio, "shop", Map.of("a", "b"));
    this.tracing = new OpenTelemetryTracing(export, "node", "1", this);
  }

  /** With a sampler of OpenTelemetry. */
  public static Recorder with(String sampler, double ratio) {
    return new Recorder(sampler, ratio);
  }

  /** What it records the spans of. */
  public Tracing tracing() {
    return tracing;
  }

  @Override
  public synchronized CompletableResultCode export(Collection<SpanData> exported) {
    spans.addAll(exported);
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public CompletableResultCode flush() {
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public CompletableResultCode shutdown() {
    return CompletableResultCode.ofSuccess();
  }

  /** All that has ended, in that order; no more is recorded. */
  public synchronized List<SpanData> spans() {
    return List.copyOf(spans);
  }

  /** Nothing is recorded any more. */
  public Recorder stop() {
    tracing.stop().toCompletableFuture().join();
    return this;
  }

  /** The only one of this name. */
  public SpanData span(String name) {
    return spans().stream()
        .filter(span -> span.getName().equals(name))
        .reduce(
            (_, _) -> {
              throw new AssertionError("Two of " + name);
            })
        .orElseThrow(() -> new AssertionError("No " + name + " in " + spans()));
  }
}
