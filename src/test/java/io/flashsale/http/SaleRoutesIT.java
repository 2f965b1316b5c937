package io.flashsale.http;

import static io.flashsale.http.TestServer.json;
import static io.flashsale.http.TestServer.problem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flashsale.database.JournalDatabase;
import io.flashsale.item.ItemEvent;
import io.flashsale.journal.EventSerializer;
import io.flashsale.sale.Boards;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleEvent;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sale 2 is over, sale 3 is open (12 items, 3 of them sold), sale 4 is announced. */
class SaleRoutesIT {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final InstantSource CLOCK = InstantSource.fixed(NOON.plusSeconds(1));
  private static final Sale OVER = sale(2, NOON.minusSeconds(3_600), 5);
  private static final Sale OPEN = sale(3, NOON, 12);
  private static final Sale NEXT = sale(4, NOON.plusSeconds(3_600), 12);
  private static final Sale FAR = sale(3_000_000_000L, NOON, 4);

  private static JournalDatabase postgres;
  private static TestServer server;
  private static TestServer empty;

  @BeforeAll
  static void start() throws Exception {
    postgres = JournalDatabase.start();
    try (Connection connection = postgres.connect()) {
      append(connection, "SaleCoordinator", 1, new SaleEvent.SaleOpened(OVER));
      append(connection, "SaleCoordinator", 2, new SaleEvent.SaleOpened(OPEN));
      append(connection, "SaleCoordinator", 3, new SaleEvent.SaleOpened(FAR));
      for (String item : List.of("2-4", "3-0", "3-7", "3-11", "30-1")) {
        append(
            connection, "Item|" + item, 2, new ItemEvent.Sold(new UUID(0x8000L, 1L << 63), 1, 7));
      }
    }
    server = serve(OPEN, NEXT);
    empty = serve(null, null);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
    empty.close();
    postgres.close();
  }

  private static TestServer serve(@Nullable Sale open, @Nullable Sale announced) {
    return new TestServer(
        open == null ? Boards.empty(CLOCK) : Boards.showing(CLOCK, open, announced, List.of(OVER)),
        postgres.dataSource(),
        TestServer.NOBODY);
  }

  private static Sale sale(long id, Instant opensAt, int items) {
    return new Sale(
        id, opensAt, opensAt, opensAt.plusSeconds(3_600), items, 10, Duration.ofSeconds(60));
  }

  private static void append(Connection connection, String id, int sequenceNr, Object event)
      throws SQLException {
    EventSerializer serializer = new EventSerializer();
    try (PreparedStatement insert =
        connection.prepareStatement(
            """
            INSERT INTO event_journal (persistence_id, sequence_number, writer, write_timestamp,
              adapter_manifest, event_ser_id, event_ser_manifest, event_payload)
            VALUES (?, ?, 'test', 0, '', ?, ?, ?)
            """)) {
      insert.setString(1, id);
      insert.setInt(2, sequenceNr);
      insert.setInt(3, serializer.identifier());
      insert.setString(4, serializer.manifest(event));
      insert.setBytes(5, serializer.toBinary(event));
      insert.executeUpdate();
    }
  }

  // ---------------------------------------------------------------- sales

  @Test
  void showsTheOpenSaleAndTheNext() {
    JsonNode sale = json(server.get("/sales/active"));

    assertThat(sale.path("id").asLong()).isEqualTo(3);
    assertThat(sale.path("started_at").asText()).isEqualTo("2026-03-01T12:00:00Z");
    assertThat(sale.path("ended_at").asText()).isEqualTo("2026-03-01T13:00:00Z");
    assertThat(sale.path("total_items").asInt()).isEqualTo(12);
    assertThat(sale.path("items_sold").asInt()).isEqualTo(3);
    assertThat(sale.path("active").asBoolean()).isTrue();
    assertThat(sale.path("next").path("id").asLong()).isEqualTo(4);
    assertThat(sale.path("next").path("starts_at").asText()).isEqualTo("2026-03-01T13:00:00Z");
    assertThat(json(server.get("/sales/3"))).isEqualTo(sale);
  }

