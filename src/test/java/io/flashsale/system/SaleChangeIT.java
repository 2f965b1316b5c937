package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** From one sale to the next. */
@Isolated // a sale that opens late is a failure
final class SaleChangeIT {

  private static final Duration PERIOD = Duration.ofSeconds(3);

  @TempDir Path directory;

  @Test
  void nothingIsRefusedThatCouldBeServedAndEverySlotHasOneSale() throws Exception {
    // S1: 0.5 s of 503 and dropped connections at every hour; S3: the ticker starts with the
    // process
    try (Server server = server()) {
      Shop shop = new Shop(server);
      Buyers buyers = new Buyers(shop, 200, 5);
      long first = activeSale(shop);

      buyers.buyUntil(16, () -> activeSale(shop) >= first + 4);

      assertThat(buyers.others).as(buyers.toString()).isEmpty();
      Server.Outcome audit = server.audit();
      assertThat(audit.exitCode()).as(audit.out()).isZero();
      for (long id = first + 1; id < first + 4; id++) {
        JsonNode sale = json(shop.get("/sales/" + id));
        Instant started = Instant.parse(sale.get("started_at").asText());
        assertThat(started.toEpochMilli() % PERIOD.toMillis()).as("on its slot").isZero();
        assertThat(Instant.parse(sale.get("ended_at").asText())).isEqualTo(started.plus(PERIOD));
        assertThat(sale.get("active").asBoolean()).isFalse();
      }
      assertThat(openedLate(server)).as("ms after the slot").isBetween(0L, 1_000L);
    }
  }

  @Test
  void aHoldOfTheClosedSaleIsBoughtAndItsItemAndTheLimitAreFreshInTheNext() {
    try (Server server = server()) {
      Shop shop = new Shop(server);
      long sale = activeSale(shop);
      String code = shop.checkOut(1, 5).body();
      assertThat(shop.checkOut(1, 6, 7, 8, 9, 10, 11, 12, 13, 14).isOk()).isTrue();
      assertThat(shop.checkOut(1, 15).problem()).isEqualTo("limit-reached");

      await().until(() -> activeSale(shop) > sale);

      assertThat(shop.purchase(code).isOk()).isTrue();
      assertThat(shop.checkOut(2, 5).isOk()).isTrue();
      assertThat(shop.checkOut(1, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29).isOk()).isTrue();
      assertThat(server.audit().exitCode()).isZero();
    }
  }

  @Test
  void theNextSaleIsAnnouncedBeforeItOpens() {
    try (Server server = server()) {
      Shop shop = new Shop(server);

      await()
          .until(
              () -> {
                JsonNode sale = json(shop.get("/sales/active"));
                return sale.hasNonNull("next")
                    && sale.get("next").get("starts_at").equals(sale.get("ended_at"))
                    && sale.get("next").get("id").asLong() == sale.get("id").asLong() + 1;
              });
    }
  }

  /** The journal's time of the opening against the slot; the first sale opens when it can. */
  private static long openedLate(Server server) {
    return server.query(
        """
        SELECT max(write_timestamp - 1000 * extract(epoch FROM
          (convert_from(event_payload, 'UTF8')::jsonb -> 'sale' ->> 'slot')::timestamptz))::bigint
        FROM event_journal WHERE event_ser_manifest = 'sale-opened' AND sequence_number > 1
        """);
  }

  private static long activeSale(Shop shop) {
    JsonNode sale = json(shop.get("/sales/active"));
    return sale.path("id").asLong(-1);
  }

  private static JsonNode json(Shop.Answer answer) {
    try {
      return JsonMapper.builder().build().readTree(answer.body());
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private Server server() {
    return new Server(directory, "SALE_PERIOD", "3s", "SALE_ITEMS", "200", "HOLD_TTL", "10s")
        .start();
  }
}
