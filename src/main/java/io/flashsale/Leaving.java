package io.flashsale;

import akka.Done;
import akka.actor.CoordinatedShutdown;
import akka.actor.typed.ActorSystem;
import akka.cluster.typed.Cluster;
import io.flashsale.ops.OperatorException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a node leaves the cluster: asked to, in good order, or downed by the others. The order is
 * that of the phases of the coordinated shutdown: no longer ready, port closed, requests drained,
 * shards handed over, left, ended.
 */
final class Leaving {

  private static final Logger log = LoggerFactory.getLogger(Leaving.class);

  /** A phase of application.conf, between the handing over of shards and the leaving. */
  private static final String SHARDS_SETTLE = "shards-settle";

  /**
   * The shards that this node has given up get their new places while the one who gives them out is
   * still here, if this is the node of the shard coordinator: moving it takes longer.
   */
  private static final Duration SETTLE = Duration.ofSeconds(1);

  private Leaving() {}

  /**
   * Adds to the shutdown of a node.
   *
   * @param atMost a downed node that has not ended by then is halted with exit code 1: its
   *     supervisor is to start another one, and not to wait for what hangs
   */
  static void init(ActorSystem<?> system, Duration atMost) {
    CoordinatedShutdown shutdown = CoordinatedShutdown.get(system);
    shutdown.addTask(
        CoordinatedShutdown.PhaseBeforeServiceUnbind(),
        "bound-what-follows-downing",
        () -> {
          if (wasDowned(shutdown)) {
            log.error("This node was downed by the cluster, and ends");
            haltAfter(atMost);
          }
          return done();
        });
    shutdown.addTask(
        SHARDS_SETTLE,
        "let-shards-settle",
        () -> wasDowned(shutdown) || isAlone(system) ? done() : after(SETTLE));
  }

  /** Whether the cluster goes on without this node, which is leaving it in good order. */
  static boolean othersTakeOver(ActorSystem<?> system) {
    return !wasDowned(CoordinatedShutdown.get(system)) && !isAlone(system);
  }

  private static boolean wasDowned(CoordinatedShutdown shutdown) {
    return shutdown.getShutdownReason().orElse(null)
        instanceof CoordinatedShutdown.ClusterDowningReason$;
  }

  private static boolean isAlone(ActorSystem<?> system) {
    var members = Cluster.get(system).state().getMembers().iterator();
    return !members.hasNext() || (members.next() != null && !members.hasNext());
  }

  private static void haltAfter(Duration time) {
    CompletableFuture.delayedExecutor(time.toMillis(), TimeUnit.MILLISECONDS)
        .execute(
            () -> {
              log.error("The node did not stop within {} s", time.toSeconds());
              Runtime.getRuntime().halt(1);
            });
  }

  private static CompletionStage<Done> done() {
    return CompletableFuture.completedFuture(Done.getInstance());
  }

  private static CompletionStage<Done> after(Duration time) {
    return new CompletableFuture<Done>()
        .completeOnTimeout(Done.getInstance(), time.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Why a node has ended although nobody has asked it to, and what to do. */
  static OperatorException explained(ActorSystem<?> system, Settings settings) {
    var reason = CoordinatedShutdown.get(system).getShutdownReason().orElse(null);
    return new OperatorException(
        switch (reason) {
          case CoordinatedShutdown.ClusterDowningReason$ _ ->
              "This node was downed: it and the majority of the cluster could not reach each other;"
                  + " nothing that was acknowledged is lost, start it again";
          case CoordinatedShutdown.ClusterJoinUnsuccessfulReason$ _ ->
              "The cluster could not be joined: none of %s answered in time; start them, or correct CLUSTER_SEEDS"
                  .formatted(String.join(", ", settings.cluster().seeds()));
          case CoordinatedShutdown.IncompatibleConfigurationDetectedReason$ _ ->
              "The cluster refuses this node: its configuration does not fit (the log says what);"
                  + " use the same on all nodes";
          case null -> "The node has ended; start it again";
          case CoordinatedShutdown.Reason other ->
              "The node has left the cluster (%s); start it again".formatted(other);
        });
  }
}
