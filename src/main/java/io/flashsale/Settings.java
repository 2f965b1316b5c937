package io.flashsale;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.flashsale.database.Database;
import io.flashsale.ops.OperatorException;
import io.flashsale.sale.SaleSchedule;
import io.flashsale.user.CheckoutCode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The operational configuration: section {@code flashsale} of application.conf, read once.
 *
 * @param queryConnections connections for all but the journal
 * @param seeds {@code host:port} of the nodes to join; none to form a cluster of its own
 */
public record Settings(
    Http http,
    Database.Location database,
    int queryConnections,
    SaleSchedule schedule,
    List<String> seeds) {

  /**
   * So many holds of past sales may have to be told apart by the code and watched after a crash.
   */
  static final int SALES_PER_HOLD = 100;

  private static final int MOST_ITEMS = 1_000_000;

  /**
   * The API.
   *
   * @param maxInFlight requests that are worked on at once; more are shed
   * @param requestTimeout after which the outcome of a request is not known
   * @param drainAtLeast how long a stopping node goes on answering 503, so that a balancer notices
   * @param drainAtMost how long it waits for the requests in flight
   */
  public record Http(
      String host,
      int port,
      int maxInFlight,
      Duration requestTimeout,
      Duration drainAtLeast,
      Duration drainAtMost) {}

  /** Reads and validates; every message names the setting, the value and what is allowed. */
  public static Settings of(Config root) {
    try {
      Config config = root.getConfig("flashsale");
      Duration period = config.getDuration("sale.period");
      Duration holdTtl = config.getDuration("sale.hold-ttl");
      int items = config.getInt("sale.items");
      int limit = config.getInt("sale.user-limit");
      check(period.toMillis() >= 1_000, "SALE_PERIOD", period, "at least 1s");
      check(items >= 1 && items <= MOST_ITEMS, "SALE_ITEMS", items, "1 to " + MOST_ITEMS);
      check(limit >= 1 && limit <= 1_000, "USER_LIMIT", limit, "1 to 1000");
      check(
          holdTtl.toMillis() >= 100 && holdTtl.compareTo(period.multipliedBy(SALES_PER_HOLD)) <= 0,
          "HOLD_TTL",
          holdTtl,
          "100ms to " + SALES_PER_HOLD + " times SALE_PERIOD");
      Duration ahead = config.getDuration("sale.announce-ahead");
      Duration announceAhead =
          ahead.compareTo(period.dividedBy(2)) < 0 ? ahead : period.dividedBy(2);
      return new Settings(
          http(config.getConfig("http")),
          database(config),
          config.getInt("database.query-connections"),
          new SaleSchedule(period, announceAhead, items, limit, holdTtl),
          seeds(config));
    } catch (ConfigException e) {
      throw new OperatorException("The configuration cannot be used: " + Database.oneLine(e), e);
    }
  }

  static {
    if (SALES_PER_HOLD >= CheckoutCode.SALES) {
      throw new AssertionError("A code could name two sales with live holds");
    }
  }

  private static Http http(Config config) {
    int port = config.getInt("port");
    check(port >= 0 && port <= 65_535, "HTTP_PORT", port, "0 to 65535");
    return new Http(
        config.getString("host"),
        port,
        config.getInt("max-in-flight"),
        config.getDuration("request-timeout"),
        config.getDuration("drain-at-least"),
        config.getDuration("drain-at-most"));
  }

  private static Database.Location database(Config config) {
    Config db = config.getConfig("database");
    String url = text(db, "url");
    String host = text(db, "host");
    if (url != null && !url.startsWith("jdbc:postgresql:")) {
      throw new OperatorException(
          "DB_URL is %s: it must begin with jdbc:postgresql:, for example jdbc:postgresql://db:5432/flashsale"
              .formatted(url));
    }
    if (url == null && host != null) {
      url = "jdbc:postgresql://%s:%d/%s".formatted(host, db.getInt("port"), db.getString("name"));
    }
    return new Database.Location(
        url,
        db.getString("user"),
        db.getString("password"),
        Path.of(config.getString("data-dir")),
        db.getDuration("patience"));
  }

  private static List<String> seeds(Config config) {
    String text = text(config, "cluster.seeds");
    List<String> seeds = text == null ? List.of() : List.of(text.strip().split("\\s*,\\s*"));
    for (String seed : seeds) {
      check(seed.matches("[^:/\\s]+:\\d{1,5}"), "CLUSTER_SEEDS", text, "host:port,host:port");
    }
    return seeds;
  }

  /** An empty variable counts as one that is not set. */
  private static @Nullable String text(Config config, String key) {
    return config.hasPath(key) && !config.getString(key).isBlank() ? config.getString(key) : null;
  }

  private static void check(boolean valid, String name, @Nullable Object value, String allowed) {
    if (!valid) {
      throw new OperatorException("%s is %s: it must be %s".formatted(name, value, allowed));
    }
  }
}
