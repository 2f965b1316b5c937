package io.flashsale;

import com.typesafe.config.Config;
import io.flashsale.database.Database;
import io.flashsale.http.AdminToken;
import io.flashsale.http.Cors;
import io.flashsale.http.FairUse;
import io.flashsale.sale.SaleSchedule;
import io.flashsale.security.KeyLocation;
import io.flashsale.security.TokenVerifier;
import io.flashsale.tracing.Export;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The operational configuration: section {@code flashsale} of application.conf, read once.
 *
 * @param eventLoops threads that run connections and entities
 * @param queryConnections connections for all but the journal
 * @param metrics where they can be read
 * @param traces where they are sent; null: nowhere
 */
public record Settings(
    Http http,
    int eventLoops,
    Database.Location database,
    int queryConnections,
    SaleSchedule schedule,
    Cluster cluster,
    WarmUp warmUp,
    MetricsOn metrics,
    @Nullable Export traces) {

  /**
   * The API.
   *
   * @param maxInFlight requests that are worked on at once; more are shed
   * @param requestTimeout after which the outcome of a request is not known
   * @param drainAtLeast how long a stopping node goes on answering 503, so that a balancer notices
   * @param drainAtMost how long it waits for the requests in flight
   * @param firstRequestWithin by when a connection has sent its first request
   * @param liveClients of the live feed at a time
   * @param cors whose pages may use it
   * @param adminToken what operators have to show; null if there is none
   * @param fairUse how often it may be used
   * @param auth whose tokens it asks for; null: nobody's
   * @param tls null: it is not encrypted
   */
  public record Http(
      String host,
      int port,
      int maxInFlight,
      Duration requestTimeout,
      Duration drainAtLeast,
      Duration drainAtMost,
      Duration firstRequestWithin,
      int liveClients,
      Cors cors,
      @Nullable AdminToken adminToken,
      FairUse.Limits fairUse,
      @Nullable Auth auth,
      @Nullable ApiTls tls) {}

  /** How users are known. */
  public record Auth(KeyLocation keys, TokenVerifier.Rules rules) {}

  /**
   * PEM files of the API.
   *
   * @param reloadEvery how often they are looked at
   */
  public record ApiTls(Path certificate, Path key, Duration reloadEvery) {}

  /** How a node finds its cluster. */
  public enum Form {
    SELF,
    SEEDS,
    DNS,
    KUBERNETES
  }

  /** Which port {@code GET /metrics} is on. */
  public enum MetricsOn {
    API,
    MANAGEMENT,
    OFF
  }

  /** PEM files, by which nodes know each other. */
  public record Tls(Path certificate, Path key, Path authority) {}

  /**
   * The cluster and the place of this node in it.
   *
   * @param seeds {@code host:port} of the nodes to join
   * @param roles items, users and the coordinator are on nodes with the role {@code entities}
   * @param tls null: what nodes tell each other is not encrypted
   * @param management whether its port is open
   * @param metrics whether it shows them
   */
  public record Cluster(
      Form form,
      List<String> seeds,
      List<String> roles,
      @Nullable Tls tls,
      boolean management,
      boolean metrics) {

    /** A cluster of one. */
    static final Cluster ALONE =
        new Cluster(Form.SELF, List.of(), List.of("entities"), null, false, false);
  }

  /**
   * Whether synthetic sales are sold before the node takes requests.
   *
   * @param atMost for all of it, but for a second or two to put things away
   */
  public record WarmUp(boolean enabled, Duration atMost) {}

  /** The settings of a node on this machine that nobody is to find, and that warms up. */
  Settings alone() {
    return new Settings(
        new Http(
            "127.0.0.1",
            0,
            http.maxInFlight,
            http.requestTimeout,
            http.drainAtLeast,
            http.drainAtMost,
            http.firstRequestWithin,
            http.liveClients,
            http.cors,
            null,
            FairUse.Limits.NONE,
            null,
            null),
        eventLoops,
        database,
        queryConnections,
        schedule,
        Cluster.ALONE,
        new WarmUp(true, warmUp.atMost),
        MetricsOn.OFF,
        null);
  }

  /** Reads and validates; every message names the setting, the value and what is allowed. */
  public static Settings of(Config root) {
    return SettingsReader.read(root);
  }
}
