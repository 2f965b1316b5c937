package io.flashsale.load;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is set by {@code -Dname=value}, or else by the environment variable {@code NAME}: {@code
 * baseUrl} is also {@code BASE_URL}. What is missing or wrong ends the run with one line.
 */
final class Settings {

  /** Which sale a simulation takes place in. */
  enum Which {
    /** The one that is open, as far as it is not sold. */
    OPEN,
    /** The next one of the schedule: everybody waits for it. */
    NEXT,
    /** An extra sale; the one that is open is closed for it. */
    NEW
  }

  private static final Pattern DURATION = Pattern.compile("(\\d{1,6})(ms|s|m|h)");
  private static final int MOST = 1_000_000;

  private Settings() {}

  /** One or more, each asked by the next person. */
  static List<String> baseUrls() {
    List<String> urls = new ArrayList<>();
    for (String url : text("baseUrl", "http://localhost:8080").split(",", -1)) {
      try {
        URI uri = URI.create(url.strip());
        if (uri.getHost() == null || !List.of("http", "https").contains(uri.getScheme())) {
          throw new IllegalArgumentException();
        }
        urls.add(url.strip().replaceAll("/+$", ""));
      } catch (IllegalArgumentException e) {
        throw end("baseUrl has '" + url + "', which is no http://host:port");
      }
    }
    return urls;
  }

  static String adminToken() {
    String token = text("adminToken", "");
    if (token.isEmpty()) {
      throw end(
          "ADMIN_TOKEN (or -DadminToken) is missing: every simulation ends with an audit, for which"
              + " the program needs the same ADMIN_TOKEN");
    }
    return token;
  }

  static Which which() {
    String name = text("sale", "open");
    try {
      return Which.valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw end("sale is '" + name + "', not open, next or new");
    }
  }

  /** A whole number from 1 to 1,000,000. */
  static int number(String name, int otherwise) {
    String text = text(name, Integer.toString(otherwise));
    int number = text.matches("\\d{1,7}") ? Integer.parseInt(text) : 0;
    if (number < 1 || number > MOST) {
      throw end(name + " is '" + text + "', not a whole number from 1 to " + MOST);
    }
    return number;
  }

  /** A whole number from 0 to 100. */
  static double percent(String name, int otherwise) {
    String text = text(name, Integer.toString(otherwise));
    if (!text.matches("\\d{1,2}|100")) {
      throw end(name + " is '" + text + "', not a whole number from 0 to 100");
    }
    return Integer.parseInt(text);
  }

  /** {@code 500ms}, {@code 30s}, {@code 5m} or {@code 2h}. */
  static Duration duration(String name, String otherwise) {
    String text = text(name, otherwise);
    Matcher parts = DURATION.matcher(text);
    if (!parts.matches() || Integer.parseInt(parts.group(1)) == 0) {
      throw end(name + " is '" + text + "', not a time like 500ms, 30s, 5m or 2h");
    }
    long amount = Long.parseLong(parts.group(1));
    return switch (parts.group(2)) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      default -> Duration.ofHours(amount);
    };
  }

  static String text(String name, String otherwise) {
    String variable = name.replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT);
    String value = System.getProperty(name, System.getenv(variable));
    return value == null || value.isBlank() ? otherwise : value.strip();
  }

  /** Ends the JVM: Gatling itself would print a stack trace, and what is wrong somewhere in it. */
  static IllegalStateException end(String line) {
    System.err.println("flashsale-load: " + line);
    System.exit(1);
    return new IllegalStateException(line); // for the compiler
  }
}
