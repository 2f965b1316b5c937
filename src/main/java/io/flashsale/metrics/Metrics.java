package io.flashsale.metrics;

import akka.actor.ClassicActorSystemProvider;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Extension;
import akka.actor.typed.ExtensionId;
import akka.actor.typed.javadsl.Adapter;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/**
 * All that a node tells Prometheus, one for each actor system. What happens often is counted by
 * those to whom it happens, in counters of their own, and read here when somebody asks.
 *
 * <p>Every label has few values, which are known beforehand: never a code, a user or an item.
 */
public final class Metrics implements Extension {

  private static final ExtensionId<Metrics> ID =
      new ExtensionId<>() {
        @Override
        public Metrics createExtension(ActorSystem<?> system) {
          Metrics metrics = new Metrics();
          metrics.bindJvm();
          system.getWhenTerminated().whenComplete((_, _) -> metrics.close());
          return metrics;
        }

        @Override
        public ExtensionId<Metrics> id() {
          return this;
        }
      };

  /** Of one name: by their labels. */
  private record Family(String help, Map<Labels, Histogram> histograms) {}

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Map<String, Family> histograms = new ConcurrentSkipListMap<>();
  private final List<Supplier<List<MetricSnapshot>>> sources = new CopyOnWriteArrayList<>();
  private final List<LongSupplier> counters = new CopyOnWriteArrayList<>(); // or they are collected
  private final JvmGcMetrics collections = new JvmGcMetrics();

  public static final String DB_QUERY = "db_query_duration_seconds";
  public static final String DB_QUERY_HELP =
      "Time of the database: a batch of the journal with its commit, or a task that asks for one of"
          + " the other pools";

  /** Of no actor system. */
  public Metrics() {
    registry.getPrometheusRegistry().register((MultiCollector) this::collect);
  }

  public static Metrics get(ActorSystem<?> system) {
    return ID.apply(system);
  }

  /** For plugins of Akka, which know the system by its old name. */
  public static Metrics get(ClassicActorSystemProvider system) {
    return get(Adapter.toTyped(system.classicSystem()));
  }

  private void bindJvm() {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ClassLoaderMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    collections.bindTo(registry);
  }

  private void close() {
    collections.close();
    registry.close();
  }

  /**
   * A number that goes up and down, asked for when it is read.
   *
   * @param labels name, value, name, value ...
   */
  public void gauge(String name, String help, DoubleSupplier value, String... labels) {
    Supplier<Number> number = value::getAsDouble;
    Gauge.builder(name, number).description(help).tags(labels).register(registry);
  }

  /**
   * A number that only grows, asked for when it is read.
   *
   * @param name without {@code _total}, which is added
   */
  public void counter(String name, String help, LongSupplier value, String... labels) {
    counters.add(value);
    FunctionCounter.builder(name, value, LongSupplier::getAsLong)
        .description(help)
        .tags(labels)
        .register(registry);
  }

  /**
   * A histogram, the same one for the same name and labels.
   *
   * @param kind makes one
   */
  public Histogram histogram(String name, String help, Supplier<Histogram> kind, String... labels) {
    return histograms
        .computeIfAbsent(name, _ -> new Family(help, new ConcurrentSkipListMap<>()))
        .histograms
        .computeIfAbsent(Labels.of(labels), _ -> kind.get());
  }

  /** The connections of a pool. */
  public void pool(String name, HikariDataSource pool) {
    pool(name, "active", "that are used", pool, HikariPoolMXBean::getActiveConnections);
    pool(name, "idle", "that are open and not used", pool, HikariPoolMXBean::getIdleConnections);
    pool(
        name,
        "waiting",
        "that somebody waits for",
        pool,
        HikariPoolMXBean::getThreadsAwaitingConnection);
    gauge(
        "db_connections_max",
        "Connections that the pool may have",
        pool::getMaximumPoolSize,
        "pool",
        name);
  }

  private void pool(
      String name,
      String state,
      String help,
      HikariDataSource pool,
      ToIntFunction<HikariPoolMXBean> value) {
    gauge(
        "db_connections_" + state,
        "Connections to the database " + help,
        () -> {
          HikariPoolMXBean open = pool.getHikariPoolMXBean(); // null before the first connection
          return open == null ? 0 : value.applyAsInt(open);
        },
        "pool",
        name);
  }

  /** What makes its snapshots itself. */
  public void add(Supplier<List<MetricSnapshot>> source) {
    sources.add(source);
  }

  private MetricSnapshots collect() {
    MetricSnapshots.Builder all = MetricSnapshots.builder();
    histograms.forEach(
        (name, family) -> {
          HistogramSnapshot.Builder snapshot =
              HistogramSnapshot.builder().name(name).help(family.help);
          family.histograms.forEach(
              (labels, histogram) -> snapshot.dataPoint(histogram.snapshot(labels)));
          all.metricSnapshot(snapshot.build());
        });
    sources.forEach(source -> source.get().forEach(all::metricSnapshot));
    return all.build();
  }

  /**
   * What the reader likes best.
   *
   * @param accept the header of the request: OpenMetrics, or the text format of Prometheus
   */
  public static String contentType(String accept) {
    return accept.contains(OPEN_METRICS) ? OPEN_METRICS_TYPE : TEXT_TYPE;
  }

  /** Everything, in one of these formats. */
  public String scrape(String contentType) {
    return registry.scrape(contentType);
  }

  private static final String OPEN_METRICS = "application/openmetrics-text";
  private static final String OPEN_METRICS_TYPE = OPEN_METRICS + "; version=1.0.0; charset=utf-8";
  private static final String TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
}
