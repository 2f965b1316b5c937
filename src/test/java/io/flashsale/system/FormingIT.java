package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flashsale.security.Certificates;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** How nodes become a cluster. */
@ResourceLock("three nodes")
final class FormingIT {

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path directory;

  private final List<Server> servers = new ArrayList<>();
  private EmbeddedPostgres database;

  @BeforeEach
  void start() throws IOException {
    database = EmbeddedPostgres.builder().setServerConfig("max_connections", "100").start();
  }

  @AfterEach
  void stop() throws IOException {
    servers.forEach(Server::close);
    database.close();
  }

  private Server server(int clusterPort, int managementPort, String... more) {
    List<String> settings =
        new ArrayList<>(
            List.of(
                "DB_URL",
                "jdbc:postgresql://localhost:" + database.getPort() + "/postgres",
                "DB_USER",
                "postgres",
                "SALE_PERIOD",
                "24h",
                "SALE_ITEMS",
                "50",
                "LOG_LEVEL_LIBRARIES",
                "info",
                "CLUSTER_PORT",
                Integer.toString(clusterPort),
                "MANAGEMENT",
                "on",
                "MANAGEMENT_PORT",
                Integer.toString(managementPort)));
    settings.addAll(List.of(more));
    try {
      Path own = Files.createDirectory(directory.resolve("node-" + (servers.size() + 1)));
      Server server = new Server(own, settings.toArray(String[]::new));
      servers.add(server);
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Shop management(int port) {
    return new Shop(URI.create("http://127.0.0.1:" + port));
  }

  private static void awaitMembers(int managementPort, int count) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                management(managementPort).get("/cluster/members").body().split("\"Up\"", -1).length
                    == count + 1);
  }

  @Test
  void aSecondNodeWithTheSameCommandAndOtherPortsJoinsAndServesWhatTheFirstHas() {
    int first = Server.freePort();
    int management = Server.freePort();
    String seeds = "127.0.0.1:" + first;
    server(first, management, "CLUSTER_SEEDS", seeds, "APP_VERSION", "1.2.3").start();

    int other = Server.freePort();
    Server alone = server(other, Server.freePort(), "CLUSTER_SEEDS", "127.0.0.1:" + other);
    alone.launch();

    Server second =
        server(
            Server.freePort(), Server.freePort(), "CLUSTER_SEEDS", seeds, "CLUSTER_ROLES", "http");
    second.start();
    assertThat(alone.awaitEnd()).as(alone.log()).isEqualTo(1); // no second cluster is formed
    assertThat(alone.log()).contains("flashsale: Other nodes are a cluster with this database");
    awaitMembers(management, 2);

    // Its shards are all with the first one: it has no role for them.
    Shop shop = new Shop(second);
    for (int item = 0; item < 20; item++) {
      Shop.Answer code = shop.checkOut(item, item);
      assertThat(code.isOk()).as(code.toString()).isTrue();
      assertThat(shop.purchase(code.body()).isOk()).isTrue();
    }
    assertThat(second.instances(io.flashsale.item.Item.class)).isZero();
    assertThat(servers.getFirst().instances(io.flashsale.item.Item.class)).isGreaterThan(19);

    Shop readOnly = management(management);
    assertThat(readOnly.get("/ready").status()).isEqualTo(200);
    String member = "/cluster/members/flashsale@127.0.0.1:" + first;
    assertThat(readOnly.get(member).body()).contains("\"entities\"");
    assertThat(readOnly.delete(member).status()).isBetween(400, 499);
    assertThat(readOnly.get("/cluster/members").body()).contains("\"Up\"");
    assertThat(second.audit().exitCode()).isZero();
  }

  /** No node of its cluster has the role by which there are sales: it is up, and waits for one. */
  @Test
  void aNodeIsAliveBeforeItIsReady() {
    int port = Server.freePort();
    server(Server.freePort(), port, "CLUSTER_ROLES", "http").launch();

    awaitMembers(port, 1);
    assertThat(management(port).get("/alive").status()).isEqualTo(200);
    assertThat(management(port).get("/ready").status()).isGreaterThanOrEqualTo(500);
  }

