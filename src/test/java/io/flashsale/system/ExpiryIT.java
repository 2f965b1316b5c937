package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds that nobody buys. */
final class ExpiryIT {

  /**
   * How long the latest and the earliest release of a hold came after its time, in milliseconds; -1
   * for none.
   */
  private static final String RELEASE =
      """
      SELECT coalesce(%s(released.write_timestamp
          - 1000 * extract(epoch FROM (payload ->> 'expiresAt')::timestamptz)), -1)::bigint
      FROM (SELECT *, convert_from(event_payload, 'UTF8')::jsonb AS payload FROM event_journal) reserved
      JOIN event_journal released
        ON released.persistence_id = reserved.persistence_id
        AND released.sequence_number = reserved.sequence_number + 1
      WHERE reserved.event_ser_manifest = 'item-reserved'
        AND released.event_ser_manifest = 'item-released'
      """;

  private static final String HELD =
      """
      SELECT count(*) FROM event_journal reserved
      WHERE reserved.event_ser_manifest = 'item-reserved' AND NOT EXISTS (
        SELECT FROM event_journal later WHERE later.persistence_id = reserved.persistence_id
        AND later.sequence_number > reserved.sequence_number)
      """;

  @TempDir Path directory;

  @Test
  void anExpiredCodeCannotBuyWhatSomebodyElseHasReservedSince() {
    // S1: ABA
    try (Server server = server("HOLD_TTL", "1s")) {
      Shop shop = new Shop(server);
      String expired = shop.checkOut(1, 5).body();
      assertThat(shop.checkOut(2, 5).problem()).isEqualTo("item-reserved");

      await().until(() -> shop.checkOut(2, 5).isOk());

      assertThat(shop.purchase(expired).problem()).isEqualTo("checkout-expired");
      assertThat(server.audit().exitCode()).isZero();
    }
  }

  @Test
  void holdsEndWithinASecondOfTheirTimeWithNoVisitor() {
    try (Server server = server("HOLD_TTL", "2s")) {
      Shop shop = new Shop(server);
      for (int item = 0; item < 50; item++) {
        assertThat(shop.checkOut(item, item).isOk()).isTrue();
      }

      await().atMost(Duration.ofSeconds(20)).until(() -> server.query(HELD) == 0);

      assertThat(server.query(RELEASE.formatted("min"))).isNotNegative();
      assertThat(server.query(RELEASE.formatted("max"))).isBetween(0L, 1_000L);
    }
  }

  @Test
  void holdsThatWereLiveWhenTheProcessDiedEndWithNoVisitor() {
    // S1: old holds block the next sale after a restart
    try (Server server = server("HOLD_TTL", "2s")) {
      Shop shop = new Shop(server);
      for (int item = 0; item < 50; item++) {
        assertThat(shop.checkOut(item, item).isOk()).isTrue();
      }
      server.kill();

      server.start();

      await().atMost(Duration.ofSeconds(20)).until(() -> server.query(HELD) == 0);
      assertThat(shop.checkOut(99, 5).isOk()).isTrue();
      assertThat(server.audit().exitCode()).isZero();
    }
  }

  @Test
  void whatIsHeldAndWhatIsSoldSurvivesTheDeathOfTheProcess() {
    try (Server server = server("HOLD_TTL", "1h")) {
      Shop shop = new Shop(server);
      String code = shop.checkOut(7, 1, 2, 3).body();
      String bought = shop.checkOut(9, 4).body();
      assertThat(shop.purchase(bought).isOk()).isTrue();
      await().until(() -> shop.checkOut(8, 4).problem().equals("item-sold"));
      server.kill();

      server.start();

      assertThat(shop.checkOut(8, 2).problem()).isEqualTo("item-reserved");
      assertThat(shop.checkOut(8, 4).problem()).isEqualTo("item-sold");
      assertThat(shop.purchase(bought).problem()).isEqualTo("already-purchased");
      assertThat(shop.purchase(code).isOk()).isTrue();
      await().until(() -> shop.checkOut(8, 2).problem().equals("item-sold"));
    }
  }

  private Server server(String name, String value) {
    return new Server(directory, "SALE_PERIOD", "24h", "SALE_ITEMS", "100", name, value).start();
  }
}
