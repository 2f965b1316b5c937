package io.flashsale;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.flashsale.database.Database;
import io.flashsale.http.AdminToken;
import io.flashsale.http.Cors;
import io.flashsale.http.FairUse;
import io.flashsale.http.TrustedProxies;
import io.flashsale.ops.OperatorException;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleSchedule;
import io.flashsale.security.KeyLocation;
import io.flashsale.security.TokenVerifier;
import io.flashsale.tracing.Export;
import io.flashsale.user.CheckoutCode;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
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
   * So many holds of past sales may have to be told apart by the code and watched after a crash.
   */
  static final int SALES_PER_HOLD = 100;

  private static final int MOST_PORT = 65_535;
  private static final String DATABASE = "flashsale";
  private static final Duration FOREVER = Duration.ofDays(366);

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
   * @param limits how often it may be used
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
      Limits limits,
      @Nullable Auth auth,
      @Nullable ApiTls tls) {}

  /** Requests of one user and of one address; null: as many as they like. */
  public record Limits(
      FairUse.@Nullable Limit user, FairUse.@Nullable Limit address, TrustedProxies proxies) {

    static final Limits NONE = new Limits(null, null, TrustedProxies.NONE);
  }

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
            Limits.NONE,
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
    try {
      Config config = root.getConfig("flashsale");
      oneOf(config, "log.level", "LOG_LEVEL", "error", "warn", "info", "debug", "trace");
      oneOf(config, "log.format", "LOG_FORMAT", "text", "json");
      oneOf(config, "log.requests", "REQUEST_LOG", "off", "info");
      integer(root, "akka.remote.artery.canonical.port", "CLUSTER_PORT", 0, MOST_PORT);
      integer(config, "database.journal-connections", "DB_JOURNAL_CONNECTIONS", 1, 1_000);
      return new Settings(
          http(config),
          eventLoops(config),
          database(config),
          integer(config, "database.query-connections", "DB_QUERY_CONNECTIONS", 1, 1_000),
          schedule(config),
          cluster(root, config.getConfig("cluster"), metrics(config)),
          warmUp(config),
          metrics(config),
          traces(config.getConfig("tracing")));
    } catch (ConfigException e) {
      throw new OperatorException("The configuration cannot be used: " + Database.oneLine(e), e);
    }
  }

  private static MetricsOn metrics(Config config) {
    oneOf(config, "metrics", "METRICS", "api", "management", "off");
    return MetricsOn.valueOf(config.getString("metrics").toUpperCase(Locale.ROOT));
  }

  private static @Nullable Export traces(Config config) {
    oneOf(config, "sampler", "OTEL_TRACES_SAMPLER", Export.SAMPLERS.toArray(String[]::new));
    String ratio = config.getString("sampler-arg");
    check(
        ratio.matches("0(\\.[0-9]{1,9})?|1(\\.0{1,9})?"),
        "OTEL_TRACES_SAMPLER_ARG",
        ratio,
        "a number from 0 to 1, like 0.01");
    String service = required(config, "service-name", "OTEL_SERVICE_NAME");
    Map<String, String> resource = resource(config);
    String endpoint = text(config, "endpoint");
    return endpoint == null
        ? null
        : new Export(
            uri("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, "a URL like http://collector:4318"),
            config.getString("sampler"),
            Double.parseDouble(ratio),
            service,
            resource);
  }

  private static Map<String, String> resource(Config config) {
    String text = text(config, "resource-attributes");
    Map<String, String> all = new HashMap<>();
    for (String pair : text == null ? new String[0] : text.strip().split("\\s*,\\s*", -1)) {
      check(
          pair.matches("[\\w.-]{1,64}=[!-~&&[^,;\\\\\"]]{0,128}"),
          "OTEL_RESOURCE_ATTRIBUTES",
          text,
          "pairs like deployment.environment.name=test,host.name=a");
      int equals = pair.indexOf('=');
      all.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
    return Map.copyOf(all);
  }

  private static WarmUp warmUp(Config config) {
    oneOf(config, "warm-up.enabled", "WARM_UP", "on", "off");
    return new WarmUp(
        config.getString("warm-up.enabled").equals("on"),
        duration(
            config,
            "warm-up.at-most",
            "WARM_UP_AT_MOST",
            Duration.ofSeconds(1),
            Duration.ofMinutes(10)));
  }

  private static SaleSchedule schedule(Config config) {
    Duration period =
        duration(config, "sale.period", "SALE_PERIOD", Duration.ofSeconds(1), Duration.ofDays(366));
    Duration longestHold = period.multipliedBy(SALES_PER_HOLD);
    Duration half = period.dividedBy(2);
    Duration ahead =
        duration(
            config, "sale.announce-ahead", "SALE_ANNOUNCE_AHEAD", Duration.ofMillis(1), FOREVER);
    return new SaleSchedule(
        period,
        ahead.compareTo(half) < 0 ? ahead : half,
        integer(config, "sale.items", "SALE_ITEMS", 1, Sale.MOST_ITEMS),
        integer(config, "sale.user-limit", "USER_LIMIT", 1, 1_000),
        duration(config, "sale.hold-ttl", "HOLD_TTL", Duration.ofMillis(100), longestHold));
  }

  static {
    if (SALES_PER_HOLD >= CheckoutCode.SALES) {
      throw new AssertionError("A code could name two sales with live holds");
    }
  }

  private static Http http(Config config) {
    return new Http(
        required(config, "http.host", "HTTP_HOST"),
        integer(config, "http.port", "HTTP_PORT", 0, MOST_PORT),
        integer(config, "http.max-in-flight", "HTTP_MAX_IN_FLIGHT", 1, 1_000_000),
        unnamed(config, "http.request-timeout", Duration.ofMillis(1)),
        unnamed(config, "http.drain-at-least", Duration.ZERO),
        unnamed(config, "http.drain-at-most", Duration.ZERO),
        unnamed(config, "http.first-request-within", Duration.ofMillis(100)),
        integer(config, "http.live-clients", "LIVE_CLIENTS", 0, 1_000_000),
        cors(config),
        adminToken(config),
        limits(config),
        auth(config.getConfig("auth")),
        apiTls(config));
  }

  private static Limits limits(Config config) {
    String proxies = text(config, "http.trusted-proxies");
    return new Limits(
        limit(config, "http.rate-limit.user", "RATE_LIMIT_USER"),
        limit(config, "http.rate-limit.address", "RATE_LIMIT_ADDRESS"),
        proxies == null
            ? TrustedProxies.NONE
            : TrustedProxies.parse(proxies)
                .orElseThrow(
                    () ->
                        wrong(
                            "TRUSTED_PROXIES",
                            proxies,
                            "addresses or networks like 10.0.0.0/8,2001:db8::/32")));
  }

  private static FairUse.@Nullable Limit limit(Config config, String path, String name) {
    int burst = integer(config, path + "-burst", name + "_BURST", 1, 1_000_000);
    String text = config.getString(path);
    String allowed = "an integer from 1 to 1000000, or off";
    if (text.equals("off")) {
      return null;
    }
    check(text.matches("[0-9]{1,7}"), name, text, allowed);
    int perSecond = Integer.parseInt(text);
    check(perSecond >= 1 && perSecond <= 1_000_000, name, text, allowed);
    return new FairUse.Limit(perSecond, burst);
  }

  /** One place for the keys with AUTH=jwt, and none without: nobody is to think it is on. */
  private static @Nullable Auth auth(Config config) {
    oneOf(config, "mode", "AUTH", "none", "jwt");
    String url = text(config, "jwks-url");
    String publicKey = text(config, "public-key-file");
    String secret = text(config, "secret-file");
    long places = Stream.of(url, publicKey, secret).filter(place -> place != null).count();
    String names = "JWT_JWKS_URL, JWT_PUBLIC_KEY_FILE and JWT_SECRET_FILE";
    if (config.getString("mode").equals("none")) {
      check(places == 0, "AUTH", "none", "jwt if one of " + names + " is set");
      return null;
    }
    check(places == 1, "AUTH", "jwt", "with one of %s, and no more".formatted(names));
    KeyLocation keys =
        url != null
            ? new KeyLocation.Url(
                uri("JWT_JWKS_URL", url, "a URL like https://id.example/.well-known/jwks.json"),
                unnamed(config, "auth.", "jwks-refresh", Duration.ofSeconds(1)),
                unnamed(config, "auth.", "jwks-refresh-at-most-every", Duration.ofMillis(100)))
            : publicKey != null
                ? new KeyLocation.PublicKey(file("JWT_PUBLIC_KEY_FILE", publicKey))
                : new KeyLocation.Secret(file("JWT_SECRET_FILE", secret));
    return new Auth(
        keys,
        new TokenVerifier.Rules(
            text(config, "issuer"),
            text(config, "audience"),
            duration(config, "leeway", "JWT_LEEWAY", Duration.ZERO, Duration.ofMinutes(5)),
            required(config, "admin-claim", "JWT_ADMIN_CLAIM"),
            text(config, "admin-role")));
  }

  private static URI uri(String name, String text, String allowed) {
    try {
      URI uri = new URI(text);
      if (text.matches("https?://.*") && uri.getHost() != null && uri.getUserInfo() == null) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // said below
    }
    throw wrong(name, text, allowed);
  }

  /** Both files, or none. */
  private static @Nullable ApiTls apiTls(Config config) {
    String certificate = text(config, "http.tls.certificate");
    String key = text(config, "http.tls.private-key");
    return certificate == null && key == null
        ? null
        : new ApiTls(
            file("TLS_CERTIFICATE", certificate),
            file("TLS_PRIVATE_KEY", key),
            unnamed(config, "http.tls.reload-every", Duration.ofMillis(100)));
  }

  private static Cors cors(Config config) {
    String text = text(config, "http.cors-origins");
    List<String> origins = text == null ? List.of() : List.of(text.strip().split("\\s*,\\s*"));
    for (String origin : origins) {
      boolean valid =
          origin.equals("*")
              || origin.matches(
                  "https?://[a-z0-9.-]+(:\\d{1,5})?|https?://\\[[0-9a-f:]+](:\\d{1,5})?");
      check(
          valid,
          "CORS_ORIGINS",
          text,
          "origins like https://shop.example,http://localhost:3000, or *");
    }
    return new Cors(origins);
  }

  /** The message never has the token. */
  private static @Nullable AdminToken adminToken(Config config) {
    String token = text(config, "admin.token");
    return token == null
        ? null
        : AdminToken.of(token)
            .orElseThrow(
                () ->
                    new OperatorException(
                        "ADMIN_TOKEN cannot be used: it must be %d to %d visible ASCII characters"
                            .formatted(AdminToken.SHORTEST, AdminToken.LONGEST)));
  }

  /**
   * Half of the processors are for the journal, the compilers, the collector and everybody else.
   */
  private static int eventLoops(Config config) {
    String text = config.getString("event-loops");
    return text.equals("auto")
        ? Math.max(1, Runtime.getRuntime().availableProcessors() / 2)
        : integer(config, "event-loops", "EVENT_LOOPS", 1, 64);
  }

  private static Database.Location database(Config config) {
    Config db = config.getConfig("database");
    String url = text(db, "url");
    String host = text(db, "host");
    if (url != null && !url.startsWith("jdbc:postgresql:")) {
      throw new OperatorException(
          "DB_URL is %s: it must begin with jdbc:postgresql:, for example jdbc:postgresql://db:5432/flashsale"
              .formatted(Database.withoutParameters(url)));
    }
    int port = integer(db, "port", "DB_PORT", 1, MOST_PORT);
    String name = db.hasPath("name") ? required(db, "name", "DB_NAME") : DATABASE;
    if (url == null && host != null) {
      url = "jdbc:postgresql://%s:%d/%s".formatted(host, port, name);
    } else if (url == null && db.hasPath("name")) {
      throw new OperatorException(
          "DB_NAME is %s, but neither DB_HOST nor DB_URL is set: set one of them, or none of the three for the embedded database"
              .formatted(name));
    }
    return new Database.Location(
        url,
        db.getString("user"),
        db.getString("password"),
        Path.of(required(config, "data-dir", "DATA_DIR")),
        duration(db, "patience", "DB_PATIENCE", Duration.ZERO, Duration.ofDays(1)));
  }

  private static Cluster cluster(Config root, Config config, MetricsOn metrics) {
    List<String> seeds = seeds(config);
    String word = text(config, "form");
    Form form = seeds.isEmpty() ? Form.SELF : Form.SEEDS;
    if (word != null) {
      oneOf(config, "form", "CLUSTER_FORM", "self", "seeds", "dns", "kubernetes");
      form = Form.valueOf(word.toUpperCase(Locale.ROOT));
      check(
          form != Form.SEEDS || !seeds.isEmpty(),
          "CLUSTER_SEEDS",
          "",
          "given: CLUSTER_FORM is seeds");
      check(
          form == Form.SEEDS || seeds.isEmpty(),
          "CLUSTER_FORM",
          word,
          "seeds: CLUSTER_SEEDS is given");
    }
    boolean bootstrap = form == Form.DNS || form == Form.KUBERNETES;
    integer(config, "nodes", "CLUSTER_NODES", 1, 1_000);
    required(config, "service", "CLUSTER_SERVICE");
    integer(root, "akka.management.http.port", "MANAGEMENT_PORT", 0, MOST_PORT);
    oneOf(config, "management", "MANAGEMENT", "auto", "on");
    return new Cluster(
        form,
        seeds,
        roles(config),
        tls(config),
        bootstrap || metrics == MetricsOn.MANAGEMENT || config.getString("management").equals("on"),
        metrics == MetricsOn.MANAGEMENT);
  }

  private static List<String> roles(Config config) {
    String text = required(config, "roles", "CLUSTER_ROLES");
    List<String> roles = List.of(text.strip().split("\\s*,\\s*"));
    boolean valid = roles.stream().allMatch(role -> role.matches("[a-z0-9-]{1,40}"));
    check(valid, "CLUSTER_ROLES", text, "words of a-z, 0-9 and -, separated by commas");
    return roles;
  }

  /** All three files, or none. */
  private static @Nullable Tls tls(Config config) {
    String certificate = text(config, "tls.certificate");
    String key = text(config, "tls.key");
    String authority = text(config, "tls.authority");
    if (certificate == null && key == null && authority == null) {
      return null;
    }
    return new Tls(
        file("CLUSTER_TLS_CERT", certificate),
        file("CLUSTER_TLS_KEY", key),
        file("CLUSTER_TLS_CA", authority));
  }

  private static Path file(String name, @Nullable String text) {
    Path path = Path.of(text == null ? "" : text);
    check(
        text != null && Files.isReadable(path),
        name,
        text == null ? "" : text,
        "a file that can be read");
    return path;
  }

  private static List<String> seeds(Config config) {
    String text = text(config, "seeds");
    List<String> seeds = text == null ? List.of() : List.of(text.strip().split("\\s*,\\s*"));
    for (String seed : seeds) {
      boolean valid =
          seed.matches("[^:/\\s]+:\\d{1,5}")
              && Integer.parseInt(seed, seed.indexOf(':') + 1, seed.length(), 10) <= MOST_PORT;
      check(valid, "CLUSTER_SEEDS", text, "host:port,host:port");
    }
    return seeds;
  }

  /** An empty variable counts as one that is not set. */
  private static @Nullable String text(Config config, String key) {
    return config.hasPath(key) && !config.getString(key).isBlank() ? config.getString(key) : null;
  }

  private static String required(Config config, String path, String name) {
    String text = config.getString(path);
    check(!text.isBlank(), name, text, "given, or not set at all");
    return text;
  }

  private static void oneOf(Config config, String path, String name, String... allowed) {
    String text = config.getString(path);
    check(List.of(allowed).contains(text), name, text, String.join(", ", allowed));
  }

  private static int integer(Config config, String path, String name, int least, int most) {
    String text = config.getString(path);
    String allowed = "an integer from " + least + " to " + most;
    check(text.matches("[0-9]{1,9}"), name, text, allowed);
    int value = Integer.parseInt(text);
    check(value >= least && value <= most, name, text, allowed);
    return value;
  }

  /** A setting without a variable of its own. */
  private static Duration unnamed(Config config, String path, Duration least) {
    return unnamed(config, "", path, least);
  }

  private static Duration unnamed(Config config, String section, String path, Duration least) {
    return duration(config, path, "flashsale." + section + path, least, FOREVER);
  }

  private static Duration duration(
      Config config, String path, String name, Duration least, Duration most) {
    String text = config.getString(path);
    String allowed =
        "a duration with its unit (ms, s, m, h, d) from %s to %s"
            .formatted(words(least), words(most));
    check(text.matches("[0-9.]{1,9}\\s*[a-zA-Z]+"), name, text, allowed);
    try {
      Duration value = config.getDuration(path);
      check(value.compareTo(least) >= 0 && value.compareTo(most) <= 0, name, text, allowed);
      return value;
    } catch (ConfigException e) {
      throw new OperatorException("%s is %s: it must be %s".formatted(name, text, allowed), e);
    }
  }

  private static String words(Duration duration) {
    return duration.toMillis() % 1_000 == 0
        ? duration.toSeconds() + "s"
        : duration.toMillis() + "ms";
  }

  private static void check(boolean valid, String name, @Nullable Object value, String allowed) {
    if (!valid) {
      throw wrong(name, value, allowed);
    }
  }

  private static OperatorException wrong(String name, @Nullable Object value, String allowed) {
    String shown = String.valueOf(value).isBlank() ? "empty" : String.valueOf(value);
    return new OperatorException("%s is %s: it must be %s".formatted(name, shown, allowed));
  }
}