  /** The method of discovery is one that reads the configuration: no name server is asked here. */
  @Test
  void nodesThatFindEachOtherByANameFormOneCluster() {
    int[] ports = {Server.freePort(), Server.freePort()};
    String discovery =
        "-XX:TieredStopAtLevel=1 -Xmx512m"
            + " -Dakka.discovery.akka-dns.class=akka.discovery.config.ConfigServiceDiscovery"
            + " -Dakka.management.cluster.bootstrap.contact-point.filter-on-fallback-port=false";
    for (int i = 0; i < ports.length; i++) {
      String endpoint = " -Dakka.discovery.config.services.shop.endpoints." + i;
      discovery += endpoint + ".host=127.0.0.1" + endpoint + ".port=" + ports[i];
    }
    for (int port : ports) {
      server(
              Server.freePort(),
              port,
              "CLUSTER_FORM",
              "dns",
              "CLUSTER_SERVICE",
              "shop",
              "CLUSTER_NODES",
              "2",
              "JAVA_OPTS",
              discovery)
          .launch();
    }
    servers.forEach(Server::awaitReady);

    awaitMembers(ports[0], 2);
    awaitMembers(ports[1], 2);
    assertThat(new Shop(servers.getFirst()).get("/sales/active").body()).contains("\"id\":1,");
    assertThat(new Shop(servers.getLast()).get("/sales/active").body()).contains("\"id\":1,");
  }

  @Test
  void nodesWithCertificatesOfOneAuthorityJoinAndPlainTextIsNotUnderstood() throws Exception {
    new Certificates(directory).makeAuthority("ca").makeSigned("node", "ca");
    int first = Server.freePort();
    int management = Server.freePort();
    String[] tls = tls("node", first);
    server(first, management, tls).start();
    server(Server.freePort(), Server.freePort(), tls).start();

    awaitMembers(management, 2);
    // What a node without TLS says first; a node with it answers with a TLS alert, or hangs up.
    try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), first)) {
      plain.setSoTimeout(10_000);
      plain.getOutputStream().write("AKKA\1".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      assertThat(plain.getInputStream().read()).isIn(-1, 21);
    }
  }

  /** It trusts the others: it is they who refuse it. */
  @Test
  void aNodeWithACertificateOfAnotherAuthorityIsRefused() throws Exception {
    new Certificates(directory)
        .makeAuthority("ca")
        .makeSigned("node", "ca")
        .makeAuthority("other")
        .makeSigned("foreign", "other");
    int first = Server.freePort();
    int management = Server.freePort();
    server(first, management, tls("node", first)).start();

    String patience =
        "-XX:TieredStopAtLevel=1 -Xmx512m"
            + " -Dakka.cluster.shutdown-after-unsuccessful-join-seed-nodes=10s";
    Server foreign =
        server(Server.freePort(), Server.freePort(), tls("foreign", first, "JAVA_OPTS", patience));
    foreign.launch();

    assertThat(foreign.awaitEnd()).as(foreign.log()).isEqualTo(1);
    assertThat(foreign.log()).contains("flashsale: The cluster could not be joined");
    assertThat(foreign.log()).contains("Received fatal alert: certificate_unknown");
    awaitMembers(management, 1);
  }

  /** What a node with this certificate is told, which trusts one authority, "ca". */
  private String[] tls(String certificate, int seed, String... more) {
    List<String> settings = new ArrayList<>(List.of(more));
    settings.addAll(
        List.of(
            "CLUSTER_TLS_CERT",
            directory.resolve(certificate + ".crt").toString(),
            "CLUSTER_TLS_KEY",
            directory.resolve(certificate + ".key").toString(),
            "CLUSTER_TLS_CA",
            directory.resolve("ca.crt").toString(),
            "CLUSTER_SEEDS",
            "127.0.0.1:" + seed));
    return settings.toArray(String[]::new);
  }
}
