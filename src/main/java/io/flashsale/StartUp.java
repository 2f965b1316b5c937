package io.flashsale;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigValue;
import io.flashsale.database.Database;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a node says of itself when it starts: whoever reads a log begins here. */
final class StartUp {

  private static final Logger log = LoggerFactory.getLogger(StartUp.class);

  /** Nobody is to find these in a log. */
  private static final Set<String> SECRETS = Set.of("admin.token", "database.password");

  private static final String URL = "database.url";

  private StartUp() {}

  static void log(Config config, Settings settings, String version) {
    var terms = settings.schedule();
    log.info(
        "{}; a sale of {} items every {}, {} per user, holds of {}; {}; cluster: {}",
        version,
        terms.items(),
        words(terms.period()),
        terms.userLimit(),
        words(terms.holdTtl()),
        database(settings),
        settings.cluster().form().name().toLowerCase(Locale.ROOT)
            + (settings.cluster().seeds().isEmpty() ? "" : " " + settings.cluster().seeds()));
    Map<String, String> changed = changed(config);
    if (!changed.isEmpty()) {
      log.info(
          "Not as by default: {}",
          changed.entrySet().stream()
              .map(setting -> setting.getKey() + "=" + setting.getValue())
              .collect(Collectors.joining(", ")));
    }
  }

  private static String database(Settings settings) {
    return settings.database().url() == null
        ? "PostgreSQL " + settings.database()
        : settings.database().toString();
  }

  /** Settings of the section flashsale that are not what application.conf says by itself. */
  static Map<String, String> changed(Config config) {
    Config defaults =
        ConfigFactory.parseResources("application.conf")
            .resolve(ConfigResolveOptions.defaults().setUseSystemEnvironment(false))
            .getConfig("flashsale");
    Map<String, String> changed = new TreeMap<>();
    for (Map.Entry<String, ConfigValue> setting : config.getConfig("flashsale").entrySet()) {
      String path = setting.getKey();
      String value = setting.getValue().unwrapped().toString();
      String byDefault =
          defaults.hasPath(path) ? defaults.getValue(path).unwrapped().toString() : "";
      if (!value.equals(byDefault)) {
        changed.put(path, shown(path, value));
      }
    }
    return changed;
  }

  private static String shown(String path, String value) {
    if (SECRETS.contains(path)) {
      return "(secret)";
    }
    return path.equals(URL) ? Database.withoutParameters(value) : value;
  }

  private static String words(Duration duration) {
    return duration.toString().substring(2).toLowerCase(Locale.ROOT); // PT1H is 1h
  }
}
