package io.flashsale.http;

import akka.actor.ExtendedActorSystem;
import akka.http.javadsl.server.Route;
import akka.management.javadsl.ManagementRouteProvider;
import akka.management.javadsl.ManagementRouteProviderSettings;
import io.flashsale.metrics.Metrics;
import java.util.concurrent.Executor;

/**
 * {@code GET /metrics} on the management port, for METRICS=management: Forming names this class.
 */
public final class MetricsManagement implements ManagementRouteProvider {

  private final Route route;

  /** Called by Akka Management. */
  public MetricsManagement(ExtendedActorSystem system) {
    Executor executor = system.dispatchers().lookup("akka.actor.default-blocking-io-dispatcher");
    this.route = new MetricsRoute(Metrics.get(system), executor).route();
  }

  @Override
  public Route routes(ManagementRouteProviderSettings settings) {
    return route;
  }
}
