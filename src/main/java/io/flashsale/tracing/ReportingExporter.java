package io.flashsale.tracing;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says once in the log that the collector is away, and once that it is back. What the exporter says
 * itself, a line or more a minute, logback.xml leaves out.
 */
final class ReportingExporter implements SpanExporter {

  private static final Logger log = LoggerFactory.getLogger(OpenTelemetryTracing.class);

  private final SpanExporter exporter;
  private final AtomicBoolean away = new AtomicBoolean();

  ReportingExporter(SpanExporter exporter) {
    this.exporter = exporter;
  }

  @Override
  public CompletableResultCode export(Collection<SpanData> spans) {
    CompletableResultCode result = exporter.export(spans);
    return result.whenComplete(() -> report(result));
  }

  private void report(CompletableResultCode result) {
    if (away.getAndSet(!result.isSuccess()) == result.isSuccess()) {
      if (result.isSuccess()) {
        log.info("The collector takes traces again");
      } else {
        Throwable why = result.getFailureThrowable();
        log.warn(
            "Traces are lost: the collector that OTEL_EXPORTER_OTLP_ENDPOINT names does not take"
                + " them{}",
            why == null ? "" : " (" + why.getMessage() + ")");
      }
    }
  }

  @Override
  public CompletableResultCode flush() {
    return exporter.flush();
  }

  @Override
  public CompletableResultCode shutdown() {
    return exporter.shutdown();
  }
}
