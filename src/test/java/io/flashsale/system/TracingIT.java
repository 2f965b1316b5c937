package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * A checkout and its purchase, seen by a collector: from one node to another, and to the journal.
 */
@ResourceLock("three nodes")
final class TracingIT {

  private static final long USER = 987_654_321;
  private static final String CHECKOUT = "0af7651916cd43dd8448eb211c80319c";
  private static final String PURCHASE = "1bf7651916cd43dd8448eb211c80319d";
  private static final String CLIENT = "b7ad6b7169203331";

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path directory;

  /**
   * What a node has sent of one thing that it has done.
   *
   * @param node its address in the cluster
   */
  private record Seen(String node, String trace, String id, String parent, String name, Span span) {

    static Seen of(ResourceSpans from, Span span) {
      String node =
          from.getResource().getAttributesList().stream()
              .filter(attribute -> attribute.getKey().equals("service.instance.id"))
              .map(attribute -> attribute.getValue().getStringValue())
              .findFirst()
              .orElseThrow();
      return new Seen(
          node,
          hex(span.getTraceId()),
          hex(span.getSpanId()),
          hex(span.getParentSpanId()),
          span.getName(),
          span);
    }

    private static String hex(ByteString bytes) {
      return HexFormat.of().formatHex(bytes.toByteArray());
    }
  }

  private final List<Seen> seen = new CopyOnWriteArrayList<>();

  private void collect(HttpExchange exchange) throws IOException {
    assertThat(exchange.getRequestHeaders().getFirst("Content-Type"))
        .isEqualTo("application/x-protobuf");
    ExportTraceServiceRequest request =
        ExportTraceServiceRequest.parseFrom(exchange.getRequestBody().readAllBytes());
    for (ResourceSpans from : request.getResourceSpansList()) {
      from.getScopeSpansList()
          .forEach(scope -> scope.getSpansList().forEach(span -> seen.add(Seen.of(from, span))));
    }
    exchange.sendResponseHeaders(200, -1);
    exchange.close();
  }

  @Test
  void aCheckoutAndItsPurchaseAreATraceEachAcrossTwoNodes() throws IOException {
    HttpServer collector =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext("/v1/traces", this::collect);
    collector.start();
    String endpoint = "http://127.0.0.1:" + collector.getAddress().getPort();
    int home = Server.freePort();
    int entrance = Server.freePort();
    try (EmbeddedPostgres database =
            EmbeddedPostgres.builder().setServerConfig("max_connections", "100").start();
        Server homes = server(database, home, home, endpoint, "entities");
        Server entrances = server(database, entrance, home, endpoint, "http")) {
      homes.launch();
      entrances.launch();
      homes.awaitReady();
      entrances.awaitReady();
      Shop shop = new Shop(entrances);
      assertThat(shop.checkOut(1, 9).isOk()).isTrue(); // nobody asks that it is followed
      String code = followed(shop, "/checkout?user_id=" + USER + "&item_id=3&item_id=4", CHECKOUT);
      followed(shop, "/purchase?code=" + code, PURCHASE);

      await().atMost(Duration.ofSeconds(20)).until(() -> seen.size() >= 14);
      List<String> checkout =
          List.of(
              "POST /checkout < client at " + entrance,
              "user checkout < POST /checkout at " + home,
              "journal write < user checkout at " + home,
              "item hold < user checkout at " + home,
              "item hold < user checkout at " + home,
              "journal write < item hold at " + home,
              "journal write < item hold at " + home);
      assertThat(links(CHECKOUT)).containsExactlyInAnyOrderElementsOf(checkout);
      assertThat(links(PURCHASE))
          .containsExactlyInAnyOrder(
              "POST /purchase < client at " + entrance,
              "user purchase < POST /purchase at " + home,
              "journal write < user purchase at " + home,
              "item sell < user purchase at " + home,
              "item sell < user purchase at " + home,
              "journal write < item sell at " + home,
              "journal write < item sell at " + home);
      assertThat(seen).hasSize(14);
      assertThat(seen.toString()).doesNotContain(code, Long.toString(USER));
      assertThat(attributes("POST /checkout"))
          .containsExactlyInAnyOrder(
              "http.request.method=POST", "http.route=/checkout", "http.response.status_code=200");
      assertThat(entrances.log()).contains(" trace " + CHECKOUT, " trace " + PURCHASE);
    } finally {
      collector.stop(0);
    }
  }

  private Server server(
      EmbeddedPostgres database, int port, int seed, String endpoint, String roles)
      throws IOException {
    return new Server(
        Files.createDirectory(directory.resolve(roles)),
        "DB_URL",
        "jdbc:postgresql://localhost:" + database.getPort() + "/postgres",
        "DB_USER",
        "postgres",
        "SALE_PERIOD",
        "24h",
        "SALE_ITEMS",
        "10",
        "CLUSTER_PORT",
        Integer.toString(port),
        "CLUSTER_SEEDS",
        "127.0.0.1:" + seed,
        "CLUSTER_ROLES",
        roles,
        "REQUEST_LOG",
        "info",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        endpoint,
        "OTEL_TRACES_SAMPLER_ARG",
        "0");
  }

  private static String followed(Shop shop, String path, String trace) {
    Shop.Answer answer =
        Shop.send(
            shop.request(path)
                .POST(HttpRequest.BodyPublishers.noBody())
                .header("traceparent", "00-" + trace + "-" + CLIENT + "-01"));
    assertThat(answer).matches(Shop.Answer::isOk);
    return answer.body();
  }

  /** Whose child each span of the trace is, and from the port of which node. */
  private List<String> links(String trace) {
    List<String> links = new ArrayList<>();
    for (Seen one : seen) {
      if (one.trace.equals(trace)) {
        String parent =
            one.parent.equals(CLIENT)
                ? "client"
                : seen.stream()
                    .filter(other -> other.id.equals(one.parent))
                    .map(Seen::name)
                    .findFirst()
                    .orElse("nobody");
        links.add(one.name + " < " + parent + " at " + one.node.replace("127.0.0.1:", ""));
      }
    }
    return links;
  }

  private List<String> attributes(String name) {
    return seen.stream()
        .filter(one -> one.name.equals(name))
        .flatMap(one -> one.span.getAttributesList().stream())
        .map(TracingIT::text)
        .toList();
  }

  private static String text(KeyValue attribute) {
    var value = attribute.getValue();
    return attribute.getKey()
        + "="
        + (value.hasIntValue() ? Long.toString(value.getIntValue()) : value.getStringValue());
  }
}
