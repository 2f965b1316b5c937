package io.flashsale;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import io.flashsale.database.Database;
import io.flashsale.ops.Audit;
import io.flashsale.ops.AuditReport;
import io.flashsale.ops.OperatorException;
import io.flashsale.top.Top;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program. Exit codes: 0 as asked, 1 not done (one line says why), 2 wrong usage. */
@Command(
    name = "flashsale",
    description = "A flash-sale system that sells every item once, and can prove it.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.class,
    footerHeading = "%n",
    footer = {
      "Settings come from the environment: HTTP_PORT, SALE_PERIOD, SALE_ITEMS, DATA_DIR, DB_URL"
          + " ...",
      "README.md has them all."
    })
public final class Main implements Runnable, CommandLine.IVersionProvider {

  private static volatile boolean exiting;

  public static void main(String[] args) {
    SLF4JBridgeHandler.removeHandlersForRootLogger(); // what libraries log by java.util.logging
    SLF4JBridgeHandler.install();
    int exitCode =
        new CommandLine(new Main()).setExecutionExceptionHandler(Main::report).execute(args);
    exiting = true;
    System.exit(exitCode);
  }

  /** The program exits by itself: a shutdown hook has nothing to do. */
  static boolean isExiting() {
    return exiting;
  }

  @Override
  public void run() {
    serve();
  }

  @Command(
      description = "Run a node (default): the API, its actors, and PostgreSQL if none is named.",
      mixinStandardHelpOptions = true)
  int serve() {
    Config config = config();
    Node.run(config, Settings.of(config));
    return 0;
  }

  @Command(
      name = "warm-up",
      description = {
        "Start a node that nobody can find, sell a synthetic sale as each does before it takes",
        "requests, and put it all away. Exit code 1 if nothing was sold.",
        "The JVM learns from it what lib/flashsale.aot is to hold (-XX:AOTCacheOutput)."
      },
      mixinStandardHelpOptions = true)
  int warmUp() {
    Config config = config();
    return Node.warmUp(config, Settings.of(config)) ? 0 : 1;
  }

  @Command(
      description = "Bring the schema of the database to this version.",
      mixinStandardHelpOptions = true)
  int migrate() {
    try (Database database = Database.open(Settings.of(config()).database())) {
      int applied = database.migrate();
      System.out.println(
          applied == 0 ? "The schema is up to date" : "Migrations applied: " + applied);
    }
    return 0;
  }

  @Command(
      description = {
        "Prove from the journal that nothing was sold twice, lost or passed the limit.",
        "Exit code 1 if it cannot be proven: the ids that offend are printed."
      },
      mixinStandardHelpOptions = true)
  int audit(
      @Option(names = "--sale", paramLabel = "<id>", description = "Only this sale.")
          @Nullable Long sale,
      @Option(names = "--json", description = "Print JSON instead of a table.") boolean json)
      throws SQLException {
    Database.Location location = Settings.of(config()).database();
    try (Database database = Database.attach(location);
        Connection connection = database.connect()) {
      AuditReport report =
          Audit.run(connection, sale == null ? OptionalLong.empty() : OptionalLong.of(sale));
      System.out.println(json ? report.toJson() : report.toText());
      return report.clean() ? 0 : 1;
    }
  }

  @Command(
      description = "Show the running sale in the terminal, until it is interrupted.",
      mixinStandardHelpOptions = true)
  int top(
      @Option(
              names = "--url",
              paramLabel = "<url>",
              description = "A node; may be given for each. Default: ${DEFAULT-VALUE}.",
              defaultValue = "http://localhost:8080")
          List<URI> urls,
      @Option(
              names = "--every",
              paramLabel = "<seconds>",
              description = "How often to look, 1 to 60. Default: ${DEFAULT-VALUE}.",
              defaultValue = "1")
          int every,
      @Option(names = "--once", description = "Look once. Exit code 1 if no node answers.")
          boolean once)
      throws InterruptedException {
    if (every < 1 || every > 60) {
      throw new OperatorException("--every is %d: it must be 1 to 60".formatted(every));
    }
    for (URI url : urls) {
      if (url.getHost() == null || !List.of("http", "https").contains(url.getScheme())) {
        throw new OperatorException(
            "--url is %s: it must be like http://localhost:8080".formatted(url));
      }
    }
    Top top = new Top(urls, System.out);
    if (once) {
      return top.once() ? 0 : 1;
    }
    top.run(Duration.ofSeconds(every));
    return 0;
  }

  @Command(description = "Print the version.", mixinStandardHelpOptions = true)
  int version() {
    System.out.println(getVersion()[0]);
    return 0;
  }

  @Override
  public String[] getVersion() {
    return new String[] {fullVersion()};
  }

  static String fullVersion() {
    return "flashsale %s (Java %s)".formatted(programVersion(), Runtime.version());
  }

  static String programVersion() {
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  private static Config config() {
    try {
      return ConfigFactory.load();
    } catch (ConfigException e) {
      throw new OperatorException("The configuration cannot be read: " + Database.oneLine(e), e);
    }
  }

  /** One line for the operator; a bug shows where it is. */
  private static int report(
      Exception failure, CommandLine command, CommandLine.ParseResult arguments) {
    if (failure instanceof OperatorException) {
      command.getErr().println("flashsale: " + failure.getMessage());
      // Nothing of a setting that is wrong: logback would start, and complain of LOG_FORMAT at
      // length.
      if (failure.getCause() != null) {
        LoggerFactory.getLogger(Main.class).debug("The cause", failure);
      }
    } else {
      LoggerFactory.getLogger(Main.class).error("A bug in flashsale", failure);
    }
    return command.getCommandSpec().exitCodeOnExecutionException();
  }
}
