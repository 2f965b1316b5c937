package io.flashsale;

import static io.flashsale.ConfigSection.check;
import static io.flashsale.ConfigSection.wrong;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.flashsale.Settings.ApiTls;
import io.flashsale.Settings.Auth;
import io.flashsale.Settings.Cluster;
import io.flashsale.Settings.Form;
import io.flashsale.Settings.Http;
import io.flashsale.Settings.MetricsOn;
import io.flashsale.Settings.Tls;
import io.flashsale.Settings.WarmUp;
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
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes the settings out of the configuration, section by section. */
final class SettingsReader {

  /**
   * So many holds of past sales may have to be told apart by the code and watched after a crash.
   */
  private static final int SALES_PER_HOLD = 100;

  private static final int MOST_PORT = 65_535;
  private static final String DATABASE = "flashsale";

  static {
    if (SALES_PER_HOLD >= CheckoutCode.SALES) {
      throw new AssertionError("A code could name two sales with live holds");
    }
  }

  private SettingsReader() {}

  static Settings read(Config all) {
    try {
      ConfigSection root = ConfigSection.root(all);
      ConfigSection config = root.section("flashsale");
      config.oneOf("log.level", "LOG_LEVEL", "error", "warn", "info", "debug", "trace");
      config.oneOf("log.format", "LOG_FORMAT", "text", "json");
      config.oneOf("log.requests", "REQUEST_LOG", "off", "info");
      root.integer("akka.remote.artery.canonical.port", "CLUSTER_PORT", 0, MOST_PORT);
      config.integer("database.journal-connections", "DB_JOURNAL_CONNECTIONS", 1, 1_000);
      return new Settings(
          http(config),
          eventLoops(config),
          database(config),
          config.integer("database.query-connections", "DB_QUERY_CONNECTIONS", 1, 1_000),
          schedule(config),
          cluster(root, config.section("cluster"), metrics(config)),
          warmUp(config),
          metrics(config),
          traces(config.section("tracing")));
    } catch (ConfigException e) {
      throw new OperatorException("The configuration cannot be used: " + Database.oneLine(e), e);
    }
  }

  private static MetricsOn metrics(ConfigSection config) {
    String text = config.oneOf("metrics", "METRICS", "api", "management", "off");
    return MetricsOn.valueOf(text.toUpperCase(Locale.ROOT));
  }

  private static @Nullable Export traces(ConfigSection config) {
    String sampler =
        config.oneOf("sampler", "OTEL_TRACES_SAMPLER", Export.SAMPLERS.toArray(String[]::new));
    String ratio = config.string("sampler-arg");
    check(
        ratio.matches("0(\\.[0-9]{1,9})?|1(\\.0{1,9})?"),
        "OTEL_TRACES_SAMPLER_ARG",
        ratio,
        "a number from 0 to 1, like 0.01");
    String service = config.required("service-name", "OTEL_SERVICE_NAME");
    Map<String, String> resource = resource(config);
    String endpoint = config.text("endpoint");
    return endpoint == null
        ? null
        : new Export(
            config.uri(
                "endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT", "a URL like http://collector:4318"),
            sampler,
            Double.parseDouble(ratio),
            service,
            resource);
  }