  @Test
  void showsASaleThatIsOverFromTheJournal() {
    JsonNode sale = json(server.get("/sales/2"));

    assertThat(sale.path("id").asLong()).isEqualTo(2);
    assertThat(sale.path("total_items").asInt()).isEqualTo(5);
    assertThat(sale.path("items_sold").asInt()).isEqualTo(1);
    assertThat(sale.path("active").asBoolean(true)).isFalse();
    JsonNode items = json(server.get("/sales/2/items"));
    assertThat(items).hasSize(5);
    assertThat(items.findValues("sold").stream().filter(JsonNode::asBoolean)).hasSize(1);
  }

  @Test
  void findsNoActiveSaleIfNoneIsOpen() {
    problem(empty.get("/sales/active"), 404, "no-sale");
    assertThat(json(empty.get("/sales/2")).path("active").asBoolean(true)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "1", "4", "30", "9223372036854775807"})
  void findsNoSaleThatWasNeverOpened(String id) {
    problem(server.get("/sales/" + id), 404, "sale-unknown");
    problem(server.get("/sales/" + id + "/items"), 404, "sale-unknown");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/sales/9223372036854775808",
        "/sales/-1",
        "/sales/x",
        "/sales/3x",
        "/sales/",
        "/sales/3/",
        "/sales/3/item",
        "/sales/9223372036854775808/items",
        "/sales/x/items",
        "/items/x/image.svg",
        "/items/2147483648/image.svg",
        "/items/-1/image.svg",
        "/items/1",
        "/x"
      })
  void findsNothingElsewhere(String path) {
    problem(server.get(path), 404, "not-found");
  }

  @Test
  void listsSalesTheLatestFirst() {
    HttpResponse<String> response = server.get("/sales");
    JsonNode sales = json(response);

    assertThat(ids(sales)).isEqualTo("3000000000 3 2");
    assertThat(sales.get(1)).isEqualTo(json(server.get("/sales/3")));
    assertThat(sales.get(2)).isEqualTo(json(server.get("/sales/2")));
    assertThat(response.headers().firstValue("X-Total-Count")).hasValue("3");
  }

  private static String ids(JsonNode sales) {
    List<String> ids = new ArrayList<>();
    sales.forEach(sale -> ids.add(sale.path("id").asText()));
    return String.join(" ", ids);
  }

  @ParameterizedTest
  @CsvSource({"limit=1, 3000000000", "limit=1&offset=1, 3", "offset=2, 2", "offset=3, ''"})
  void listsAPageOfTheSales(String query, String ids) {
    HttpResponse<String> response = server.get("/sales?" + query);

    assertThat(ids(json(response))).isEqualTo(ids);
    assertThat(response.headers().firstValue("X-Total-Count")).hasValue("3");
  }

  @ParameterizedTest
  @CsvSource({"limit=0, limit", "limit=51, limit", "limit=x, limit", "offset=-1, offset"})
  void namesTheParameterOfAListThatIsWrong(String query, String parameter) {
    JsonNode body = problem(server.get("/sales?" + query), 400, "invalid-parameter");

    assertThat(body.path("parameter").asText()).isEqualTo(parameter);
  }

  // ---------------------------------------------------------------- items

  @Test
  void listsTheItemsOfASale() {
    HttpResponse<String> response = server.get("/sales/3/items");
    JsonNode items = json(response);

    assertThat(items.size()).isEqualTo(12);
    assertThat(items.get(7).path("id").asInt()).isEqualTo(7);
    assertThat(items.get(7).path("name").asText()).isEqualTo("Flash Item #7 (Sale 3)");
    assertThat(items.get(7).path("image_url").asText()).isEqualTo("/items/7/image.svg?sale=3");
    assertThat(items.get(7).path("price").decimalValue()).isPositive();
    assertThat(items.findValues("sold").stream().map(JsonNode::asBoolean))
        .containsExactly(
            true, false, false, false, false, false, false, true, false, false, false, true);
    assertThat(response.headers().firstValue("X-Total-Count")).hasValue("12");
  }

  @ParameterizedTest
  @CsvSource({
    "limit=1, 0, 1",
    "limit=1000, 0, 12",
    "offset=11, 11, 1",
    "offset=3&limit=4, 3, 4",
    "offset=10&limit=4, 10, 2",
    "offset=12, 0, 0",
    "offset=2147483647&limit=1000, 0, 0",
  })
  void listsAPageOfTheItems(String query, int first, int count) {
    JsonNode items = json(server.get("/sales/3/items?" + query));

    assertThat(items.size()).isEqualTo(count);
    if (count > 0) {
      assertThat(items.get(0).path("id").asInt()).isEqualTo(first);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "limit=0, limit",
    "limit=-1, limit",
    "limit=1001, limit",
    "limit=x, limit",
    "limit=, limit",
    "limit=1&limit=2, limit",
    "limit=4294967297, limit",
    "offset=-1, offset",
    "offset=2147483648, offset",
    "offset=99999999999999999999, offset",
    "offset=1.5, offset",
  })
  void namesTheParameterOfAPageThatIsWrong(String query, String parameter) {
    JsonNode body = problem(server.get("/sales/3/items?" + query), 400, "invalid-parameter");

    assertThat(body.path("parameter").asText()).isEqualTo(parameter);
  }

  // ---------------------------------------------------------------- images

  @ParameterizedTest
  @CsvSource({
    "'', Flash Item #7 (Sale 3)",
    "?sale=2, Flash Item #7 (Sale 2)",
    "?sale=3000000000, Flash Item #7 (Sale 3000000000)",
    "?sale=9223372036854775807, Flash Item #7 (Sale 9223372036854775807)",
  })
  void drawsAnItem(String query, String name) {
    HttpResponse<String> response = server.get("/items/7/image.svg" + query);

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(TestServer.type(response)).startsWith("image/svg+xml");
    assertThat(response.headers().firstValue("Cache-Control"))
        .hasValueSatisfying(v -> assertThat(v).contains("max-age"));
    assertThat(response.body()).startsWith("<svg").contains("<title>" + name + "</title>");
  }

  @Test
  void drawsWhatTheListOfASaleWithALongIdNames() {
    String url = json(server.get("/sales/3000000000/items")).get(3).path("image_url").asText();

    assertThat(server.get(url).body()).contains("Flash Item #3 (Sale 3000000000)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "x", "9223372036854775808", "1&sale=2"})
  void namesTheSaleOfAnImageIfThatIsWrong(String sale) {
    JsonNode body =
        problem(server.get("/items/7/image.svg?sale=" + sale), 400, "invalid-parameter");

    assertThat(body.path("parameter").asText()).isEqualTo("sale");
  }

  @Test
  void drawsAnItemAlsoIfNoSaleIsOpen() {
    assertThat(empty.get("/items/7/image.svg").statusCode()).isEqualTo(200);
  }

  // ---------------------------------------------------------------- methods

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/sales",
        "/sales/active",
        "/sales/3",
        "/sales/3/items",
        "/items/7/image.svg",
        "/health",
        "/health/live",
        "/health/ready"
      })
  void hasNoMethodsButGetAndHead(String path) {
    HttpResponse<String> head = server.send("HEAD", path);
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();

    for (String method : List.of("POST", "PUT", "DELETE", "PATCH", "OPTIONS")) {
      HttpResponse<String> response = server.send(method, path);
      problem(response, 405, "method-not-allowed");
      assertThat(response.headers().firstValue("Allow")).hasValue("GET, HEAD");
    }
  }
}
