package io.flashsale.http;

import static akka.http.javadsl.server.Directives.complete;
import static akka.http.javadsl.server.Directives.completeWithFuture;
import static akka.http.javadsl.server.Directives.concat;
import static akka.http.javadsl.server.Directives.get;
import static akka.http.javadsl.server.Directives.path;
import static akka.http.javadsl.server.Directives.pathEnd;
import static akka.http.javadsl.server.Directives.pathPrefix;

import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.javadsl.server.PathMatchers;
import akka.http.javadsl.server.Route;
import io.flashsale.ops.Health;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Map;

/**
 * {@code /health} asks the dependencies, {@code /health/ready} says whether to send requests here,
 * {@code /health/live} whether the process answers at all.
 */
public final class HealthRoutes {

  private record HealthJson(Map<String, String> servicesStatus, String uptime, Memory memory) {}

  /** Of the heap, in bytes. */
  private record Memory(long used, long committed, long max) {}

  private record Word(String status) {}

  private final Health health;
  private final Availability availability;

  public HealthRoutes(Health health, Availability availability) {
    this.health = health;
    this.availability = availability;
  }

  /** Rejects what is not its own. */
  public Route route() {
    return pathPrefix(
        "health",
        () ->
            concat(
                pathEnd(() -> get(this::health)),
                path(
                    PathMatchers.segment("live"),
                    () -> get(() -> complete(Json.ok(new Word("up"))))),
                path(PathMatchers.segment("ready"), () -> get(() -> complete(ready())))));
  }

  private HttpResponse ready() {
    Problem refusal = availability.unready();
    return refusal == null ? Json.ok(new Word("ready")) : refusal.response();
  }

  private Route health() {
    return completeWithFuture(health.check().thenApply(this::render));
  }

  private HttpResponse render(Health.Report report) {
    var heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    boolean up = report.isUp() && availability.isReady();
    HttpResponse response =
        Json.ok(
            new HealthJson(
                report.services(),
                Duration.ofMillis(ManagementFactory.getRuntimeMXBean().getUptime()).toString(),
                new Memory(heap.getUsed(), heap.getCommitted(), heap.getMax())));
    return up
        ? response
        : response
            .withStatus(StatusCodes.SERVICE_UNAVAILABLE)
            .addHeader(RawHeader.create("Retry-After", "1"));
  }
}