  private static Map<String, String> resource(ConfigSection config) {
    String text = config.text("resource-attributes");
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

  private static WarmUp warmUp(ConfigSection config) {
    return new WarmUp(
        config.oneOf("warm-up.enabled", "WARM_UP", "on", "off").equals("on"),
        config.duration(
            "warm-up.at-most", "WARM_UP_AT_MOST", Duration.ofSeconds(1), Duration.ofMinutes(10)));
  }

  private static SaleSchedule schedule(ConfigSection config) {
    Duration period =
        config.duration("sale.period", "SALE_PERIOD", Duration.ofSeconds(1), Duration.ofDays(366));
    Duration longestHold = period.multipliedBy(SALES_PER_HOLD);
    Duration half = period.dividedBy(2);
    Duration ahead =
        config.duration(
            "sale.announce-ahead",
            "SALE_ANNOUNCE_AHEAD",
            Duration.ofMillis(1),
            ConfigSection.FOREVER);
    return new SaleSchedule(
        period,
        ahead.compareTo(half) < 0 ? ahead : half,
        config.integer("sale.items", "SALE_ITEMS", 1, Sale.MOST_ITEMS),
        config.integer("sale.user-limit", "USER_LIMIT", 1, 1_000),
        config.duration("sale.hold-ttl", "HOLD_TTL", Duration.ofMillis(100), longestHold));
  }

  private static Http http(ConfigSection config) {
    return new Http(
        config.required("http.host", "HTTP_HOST"),
        config.integer("http.port", "HTTP_PORT", 0, MOST_PORT),
        config.integer("http.max-in-flight", "HTTP_MAX_IN_FLIGHT", 1, 1_000_000),
        config.unnamed("http.request-timeout", Duration.ofMillis(1)),
        config.unnamed("http.drain-at-least", Duration.ZERO),
        config.unnamed("http.drain-at-most", Duration.ZERO),
        config.unnamed("http.first-request-within", Duration.ofMillis(100)),
        config.integer("http.live-clients", "LIVE_CLIENTS", 0, 1_000_000),
        cors(config),
        adminToken(config),
        fairUse(config),
        auth(config.section("auth")),
        apiTls(config));
  }

  private static FairUse.Limits fairUse(ConfigSection config) {
    String proxies = config.text("http.trusted-proxies");
    return new FairUse.Limits(
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

  private static FairUse.@Nullable Limit limit(ConfigSection config, String path, String name) {
    int burst = config.integer(path + "-burst", name + "_BURST", 1, 1_000_000);
    String text = config.string(path);
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
  private static @Nullable Auth auth(ConfigSection config) {
    String mode = config.oneOf("mode", "AUTH", "none", "jwt");
    String url = config.text("jwks-url");
    String publicKey = config.text("public-key-file");
    String secret = config.text("secret-file");
    long places = Stream.of(url, publicKey, secret).filter(place -> place != null).count();
    String names = "JWT_JWKS_URL, JWT_PUBLIC_KEY_FILE and JWT_SECRET_FILE";
    if (mode.equals("none")) {
      check(places == 0, "AUTH", "none", "jwt if one of " + names + " is set");
      return null;
    }
    check(places == 1, "AUTH", "jwt", "with one of %s, and no more".formatted(names));
    KeyLocation keys =
        url != null
            ? new KeyLocation.Url(
                config.uri(
                    "jwks-url",
                    "JWT_JWKS_URL",
                    "a URL like https://id.example/.well-known/jwks.json"),
                config.unnamed("jwks-refresh", Duration.ofSeconds(1)),
                config.unnamed("jwks-refresh-at-most-every", Duration.ofMillis(100)))
            : publicKey != null
                ? new KeyLocation.PublicKey(config.file("public-key-file", "JWT_PUBLIC_KEY_FILE"))
                : new KeyLocation.Secret(config.file("secret-file", "JWT_SECRET_FILE"));
    return new Auth(
        keys,
        new TokenVerifier.Rules(
            config.text("issuer"),
            config.text("audience"),
            config.duration("leeway", "JWT_LEEWAY", Duration.ZERO, Duration.ofMinutes(5)),
            config.required("admin-claim", "JWT_ADMIN_CLAIM"),
            config.text("admin-role")));
  }

  /** Both files, or none. */
  private static @Nullable ApiTls apiTls(ConfigSection config) {
    return config.text("http.tls.certificate") == null
            && config.text("http.tls.private-key") == null
        ? null
        : new ApiTls(
            config.file("http.tls.certificate", "TLS_CERTIFICATE"),
            config.file("http.tls.private-key", "TLS_PRIVATE_KEY"),
            config.unnamed("http.tls.reload-every", Duration.ofMillis(100)));
  }

  private static Cors cors(ConfigSection config) {
    String text = config.text("http.cors-origins");
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
  private static @Nullable AdminToken adminToken(ConfigSection config) {
    String token = config.text("admin.token");
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
  private static int eventLoops(ConfigSection config) {
    String text = config.string("event-loops");
    return text.equals("auto")
        ? Math.max(1, Runtime.getRuntime().availableProcessors() / 2)
        : config.integer("event-loops", "EVENT_LOOPS", 1, 64);
  }

  private static Database.Location database(ConfigSection config) {
    ConfigSection db = config.section("database");
    String url = db.text("url");
    String host = db.text("host");
    if (url != null && !url.startsWith("jdbc:postgresql:")) {
      throw new OperatorException(
          "DB_URL is %s: it must begin with jdbc:postgresql:, for example jdbc:postgresql://db:5432/flashsale"
              .formatted(Database.withoutParameters(url)));
    }
    int port = db.integer("port", "DB_PORT", 1, MOST_PORT);
    String name = db.has("name") ? db.required("name", "DB_NAME") : DATABASE;
    if (url == null && host != null) {
      url = "jdbc:postgresql://%s:%d/%s".formatted(host, port, name);
    } else if (url == null && db.has("name")) {
      throw new OperatorException(
          "DB_NAME is %s, but neither DB_HOST nor DB_URL is set: set one of them, or none of the three for the embedded database"
              .formatted(name));
    }
    return new Database.Location(
        url,
        db.string("user"),
        db.string("password"),
        Path.of(config.required("data-dir", "DATA_DIR")),
        db.duration("patience", "DB_PATIENCE", Duration.ZERO, Duration.ofDays(1)));
  }

  private static Cluster cluster(ConfigSection root, ConfigSection config, MetricsOn metrics) {
    List<String> seeds = seeds(config);
    String word = config.text("form");
    Form form = seeds.isEmpty() ? Form.SELF : Form.SEEDS;
    if (word != null) {
      config.oneOf("form", "CLUSTER_FORM", "self", "seeds", "dns", "kubernetes");
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
    config.integer("nodes", "CLUSTER_NODES", 1, 1_000);
    config.required("service", "CLUSTER_SERVICE");
    root.integer("akka.management.http.port", "MANAGEMENT_PORT", 0, MOST_PORT);
    String management = config.oneOf("management", "MANAGEMENT", "auto", "on");
    return new Cluster(
        form,
        seeds,
        roles(config),
        tls(config),
        bootstrap || metrics == MetricsOn.MANAGEMENT || management.equals("on"),
        metrics == MetricsOn.MANAGEMENT);
  }

  private static List<String> roles(ConfigSection config) {
    String text = config.required("roles", "CLUSTER_ROLES");
    List<String> roles = List.of(text.strip().split("\\s*,\\s*"));
    boolean valid = roles.stream().allMatch(role -> role.matches("[a-z0-9-]{1,40}"));
    check(valid, "CLUSTER_ROLES", text, "words of a-z, 0-9 and -, separated by commas");
    return roles;
  }

  /** All three files, or none. */
  private static @Nullable Tls tls(ConfigSection config) {
    return Stream.of("tls.certificate", "tls.key", "tls.authority")
            .allMatch(path -> config.text(path) == null)
        ? null
        : new Tls(
            config.file("tls.certificate", "CLUSTER_TLS_CERT"),
            config.file("tls.key", "CLUSTER_TLS_KEY"),
            config.file("tls.authority", "CLUSTER_TLS_CA"));
  }

  private static List<String> seeds(ConfigSection config) {
    String text = config.text("seeds");
    List<String> seeds = text == null ? List.of() : List.of(text.strip().split("\\s*,\\s*"));
    for (String seed : seeds) {
      boolean valid =
          seed.matches("[^:/\\s]+:\\d{1,5}")
              && Integer.parseInt(seed, seed.indexOf(':') + 1, seed.length(), 10) <= MOST_PORT;
      check(valid, "CLUSTER_SEEDS", text, "host:port,host:port");
    }
    return seeds;
  }
}
