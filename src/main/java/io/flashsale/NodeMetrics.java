package io.flashsale;

import akka.actor.ActorRef;
import akka.actor.ActorSelection;
import akka.actor.DeadLetter;
import akka.actor.Dropped;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.eventstream.EventStream;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.cluster.Member;
import akka.cluster.MemberStatus;
import akka.cluster.sharding.ClusterSharding;
import akka.cluster.sharding.ShardRegion;
import akka.cluster.typed.Cluster;
import akka.pattern.Patterns;
import io.flashsale.http.Availability;
import io.flashsale.http.HttpServer;
import io.flashsale.item.Item;
import io.flashsale.metrics.Histogram;
import io.flashsale.metrics.Metrics;
import io.flashsale.ops.Auditor;
import io.flashsale.ops.Health;
import io.flashsale.user.User;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a node tells Prometheus of itself and of its place in the cluster. */
final class NodeMetrics {

  private static final Logger log = LoggerFactory.getLogger(NodeMetrics.class);

  private static final Duration ASK_EVERY = Duration.ofSeconds(5);
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final Duration PROBE_EVERY = Duration.ofMillis(500);
  private static final List<String> TYPES = List.of(Item.TYPE.name(), User.TYPE.name());
  static final List<String> SINGLETONS = List.of("sale-coordinator", "order-watch");

  private final ActorSystem<?> system;
  private final Metrics metrics;
  private final Cluster cluster;

  /** As the shard regions and the singletons have said last. */
  private final Map<String, Long> entities = new ConcurrentHashMap<>();

  private final Map<String, Integer> shards = new ConcurrentHashMap<>();
  private final Map<String, Boolean> singletons = new ConcurrentHashMap<>();

  NodeMetrics(ActorContext<?> context) {
    this.system = context.getSystem();
    this.metrics = Metrics.get(system);
    this.cluster = Cluster.get(system);
    showCluster();
    probeEventLoops();
    countDeadLetters(context);
    every(ASK_EVERY, this::ask);
  }

  /** On a thread that may wait, until the system ends; Akka would end it at the first failure. */
  void every(Duration period, Runnable task) {
    system
        .scheduler()
        .scheduleWithFixedDelay(
            Duration.ZERO,
            period,
            () -> {
              try {
                task.run();
              } catch (RuntimeException e) {
                log.warn("What a metric is made of cannot be had", e);
              }
            },
            system.dispatchers().lookup(DispatcherSelector.blocking()));
  }

  // ---------------------------------------------------------------- the cluster

  private void showCluster() {
    for (MemberStatus status :
        List.of(
            MemberStatus.joining(),
            MemberStatus.weaklyUp(),
            MemberStatus.up(),
            MemberStatus.leaving(),
            MemberStatus.exiting(),
            MemberStatus.down())) {
      metrics.gauge(
          "cluster_members",
          "Members of the cluster by status, as this node sees them",
          () -> members().filter(member -> member.status().equals(status)).count(),
          "status",
          status.toString().toLowerCase(Locale.ROOT));
    }
    metrics.gauge(
        "cluster_unreachable_members",
        "Members that this node, or another one, cannot reach",
        () -> cluster.state().getUnreachable().size());
    for (String type : TYPES) {
      String label = type.toLowerCase(Locale.ROOT);
      metrics.gauge(
          "entities",
          "Items and users in the memory of this node, seconds ago",
          () -> entities.getOrDefault(type, 0L),
          "type",
          label);
      metrics.gauge(
          "shards",
          "Shards on this node, seconds ago",
          () -> shards.getOrDefault(type, 0),
          "type",
          label);
    }
    for (String singleton : SINGLETONS) {
      metrics.gauge(
          "cluster_singleton",
          "Whether the singleton runs on this node",
          () -> singletons.getOrDefault(singleton, false) ? 1 : 0,
          "name",
          singleton);
    }
  }

  private Stream<Member> members() {
    return StreamSupport.stream(cluster.state().getMembers().spliterator(), false);
  }

