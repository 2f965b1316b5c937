package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Three processes on one real PostgreSQL, and nginx before them. */
final class ThreeNodes implements AutoCloseable {

  static final int NODES = 3;

  private final Path directory;
  private final boolean apart;
  private final int databasePort = Server.freePort();
  private EmbeddedPostgres database;
  final List<Server> nodes = new ArrayList<>();
  final Nginx nginx;

  /** Ready; {@code settings} are environment variables of all nodes. */
  ThreeNodes(Path directory, String... settings) {
    this(directory, false, settings);
  }

  /**
   * Ready.
   *
   * @param apart whether each node runs in one of {@link Namespaces}, which are there
   */
  ThreeNodes(Path directory, boolean apart, String... settings) {
    this.directory = directory;
    this.apart = apart;
    EmptyDatabase.copyTo(directory.resolve("database"));
    startDatabase();
    if (apart) {
      admitNamespaces();
    }
    List<Integer> ports = IntStream.range(0, NODES).mapToObj(_ -> Server.freePort()).toList();
    String seeds =
        IntStream.range(0, NODES)
            .mapToObj(i -> (apart ? Namespaces.address(i) : "127.0.0.1") + ":" + ports.get(i))
            .collect(Collectors.joining(","));
    String databaseHost = apart ? Namespaces.host() : "localhost";
    for (int i = 0; i < NODES; i++) {
      List<String> all = new ArrayList<>(List.of(settings));
      all.addAll(List.of("DB_URL", databaseUrl(databaseHost), "DB_USER", "postgres"));
      all.addAll(List.of("CLUSTER_PORT", ports.get(i).toString(), "CLUSTER_SEEDS", seeds));
      all.addAll(List.of("JAVA_OPTS", "-XX:TieredStopAtLevel=1 -Xmx512m"));
      all.addAll(List.of("LOG_LEVEL_LIBRARIES", "info"));
      try {
        Path own = Files.createDirectories(directory.resolve("node-" + (i + 1)));
        Server node = new Server(own, all.toArray(String[]::new));
        nodes.add(apart ? node.inside(Namespaces.name(i), Namespaces.address(i)) : node);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    nodes.forEach(Server::launch);
    nodes.forEach(Server::awaitReady);
    nginx = new Nginx(directory, nodes.stream().map(node -> node.uri().getAuthority()).toList());
  }

  private String databaseUrl(String host) {
    return "jdbc:postgresql://" + host + ":" + databasePort + "/postgres";
  }

  private void admitNamespaces() {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet file = statement.executeQuery("SHOW hba_file")) {
      file.next();
      Files.writeString(
          Path.of(file.getString(1)),
          "host all all " + Namespaces.network() + " trust\n",
          StandardOpenOption.APPEND);
      statement.execute("SELECT pg_reload_conf()");
    } catch (SQLException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  void startDatabase() {
    try {
      EmbeddedPostgres.Builder builder =
          EmbeddedPostgres.builder()
              .setDataDirectory(directory.resolve("database").toFile())
              .setCleanDataDirectory(false)
              .setPort(databasePort);
      documented().forEach((name, value) -> builder.setServerConfig((String) name, (String) value));
      database = builder.setServerConfig("listen_addresses", apart ? "*" : "localhost").start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What operators are told to set; a file of names and values is one of properties. */
  private static Properties documented() throws IOException {
    Properties settings = new Properties();
    try (Reader file = Files.newBufferedReader(Path.of("deploy/postgresql.conf"))) {
      settings.load(file);
    }
    return settings;
  }

  void stopDatabase() {
    try {
      database.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(databaseUrl("localhost"), "postgres", "");
  }

  JournalStory story(long saleId) {
    try (Connection connection = connect()) {
      return JournalStory.read(connection, saleId);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The audit is clean, in the end also without anything on its way. */
  void expectCleanAudit() {
    Server.Outcome[] audit = new Server.Outcome[1];
    await("settled")
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              audit[0] = nodes.getFirst().audit();
              return audit[0].exitCode() != 0
                  || !audit[0].out().matches("(?s).*\"settling\" : [1-9].*");
            });
    assertThat(audit[0].exitCode()).as(audit[0].out()).isZero();
  }

  /** Sold, as the first node that answers has it. */
  boolean isSoldOut(long saleId, int items) {
    String sold = "\"items_sold\":" + items;
    return new Shop(nginx.uri()).get("/sales/" + saleId).body().contains(sold);
  }

  @Override
  public void close() {
    if (nginx != null) {
      nginx.close();
    }
    nodes.stream().filter(Server::isAlive).forEach(Server::resume);
    nodes.stream().filter(Server::isAlive).forEach(Server::terminate);
    nodes.stream().filter(Server::isAlive).forEach(Server::awaitEnd);
    stopDatabase();
  }
}
