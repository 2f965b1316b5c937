package io.flashsale.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A step that is recorded. Of one thread at a time. */
final class SpanStep implements Step {

  private static final String OUTCOME = "flashsale.outcome";

  private final Tracer tracer;
  private final Span span;
  private @Nullable Span write;

  SpanStep(Tracer tracer, Span span) {
    this.tracer = tracer;
    this.span = span;
  }

  @Override
  public String context() {
    SpanContext context = span.getSpanContext();
    return "00-%s-%s-%s"
        .formatted(context.getTraceId(), context.getSpanId(), context.getTraceFlags().asHex());
  }

  @Override
  public String traceId() {
    return span.getSpanContext().getTraceId();
  }

  @Override
  public Step with(String name, long value) {
    span.setAttribute(name, value);
    return this;
  }

  @Override
  public Step writing() {
    write = tracer.spanBuilder("journal write").setParent(Context.root().with(span)).startSpan();
    return this;
  }

  @Override
  public void end() {
    if (write != null) {
      write.end();
    }
    span.end();
  }

  @Override
  public void end(Enum<?> outcome) {
    span.setAttribute(OUTCOME, outcome.name().toLowerCase(Locale.ROOT).replace('_', '-'));
    end();
  }

  @Override
  public void answered(int status, @Nullable String problem) {
    span.setAttribute("http.response.status_code", status);
    if (problem != null) {
      span.setAttribute(OUTCOME, problem);
    }
    if (status >= 500) {
      span.setStatus(StatusCode.ERROR);
    }
    end();
  }

  @Override
  public void failed() {
    if (write != null) {
      write.setStatus(StatusCode.ERROR);
    }
    span.setStatus(StatusCode.ERROR);
    end();
  }
}
