package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.stream.SystemMaterializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.flashsale.ApiDocument;
import io.flashsale.RawConnection;
import io.flashsale.live.LiveFeed;
import io.flashsale.ops.Auditor;
import io.flashsale.ops.ClusterStatus;
import io.flashsale.ops.Health;
import io.flashsale.readside.SaleQueries;
import io.flashsale.sale.Boards;
import io.flashsale.sale.LiveHolds;
import io.flashsale.sale.SaleBoard;
import io.flashsale.sale.SaleCoordinator;
import io.flashsale.security.ServerTls;
import io.flashsale.tracing.Tracing;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The HTTP server as the program has it, with its own configuration, on a port of its own. */
final class TestServer implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  static final Duration FIRST_REQUEST_WITHIN = Duration.ofSeconds(2);
  static final int LIVE_CLIENTS = 2;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Takes a request through Akka HTTP, and changes nothing else. */
  static final String THE_LONG_WAY = "Via: 1.1 localhost\r\n";

  private static final String LAST =
      "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

  /** The users of who has none. */
  static final CheckoutRoutes.Users NOBODY =
      (_, _) -> CompletableFuture.failedFuture(new AssertionError("asked"));

  final Availability availability = new Availability(100);
  volatile boolean clusterUp = true;
  final LiveRoutes live;
  private final ActorTestKit testKit;
  private final ExecutorService queries = Executors.newFixedThreadPool(4);
  private final HttpClient client = HttpClient.newHttpClient();
  private final int port;

  TestServer(SaleBoard board, DataSource database, CheckoutRoutes.Users users, String... origins) {
    this(Access.OPEN, null, board, database, users, origins);
  }

  /** With limits, tokens, or TLS. */
  TestServer(
      Access access,
      @Nullable ServerTls tls,
      SaleBoard board,
      DataSource database,
      CheckoutRoutes.Users users,
      String... origins) {
    Config config = ConfigFactory.parseString("akka.actor.provider = local");
    testKit = ActorTestKit.create("http-it", config.withFallback(ConfigFactory.load()));
    var system = testKit.system();
    var materializer = SystemMaterializer.get(system).materializer();
    SaleQueries sales = new SaleQueries(database, queries);
    InstantSource clock = InstantSource.system();
    // Nobody looks for anything new: LiveIT has the real thing.
    LiveFeed feed =
        new LiveFeed("test", LIVE_CLIENTS, clock, System::nanoTime, board, new LiveHolds(clock));
    live = new LiveRoutes(availability, access, feed, board, users, materializer);
    HttpServer server =
        new HttpServer(
            system,
            availability,
            new RequestMetrics(),
            Tracing.OFF,
            FIRST_REQUEST_WITHIN,
            new Cors(List.of(origins)),
            access,
            new CheckoutRoutes(availability, access, board, users, sales::sale, materializer),
            new SaleRoutes(board, sales),
            new UserRoutes(availability, access, board, sales, users, materializer),
            new OrderRoutes(availability, access, board, users, materializer),
            new AdminRoutes(
                null, // AdminIT has the real thing
                access,
                availability,
                _ -> CompletableFuture.failedFuture(new AssertionError("asked")),
                board,
                new Auditor(database::getConnection),
                noViews(),
                materializer),
            new HealthRoutes(
                new Health(database, queries, () -> clusterUp, () -> board.open() != null),
                availability),
            new MetricsRoute(null, queries), // MetricsIT has the real thing
            live);
    port = server.bind("127.0.0.1", 0, tls).toCompletableFuture().join().getPort();
    availability.ready();
  }

  /** Without sales, users and a database. */
  static TestServer empty() {
    return new TestServer(Boards.empty(InstantSource.fixed(Instant.EPOCH)), noDatabase(), NOBODY);
  }

  private static AdminRoutes.Views noViews() {
    return new AdminRoutes.Views() {
      @Override
      public CompletionStage<SaleCoordinator.Plans> plans() {
        return CompletableFuture.failedFuture(new AssertionError("asked"));
      }

      @Override
      public CompletionStage<ClusterStatus.Report> cluster() {
        return CompletableFuture.failedFuture(new AssertionError("asked"));
      }
    };
  }

  /** Refuses every connection. */
  static DataSource noDatabase() {
    return database(
        () -> {
          throw new SQLException("secret of the server");
        });
  }

  /** Nobody ever gets a connection. */
  static DataSource hangingDatabase() {
    return database(() -> new CompletableFuture<Connection>().get());
  }

  private static DataSource database(Callable<Connection> connect) {
    return (DataSource)
        Proxy.newProxyInstance(
            TestServer.class.getClassLoader(),
            new Class<?>[] {DataSource.class},
            (_, method, _) -> {
              assertThat(method.getName()).isEqualTo("getConnection");
              return connect.call();
            });
  }

  int port() {
    return port;
  }

  /** The answers to a request without a body, and what follows from it, but without their dates. */
  String post(String target, String headers) throws IOException {
    String request = "POST " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
    String all = RawConnection.exchange(port, request + LAST).replaceAll("\r\nDate: [^\r]*", "");
    return all.substring(0, all.lastIndexOf("HTTP/1.1 200 OK"));
  }

  HttpResponse<String> get(String path) {
    return send("GET", path);
  }

  HttpResponse<String> send(String method, String path) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .timeout(PATIENCE)
            .build();
    return send(request);
  }

  HttpResponse<String> send(HttpRequest request) {
    try {
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(response.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
      assertThat(response.headers().allValues("Cache-Control")).hasSize(1);
      ApiDocument.expect(response);
      return response;
    } catch (IOException | InterruptedException e) {
      throw new AssertionError("No answer to " + request, e);
    }
  }

  static JsonNode json(HttpResponse<String> response) {
    assertThat(type(response)).isEqualTo("application/json");
    return parse(response.body());
  }

  static JsonNode problem(HttpResponse<String> response, int status, String code) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(type(response)).isEqualTo("application/problem+json");
    assertThat(response.headers().firstValue("Retry-After").isPresent())
        .isEqualTo(status == 503 || status == 429);
    return problem(response.body(), status, code);
  }

  static JsonNode problem(String body, int status, String code) {
    JsonNode problem = parse(body);
    assertThat(problem.path("code").asText()).isEqualTo(code);
    assertThat(problem.path("status").asInt()).isEqualTo(status);
    return problem;
  }

  static String type(HttpResponse<String> response) {
    return response.headers().firstValue("Content-Type").orElse("none");
  }

  private static JsonNode parse(String body) {
    try {
      return MAPPER.readTree(body);
    } catch (IOException e) {
      throw new AssertionError("Not JSON: " + body, e);
    }
  }

  @Override
  public void close() {
    testKit.shutdownTestKit();
    queries.shutdownNow();
    client.close();
  }
}