  private void ask() {
    for (String type : TYPES) {
      ActorRef region = ClusterSharding.get(system).shardRegion(type);
      Patterns.ask(region, ShardRegion.getRegionStatsInstance(), PATIENCE)
          .thenAccept(answer -> heard(type, (ShardRegion.ShardRegionStats) answer))
          .exceptionally(_ -> null); // what was heard last is shown until the next time
    }
    for (String singleton : SINGLETONS) {
      ActorSelection place =
          system
              .classicSystem()
              .actorSelection("/system/singletonManager" + singleton + "/" + singleton);
      place
          .resolveOne(PATIENCE)
          .whenComplete((found, _) -> singletons.put(singleton, found != null));
    }
  }

  private void heard(String type, ShardRegion.ShardRegionStats stats) {
    shards.put(type, stats.getStats().size());
    entities.put(
        type,
        stats.getStats().values().stream().mapToLong(count -> ((Number) count).longValue()).sum());
  }

  // ---------------------------------------------------------------- pressure

  /** How long a message to an actor waits, apart from what is before it in its mailbox. */
  private void probeEventLoops() {
    Histogram delay =
        metrics.histogram(
            "event_loop_delay_seconds",
            "How long a task waits for its turn on an event loop, tried twice a second",
            Histogram::ofTimes);
    Executor loops = system.dispatchers().lookup(DispatcherSelector.defaultDispatcher());
    every(
        PROBE_EVERY,
        () -> {
          long submitted = System.nanoTime();
          loops.execute(() -> delay.recordSince(submitted));
        });
  }

  /** Messages that nobody got: to an actor that has gone, or for which a stash had no room. */
  private void countDeadLetters(ActorContext<?> context) {
    String help = "Messages that nobody got: dead, the actor has gone; dropped, a queue was full";
    LongAdder dead = new LongAdder();
    LongAdder dropped = new LongAdder();
    metrics.counter("dead_letters", help, dead::sum, "kind", "dead");
    metrics.counter("dead_letters", help, dropped::sum, "kind", "dropped");
    count(context, DeadLetter.class, "count-dead-letters", dead);
    count(context, Dropped.class, "count-dropped", dropped);
  }

  private <T> void count(ActorContext<?> context, Class<T> type, String name, LongAdder counter) {
    Behavior<T> counting =
        Behaviors.receiveMessage(
            _ -> {
              counter.increment();
              return Behaviors.same();
            });
    system.eventStream().tell(new EventStream.Subscribe<>(type, context.spawn(counting, name)));
  }

  // ---------------------------------------------------------------- the rest

  void show(Availability availability, HttpServer server, int maxInFlight) {
    metrics.gauge(
        "http_requests_in_flight",
        "Checkouts, purchases and orders that are being worked on",
        availability::inFlight);
    metrics.gauge(
        "http_requests_in_flight_max", "As many may be; more are shed", () -> maxInFlight);
    metrics.counter(
        "http_requests_shed", "Requests that were refused because of that", availability::shed);
    metrics.gauge("http_connections", "Connections that are open", server::connections);
    metrics.gauge("http_connections_max", "As many may be", server::mostConnections);
    metrics.gauge(
        "node_ready", "Whether the node takes requests", () -> availability.isReady() ? 1 : 0);
  }

  void show(WarmUp warmUp) {
    Labels labels =
        Labels.of("java", Runtime.version().toString(), "version", Main.programVersion());
    MetricSnapshot build =
        InfoSnapshot.builder()
            .name("build") // to which _info is added
            .help("1, with the versions of the program and of the JVM")
            .dataPoint(InfoDataPointSnapshot.builder().labels(labels).build())
            .build();
    metrics.add(() -> List.of(build));
    metrics.gauge(
        "warm_up_seconds",
        "How long the warm-up took; 0 before its end, and without one",
        () -> warmUp.took().toNanos() / 1e9);
  }

  void show(Health health, Auditor auditor) {
    metrics.gauge(
        "database_up",
        "Whether the database answered, seconds ago",
        () -> health.databaseWasUp() ? 1 : 0);
    metrics.counter("audits", "Audits of a sale that came to an end here", auditor::runs);
    metrics.counter("audit_breaches", "Audits that found a breach", auditor::breaches);
  }
}
