package io.flashsale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigValueFactory;
import io.flashsale.http.Cors;
import io.flashsale.http.FairUse;
import io.flashsale.http.TrustedProxies;
import io.flashsale.ops.OperatorException;
import io.flashsale.security.KeyLocation;
import io.flashsale.security.TokenVerifier;
import io.flashsale.tracing.Export;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {

  /** application.conf as it is with these variables in the environment, and no others. */
  private static Config environment(Map<String, String> variables) {
    Config given = ConfigFactory.empty();
    for (var variable : variables.entrySet()) {
      given =
          given.withValue(variable.getKey(), ConfigValueFactory.fromAnyRef(variable.getValue()));
    }
    return ConfigFactory.parseResources("application.conf")
        .withFallback(given)
        .resolve(ConfigResolveOptions.noSystem());
  }

  private static Settings settings(String... variables) {
    Map<String, String> given = new HashMap<>();
    for (int i = 0; i < variables.length; i += 2) {
      given.put(variables[i], variables[i + 1]);
    }
    return Settings.of(environment(given));
  }

  // ---------------------------------------------------------------- defaults

  @Test
  void hasTheDefaultsOfTheTable() {
    Settings settings = settings();

    assertThat(settings.http().host()).isEqualTo("127.0.0.1");
    assertThat(settings.http().port()).isEqualTo(8080);
    assertThat(settings.http().maxInFlight()).isEqualTo(5_000);
    assertThat(settings.http().requestTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(settings.http().drainAtLeast()).isEqualTo(Duration.ofMillis(500));
    assertThat(settings.http().drainAtMost()).isEqualTo(Duration.ofSeconds(3));
    assertThat(settings.http().firstRequestWithin()).isEqualTo(Duration.ofSeconds(10));
    assertThat(settings.http().cors().origins()).isEmpty();
    assertThat(settings.http().adminToken()).isNull();
    assertThat(settings.http().fairUse())
        .isEqualTo(new FairUse.Limits(new FairUse.Limit(50, 100), null, TrustedProxies.NONE));
    assertThat(settings.http().auth()).isNull();
    assertThat(settings.http().tls()).isNull();
    assertThat(settings.database().url()).isNull();
    assertThat(settings.database().dataDirectory()).isEqualTo(Path.of("./data"));
    assertThat(settings.database().patience()).isEqualTo(Duration.ofSeconds(60));
    assertThat(settings.queryConnections()).isEqualTo(4);
    assertThat(settings.schedule().period()).isEqualTo(Duration.ofHours(1));
    assertThat(settings.schedule().items()).isEqualTo(10_000);
    assertThat(settings.schedule().userLimit()).isEqualTo(10);
    assertThat(settings.schedule().holdTtl()).isEqualTo(Duration.ofSeconds(60));
    assertThat(settings.schedule().announceAhead()).isEqualTo(Duration.ofSeconds(30));
    assertThat(settings.eventLoops())
        .isEqualTo(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
    assertThat(settings.cluster()).isEqualTo(Settings.Cluster.ALONE);
    assertThat(settings.warmUp().enabled()).isTrue();
    assertThat(settings.warmUp().atMost()).isEqualTo(Duration.ofSeconds(30));
    Config artery = environment(Map.of()).getConfig("akka.remote.artery.canonical");
    assertThat(artery.getString("hostname")).isEqualTo("127.0.0.1");
    assertThat(artery.getInt("port")).isEqualTo(25_520);
    Config log = environment(Map.of()).getConfig("flashsale.log");
    assertThat(log.getString("level")).isEqualTo("info");
    assertThat(log.getString("format")).isEqualTo("text");
  }

  // ---------------------------------------------------------------- variables

  @Test
  void honoursTheVariablesOfTheApi() {
    Settings.Http http =
        settings("HTTP_HOST", "0.0.0.0", "HTTP_PORT", "0", "HTTP_MAX_IN_FLIGHT", "7").http();

    assertThat(http.host()).isEqualTo("0.0.0.0");
    assertThat(http.port()).isZero();
    assertThat(http.maxInFlight()).isEqualTo(7);
    assertThat(settings("EVENT_LOOPS", "3").eventLoops()).isEqualTo(3);
  }

  @Test
  void honoursTheVariablesOfSales() {
    Settings settings =
        settings("SALE_PERIOD", "3s", "SALE_ITEMS", "5", "USER_LIMIT", "2", "HOLD_TTL", "500ms");

    assertThat(settings.schedule().period()).isEqualTo(Duration.ofSeconds(3));
    assertThat(settings.schedule().items()).isEqualTo(5);
    assertThat(settings.schedule().userLimit()).isEqualTo(2);
    assertThat(settings.schedule().holdTtl()).isEqualTo(Duration.ofMillis(500));
    assertThat(settings.schedule().announceAhead()).isEqualTo(Duration.ofMillis(1_500));
    assertThat(settings("SALE_ANNOUNCE_AHEAD", "2s").schedule().announceAhead()).hasSeconds(2);
  }

  @Test
  void honoursTheVariablesOfTheDatabase() {
    var local = settings("DATA_DIR", "/srv/flashsale").database();
    var named =
        settings("DB_HOST", "db", "DB_PORT", "5433", "DB_NAME", "sale", "DB_PATIENCE", "2s")
            .database();
    var url = settings("DB_URL", "jdbc:postgresql://x/y", "DB_HOST", "z").database();
    var user = settings("DB_HOST", "db", "DB_USER", "me", "DB_PASSWORD", "secret").database();

    assertThat(local.url()).isNull();
    assertThat(local.dataDirectory()).isEqualTo(Path.of("/srv/flashsale"));
    assertThat(named.url()).isEqualTo("jdbc:postgresql://db:5433/sale");
    assertThat(named.patience()).isEqualTo(Duration.ofSeconds(2));
    assertThat(url.url()).isEqualTo("jdbc:postgresql://x/y");
    assertThat(user.url()).isEqualTo("jdbc:postgresql://db:5432/flashsale");
    assertThat(user.user()).isEqualTo("me");
    assertThat(user.password()).isEqualTo("secret");
    assertThat(user.toString()).doesNotContain("secret");
    assertThat(settings("DB_QUERY_CONNECTIONS", "9").queryConnections()).isEqualTo(9);
    assertThat(
            environment(Map.of("DB_JOURNAL_CONNECTIONS", "3"))
                .getInt("akka-persistence-jdbc.shared-databases.slick.db.maxConnections"))
        .isEqualTo(3);
  }

  @Test
  void takesAnEmptyVariableOfADatabaseOrSeedsForNone() {
    Settings settings = settings("DB_URL", "", "DB_HOST", " ", "CLUSTER_SEEDS", "");

    assertThat(settings.database().url()).isNull();
    assertThat(settings.cluster()).isEqualTo(Settings.Cluster.ALONE);
  }

  @Test
  void honoursTheVariablesOfTheCluster() {
    Map<String, String> variables = Map.of("CLUSTER_HOST", "10.0.0.1", "CLUSTER_PORT", "2551");
    Config artery = environment(variables).getConfig("akka.remote.artery.canonical");

    assertThat(artery.getString("hostname")).isEqualTo("10.0.0.1");
    assertThat(artery.getInt("port")).isEqualTo(2551);
    assertThat(settings("CLUSTER_SEEDS", " a:1 , b.c:65535").cluster().seeds())
        .containsExactly("a:1", "b.c:65535");
  }

  @Test
  void honoursTheVariablesOfTheWarmUp() {
    Settings.WarmUp warmUp = settings("WARM_UP", "off", "WARM_UP_AT_MOST", "5s").warmUp();

    assertThat(warmUp.enabled()).isFalse();
    assertThat(warmUp.atMost()).hasSeconds(5);
    assertThat(settings("WARM_UP", "on").warmUp().enabled()).isTrue();
  }

  // ---------------------------------------------------------------- what is refused

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "HTTP_PORT | x | an integer from 0 to 65535",
        "HTTP_PORT | -1 | an integer from 0 to 65535",
        "HTTP_PORT | 65536 | an integer from 0 to 65535",
        "HTTP_PORT | 80.5 | an integer from 0 to 65535",
        "EVENT_LOOPS | 0 | an integer from 1 to 64",
        "EVENT_LOOPS | many | an integer from 1 to 64",
        "HTTP_MAX_IN_FLIGHT | 0 | an integer from 1 to 1000000",
        "RATE_LIMIT_USER | 0 | an integer from 1 to 1000000, or off",
        "RATE_LIMIT_USER | 50/s | an integer from 1 to 1000000, or off",
        "RATE_LIMIT_USER_BURST | 0 | an integer from 1 to 1000000",
        "RATE_LIMIT_ADDRESS | on | an integer from 1 to 1000000, or off",
        "RATE_LIMIT_ADDRESS_BURST | 1000001 | an integer from 1 to 1000000",
        "TRUSTED_PROXIES | balancer | addresses or networks",
        "TRUSTED_PROXIES | 10.0.0.0/33 | addresses or networks",
        "TRUSTED_PROXIES | 10/8 | addresses or networks",
        "AUTH | basic | none, jwt",
        "AUTH | jwt | with one of JWT_JWKS_URL",
        "TLS_CERTIFICATE | nowhere | a file that can be read",
        "CLUSTER_PORT | abc | an integer from 0 to 65535",
        "CLUSTER_PORT | 70000 | an integer from 0 to 65535",
        "SALE_PERIOD | 999ms | from 1s",
        "SALE_PERIOD | 1 fortnight | from 1s",
        "SALE_PERIOD | hourly | unit (ms, s, m, h, d)",
        "SALE_PERIOD | 3600 | unit (ms, s, m, h, d)",
        "SALE_PERIOD | 367d | to 31622400s",
        "SALE_PERIOD | -1s | from 1s",
        "SALE_ITEMS | 0 | an integer from 1 to 1000000",
        "SALE_ITEMS | 1000001 | an integer from 1 to 1000000",
        "SALE_ITEMS | 99999999999 | an integer from 1 to 1000000",
        "SALE_ITEMS | 1e3 | an integer from 1 to 1000000",
        "SALE_ITEMS | ten | an integer from 1 to 1000000",
        "USER_LIMIT | 0 | an integer from 1 to 1000",
        "USER_LIMIT | 1001 | an integer from 1 to 1000",
        "HOLD_TTL | 99ms | from 100ms to 360000s",
        "HOLD_TTL | 101h | from 100ms to 360000s",
        "SALE_ANNOUNCE_AHEAD | 0s | from 1ms",
        "DB_PORT | 0 | an integer from 1 to 65535",
        "DB_PATIENCE | soon | unit (ms, s, m, h, d)",
        "DB_QUERY_CONNECTIONS | 0 | an integer from 1 to 1000",
        "DB_JOURNAL_CONNECTIONS | 0 | an integer from 1 to 1000",
        "DB_URL | postgres://db/x | jdbc:postgresql:",
        "CLUSTER_SEEDS | a | host:port,host:port",
        "CLUSTER_SEEDS | a:1,b | host:port,host:port",
        "CLUSTER_SEEDS | a:65536 | host:port,host:port",
        "WARM_UP | true | on, off",
        "WARM_UP | ON | on, off",
        "WARM_UP_AT_MOST | 999ms | from 1s to 600s",
        "WARM_UP_AT_MOST | 11m | from 1s to 600s",
        "WARM_UP_AT_MOST | 20 | unit (ms, s, m, h, d)",
        "LOG_LEVEL | loud | error, warn, info, debug",
        "LOG_FORMAT | xml | text, json",
        "CLUSTER_FORM | magic | self, seeds, dns, kubernetes",
        "CLUSTER_NODES | 0 | an integer from 1",
        "CLUSTER_ROLES | a b | words of",
        "MANAGEMENT | yes | auto, on",
      })
  void namesTheVariableItsValueAndWhatIsAllowed(String variable, String value, String allowed) {
    assertThatExceptionOfType(OperatorException.class)
        .isThrownBy(() -> settings(variable, value))
        .satisfies(e -> assertThat(e).message().hasLineCount(1))
        .withMessageStartingWith(variable + " is " + value + ": it must be")
        .withMessageContaining(allowed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"HTTP_HOST", "HTTP_PORT", "SALE_ITEMS", "HOLD_TTL", "DATA_DIR", "DB_NAME"})
  void saysThatAVariableIsEmpty(String variable) {
    assertThatExceptionOfType(OperatorException.class)
        .isThrownBy(() -> settings(variable, ""))
        .withMessageStartingWith(variable + " is empty: it must be");
  }

  /** Or the embedded one would be used, and nobody told. */
  @Test
  void refusesTheNameOfADatabaseThatIsNowhere() {
    for (String host : List.of("", " ")) {
      assertThatExceptionOfType(OperatorException.class)
          .isThrownBy(() -> settings("DB_NAME", "shop", "DB_HOST", host, "DB_URL", host))
          .satisfies(e -> assertThat(e).message().hasLineCount(1))
          .withMessageStartingWith("DB_NAME is shop, but neither DB_HOST nor DB_URL is set");
    }
    assertThatExceptionOfType(OperatorException.class)
        .isThrownBy(() -> settings("DB_NAME", "flashsale"))
        .withMessageContaining("neither DB_HOST nor DB_URL");
    assertThat(settings("DB_NAME", "shop", "DB_URL", "jdbc:postgresql://db/sale").database().url())
        .isEqualTo("jdbc:postgresql://db/sale");
  }

  @Test
  void boundsTheHoldByThePeriod() {
    assertThat(settings("SALE_PERIOD", "1s", "HOLD_TTL", "100s").schedule().holdTtl())
        .hasSeconds(100);
    assertThatExceptionOfType(OperatorException.class)
        .isThrownBy(() -> settings("SALE_PERIOD", "1s", "HOLD_TTL", "101s"))
        .withMessageStartingWith("HOLD_TTL is 101s");
  }

  @Test
  void formsAClusterAsItIsTold() {
    assertThat(settings("CLUSTER_SEEDS", "a:1").cluster().form()).isEqualTo(Settings.Form.SEEDS);
    assertThat(settings("CLUSTER_FORM", "self").cluster()).isEqualTo(Settings.Cluster.ALONE);
    assertThat(settings("CLUSTER_FORM", "dns").cluster().management()).isTrue();
    assertThat(settings("CLUSTER_FORM", "kubernetes").cluster().form())
        .isEqualTo(Settings.Form.KUBERNETES);
    assertThat(settings("CLUSTER_ROLES", "http, entities").cluster().roles())
        .containsExactly("http", "entities");
    assertThatExceptionOfType(OperatorException.class)
        .isThrownBy(() -> settings("CLUSTER_FORM", "seeds"))
        .withMessageStartingWith("CLUSTER_SEEDS is empty: it must be given");
    assertThatExceptionOfType(OperatorException.class)
        .isThrownBy(() -> settings("CLUSTER_FORM", "dns", "CLUSTER_SEEDS", "a:1"))
        .withMessageStartingWith("CLUSTER_FORM is dns: it must be seeds");
  }

  @Test
  void takesAllFilesOfTlsOrNone() {
    String here = Path.of("pom.xml").toString();
    assertThatExceptionOfType(OperatorException.class)
        .isThrownBy(() -> settings("CLUSTER_TLS_CERT", here, "CLUSTER_TLS_KEY", here))
        .withMessageStartingWith("CLUSTER_TLS_CA is empty: it must be a file");
    assertThatExceptionOfType(OperatorException.class)
        .isThrownBy(() -> settings("CLUSTER_TLS_CERT", "nowhere"))
        .withMessageStartingWith("CLUSTER_TLS_CERT is nowhere: it must be a file");
  }

  @Test
  void honoursTheVariablesOfFairUse() {
    FairUse.Limits limits =
        settings(
                "RATE_LIMIT_USER",
                "off",
                "RATE_LIMIT_ADDRESS",
                "20",
                "RATE_LIMIT_ADDRESS_BURST",
                "5",
                "TRUSTED_PROXIES",
                "10.0.0.0/8, ::1")
            .http()
            .fairUse();

    assertThat(limits.user()).isNull();
    assertThat(limits.address()).isEqualTo(new FairUse.Limit(20, 5));
    assertThat(limits.proxies()).isNotEqualTo(TrustedProxies.NONE);
  }

  @Test
  void honoursTheVariablesOfTokens() {
    String here = Path.of("pom.xml").toString();
    Settings.Auth auth =
        settings(
                "AUTH",
                "jwt",
                "JWT_JWKS_URL",
                "https://id.example/jwks",
                "JWT_ISSUER",
                "https://id.example",
                "JWT_AUDIENCE",
                "shop",
                "JWT_LEEWAY",
                "5s",
                "JWT_ADMIN_CLAIM",
                "realm_access.roles",
                "JWT_ADMIN_ROLE",
                "admin")
            .http()
            .auth();

    assertThat(auth)
        .isEqualTo(
            new Settings.Auth(
                new KeyLocation.Url(
                    URI.create("https://id.example/jwks"),
                    Duration.ofMinutes(5),
                    Duration.ofSeconds(30)),
                new TokenVerifier.Rules(
                    "https://id.example",
                    "shop",
                    Duration.ofSeconds(5),
                    "realm_access.roles",
                    "admin")));
    assertThat(settings("AUTH", "jwt", "JWT_PUBLIC_KEY_FILE", here).http().auth())
        .extracting(Settings.Auth::keys)
        .isEqualTo(new KeyLocation.PublicKey(Path.of(here)));
    assertThat(settings("AUTH", "jwt", "JWT_SECRET_FILE", here).http().auth())
        .extracting(Settings.Auth::rules)
        .isEqualTo(new TokenVerifier.Rules(null, null, Duration.ofSeconds(30), "roles", null));
  }

  /** Or somebody would think that tokens are asked for, or which key counts. */
  @Test
  void wantsOnePlaceForTheKeysOfTokens() {
    String here = Path.of("pom.xml").toString();
    assertThatThrownBy(() -> settings("JWT_SECRET_FILE", here))
        .isInstanceOf(OperatorException.class)
        .hasMessageStartingWith("AUTH is none: it must be jwt if one of JWT_JWKS_URL");
    assertThatThrownBy(
            () -> settings("AUTH", "jwt", "JWT_SECRET_FILE", here, "JWT_PUBLIC_KEY_FILE", here))
        .isInstanceOf(OperatorException.class)
        .hasMessageStartingWith("AUTH is jwt: it must be with one of JWT_JWKS_URL");
    for (String url : List.of("ftp://x/y", "id.example", "https://u:p@id.example/", "https:///x")) {
      assertThatThrownBy(() -> settings("AUTH", "jwt", "JWT_JWKS_URL", url))
          .isInstanceOf(OperatorException.class)
          .hasMessageStartingWith("JWT_JWKS_URL is ");
    }
    assertThatThrownBy(() -> settings("AUTH", "jwt", "JWT_SECRET_FILE", here, "JWT_LEEWAY", "6m"))
        .isInstanceOf(OperatorException.class)
        .hasMessageStartingWith("JWT_LEEWAY is 6m: it must be");
  }

  @Test
  void takesBothFilesOfTheApisTlsOrNone() {
    String here = Path.of("pom.xml").toString();
    assertThat(settings("TLS_CERTIFICATE", here, "TLS_PRIVATE_KEY", here).http().tls())
        .isEqualTo(new Settings.ApiTls(Path.of(here), Path.of(here), Duration.ofSeconds(10)));
    assertThatThrownBy(() -> settings("TLS_CERTIFICATE", here))
        .isInstanceOf(OperatorException.class)
        .hasMessageStartingWith("TLS_PRIVATE_KEY is empty: it must be a file");
  }

  @Test
  void readsTheOriginsOfPages() {
    assertThat(settings("CORS_ORIGINS", "https://a.example, http://localhost:3000").http().cors())
        .isEqualTo(new Cors(List.of("https://a.example", "http://localhost:3000")));
    assertThat(settings("CORS_ORIGINS", "*").http().cors().origins()).containsExactly("*");
    for (String wrong : List.of("a.example", "https://a.example/", "https://", "https://a b")) {
      assertThatThrownBy(() -> settings("CORS_ORIGINS", wrong))
          .isInstanceOf(OperatorException.class)
          .hasMessageStartingWith("CORS_ORIGINS is " + wrong + ": ");
    }
  }

  @Test
  void followsNothingUnlessACollectorIsNamed() {
    assertThat(settings().traces()).isNull();
    assertThat(settings("OTEL_TRACES_SAMPLER", "always_on").traces()).isNull();
    assertThat(settings("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318").traces())
        .isEqualTo(
            new Export(
                URI.create("http://c:4318"),
                "parentbased_traceidratio",
                0.01,
                "flashsale",
                Map.of()));
  }

  @Test
  void readsWhatOpenTelemetryNames() {
    String resource = "deployment.environment.name=test, host.name=a";
    Settings settings =
        settings(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "https://c.example/otlp",
            "OTEL_TRACES_SAMPLER",
            "traceidratio",
            "OTEL_TRACES_SAMPLER_ARG",
            "1",
            "OTEL_SERVICE_NAME",
            "shop",
            "OTEL_RESOURCE_ATTRIBUTES",
            resource);
    assertThat(settings.traces())
        .isEqualTo(
            new Export(
                URI.create("https://c.example/otlp"),
                "traceidratio",
                1,
                "shop",
                Map.of("deployment.environment.name", "test", "host.name", "a")));
    for (String[] wrong :
        new String[][] {
          {"OTEL_EXPORTER_OTLP_ENDPOINT", "c:4317"},
          {"OTEL_TRACES_SAMPLER", "jaeger_remote"},
          {"OTEL_TRACES_SAMPLER_ARG", "1.5"},
          {"OTEL_RESOURCE_ATTRIBUTES", "a"},
        }) {
      assertThatThrownBy(() -> settings(wrong))
          .isInstanceOf(OperatorException.class)
          .hasMessageStartingWith(wrong[0] + " is " + wrong[1] + ": it must be");
    }
  }

  @Test
  void doesNotShowTheTokenOfOperators() {
    String token = "0123456789abcdef";
    assertThat(settings("ADMIN_TOKEN", token).http().adminToken()).isNotNull();
    assertThat(settings("ADMIN_TOKEN", token).toString()).doesNotContain(token);
    assertThatThrownBy(() -> settings("ADMIN_TOKEN", "too-short"))
        .isInstanceOf(OperatorException.class)
        .hasMessage("ADMIN_TOKEN cannot be used: it must be 16 to 255 visible ASCII characters");
  }

  @Test
  void doesNotShowThePasswordOfAUrl() {
    String url = "jdbc:postgres://db/x?password=secret";

    assertThatExceptionOfType(OperatorException.class)
        .isThrownBy(() -> settings("DB_URL", url))
        .withMessageNotContaining("secret");
    assertThatExceptionOfType(OperatorException.class)
        .isThrownBy(() -> settings("DB_URL", "postgresql://u:secret@db/x"))
        .withMessageContaining("postgresql://db/x")
        .withMessageNotContaining("secret");
    assertThat(settings("DB_URL", "jdbc:postgresql://db/x?password=secret").toString())
        .doesNotContain("secret");
  }
}
