package io.flashsale.sale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SaleTest {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Instant ONE = NOON.plusSeconds(3_600);
  private static final Duration TTL = Duration.ofSeconds(60);

  @Test
  void isOpenFromItsOpeningToItsEndExclusive() {
    Sale sale = new Sale(1, NOON, NOON.plusSeconds(5), ONE, 10, 1, TTL);

    assertThat(sale.isOpen(NOON)).isFalse();
    assertThat(sale.isOpen(NOON.plusSeconds(5).minusNanos(1))).isFalse();
    assertThat(sale.isOpen(NOON.plusSeconds(5))).isTrue();
    assertThat(sale.isOpen(ONE.minusNanos(1))).isTrue();
    assertThat(sale.isOpen(ONE)).isFalse();
  }

  @Test
  void idsStartAtOne() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Sale(0, NOON, NOON, ONE, 10, 1, TTL));
  }

  @Test
  void hasItemsAndALimitAndATtl() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Sale(1, NOON, NOON, ONE, 0, 1, TTL));
    assertThatIllegalArgumentException().isThrownBy(() -> new Sale(1, NOON, NOON, ONE, 10, 0, TTL));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Sale(1, NOON, NOON, ONE, 10, 1, Duration.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Sale(1, NOON, NOON, ONE, 10, 1, TTL.negated()));
  }

  @Test
  void opensWithinItsSlot() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Sale(1, NOON, NOON.minusNanos(1), ONE, 10, 1, TTL));
    assertThatIllegalArgumentException().isThrownBy(() -> new Sale(1, NOON, ONE, ONE, 10, 1, TTL));
  }
}
