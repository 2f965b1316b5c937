package io.flashsale.tracing;

import java.net.URI;
import java.util.List;
import java.util.Map;

/**
 * Where traces are sent, and how many.
 *
 * @param collector takes OTLP over HTTP; its path gets {@code /v1/traces}
 * @param sampler one of {@link #SAMPLERS}
 * @param ratio from 0 to 1, for those samplers that know one
 * @param service the name of all nodes together
 * @param resource what else is said of this node
 */
public record Export(
    URI collector, String sampler, double ratio, String service, Map<String, String> resource) {

  /** As OpenTelemetry names them. */
  public static final List<String> SAMPLERS =
      List.of(
          "always_on",
          "always_off",
          "traceidratio",
          "parentbased_always_on",
          "parentbased_always_off",
          "parentbased_traceidratio");
}
