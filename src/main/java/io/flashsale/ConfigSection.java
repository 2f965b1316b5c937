package io.flashsale;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.flashsale.ops.OperatorException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A section of the configuration, whose values are read as what they have to be. What is not gets
 * an {@link OperatorException} of one line: the name of its variable, the value, what is allowed.
 *
 * @param prefix of its paths, with the last dot; empty for all of the configuration
 */
record ConfigSection(Config config, String prefix) {

  static final Duration FOREVER = Duration.ofDays(366);

  static ConfigSection root(Config all) {
    return new ConfigSection(all, "");
  }

  ConfigSection section(String path) {
    return new ConfigSection(config.getConfig(path), prefix + path + ".");
  }

  boolean has(String path) {
    return config.hasPath(path);
  }

  String string(String path) {
    return config.getString(path);
  }

  /** An empty variable counts as one that is not set. */
  @Nullable String text(String path) {
    return has(path) && !string(path).isBlank() ? string(path) : null;
  }

  String required(String path, String name) {
    String text = string(path);
    check(!text.isBlank(), name, text, "given, or not set at all");
    return text;
  }

  String oneOf(String path, String name, String... allowed) {
    String text = string(path);
    check(List.of(allowed).contains(text), name, text, String.join(", ", allowed));
    return text;
  }

  int integer(String path, String name, int least, int most) {
    String text = string(path);
    String allowed = "an integer from " + least + " to " + most;
    check(text.matches("[0-9]{1,9}"), name, text, allowed);
    int value = Integer.parseInt(text);
    check(value >= least && value <= most, name, text, allowed);
    return value;
  }

  Path file(String path, String name) {
    String text = text(path);
    Path file = Path.of(text == null ? "" : text);
    check(
        text != null && Files.isReadable(file),
        name,
        text == null ? "" : text,
        "a file that can be read");
    return file;
  }

  URI uri(String path, String name, String allowed) {
    String text = string(path);
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

  /** A setting without a variable of its own. */
  Duration unnamed(String path, Duration least) {
    return duration(path, prefix + path, least, FOREVER);
  }

  Duration duration(String path, String name, Duration least, Duration most) {
    String text = string(path);
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

  static void check(boolean valid, String name, @Nullable Object value, String allowed) {
    if (!valid) {
      throw wrong(name, value, allowed);
    }
  }

  static OperatorException wrong(String name, @Nullable Object value, String allowed) {
    String shown = String.valueOf(value).isBlank() ? "empty" : String.valueOf(value);
    return new OperatorException("%s is %s: it must be %s".formatted(name, shown, allowed));
  }
}
