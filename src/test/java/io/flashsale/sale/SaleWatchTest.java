package io.flashsale.sale;

import static org.assertj.core.api.Assertions.assertThat;

import io.flashsale.TestClock;
import io.flashsale.item.ItemId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a sale was sold out, as each node has seen it. */
class SaleWatchTest {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final int ITEMS = 3;

  private final TestClock clock = new TestClock(NOON);
  private final SoldItems sold = new SoldItems();
  private final SaleBoard board = new SaleBoard(clock, sold);
  private final SaleWatch watch = new SaleWatch(clock, board, new LiveHolds(clock));

  private static Sale sale(int id) {
    Duration hour = Duration.ofHours(1);
    Instant opens = NOON.plus(hour.multipliedBy(id - 1L));
    return new Sale(id, opens, opens, opens.plus(hour), ITEMS, 10, Duration.ofMinutes(1));
  }

  private void hear(Sale open) {
    board.put(new SaleCoordinator.Sales(open, null, List.of()));
  }

  private void sellAll(Sale sale) {
    for (int item = 0; item < ITEMS; item++) {
      sold.add(new ItemId(sale.id(), item));
    }
  }

  private void look(Duration time) {
    for (Duration past = Duration.ZERO;
        past.compareTo(time) < 0;
        past = past.plus(SaleWatch.EVERY)) {
      watch.look();
      clock.advance(SaleWatch.EVERY);
    }
  }

  @Test
  void seesASaleThatItHasSeenToOpenBeSoldOut() {
    hear(sale(1));
    look(Duration.ofHours(1));
    hear(sale(2));
    look(Duration.ofSeconds(1));
    assertThat(watch.soldOutAfter()).isZero();

    sellAll(sale(2));
    watch.look();

    assertThat(watch.soldOutAfter()).isEqualTo(1);
  }

  @Test
  void doesNotKnowWhenItWasSoldOutBeforeTheNodeCame() {
    clock.advance(Duration.ofMinutes(30));
    hear(sale(1));
    look(Duration.ofSeconds(1)); // in which it hears of what is sold
    sellAll(sale(1));

    look(Duration.ofSeconds(5));

    assertThat(watch.soldOutAfter()).isZero();
  }

  @Test
  void seesWhatIsLeftWhenTheNodeComesBeSold() {
    clock.advance(Duration.ofMinutes(30));
    hear(sale(1));
    look(Duration.ofSeconds(5));
    sellAll(sale(1));

    watch.look();

    assertThat(watch.soldOutAfter()).isEqualTo(1805);
  }
}
