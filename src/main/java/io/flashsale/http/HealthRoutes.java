package io.flashsale.http;

import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.server.AllDirectives;
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
public final class HealthRoutes extends AllDirectives {

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
                path(PathMatchers.segment("live"), () -> get(() -> complete(word(true, "up")))),
                path(PathMatchers.segment("ready"), () -> get(() -> complete(ready())))));
  }

  private HttpResponse ready() {
    Problem refusal = availability.refusal();
    return refusal == null ? word(true, "ready") : refusal.response();
  }

  private Route health() {
    return completeWithFuture(health.check().thenApply(this::render));
  }

  private HttpResponse render(Health.Report report) {
    var heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    boolean up = report.isUp() && availability.isReady();
    return Json.ok(
            new HealthJson(
                report.services(),
                Duration.ofMillis(ManagementFactory.getRuntimeMXBean().getUptime()).toString(),
                new Memory(heap.getUsed(), heap.getCommitted(), heap.getMax())))
        .withStatus(up ? StatusCodes.OK : StatusCodes.SERVICE_UNAVAILABLE);
  }

  private static HttpResponse word(boolean up, String word) {
    return Json.ok(new Word(word))
        .withStatus(up ? StatusCodes.OK : StatusCodes.SERVICE_UNAVAILABLE);
  }
}
