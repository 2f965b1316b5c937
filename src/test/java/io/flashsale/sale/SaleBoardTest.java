package io.flashsale.sale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import akka.actor.testkit.typed.javadsl.TestProbe;
import io.flashsale.TestClock;
import io.flashsale.TestNode;
import io.flashsale.sale.SaleCoordinator.GetSales;
import io.flashsale.sale.SaleCoordinator.Sales;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class SaleBoardTest {

  private static final TestNode NODE = new TestNode();
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration ASK_EVERY = Duration.ofSeconds(1);
  private static final Sale FIRST = sale(1);
  private static final Sale SECOND = sale(2);
  private static final Sale THIRD = sale(3);

  private final TestClock clock = new TestClock(NOON);
  private final SoldItems sold = new SoldItems();
  private final SaleBoard board = new SaleBoard(clock, sold);

  @AfterAll
  static void stop() {
    NODE.close();
  }

  @Test
  void knowsNothingAtFirst() {
    assertThat(board.open()).isNull();
    assertThat(board.next()).isNull();
    assertThat(board.newestId()).isZero();
    assertThat(board.find(1)).isNull();
    assertThat(board.isOver(1)).isFalse();
    assertThat(board.sold()).isSameAs(sold);
  }

  @Test
  void hasTheOpenSaleUntilItEnds() {
    board.put(new Sales(FIRST, null, List.of()));

    assertThat(board.open()).isEqualTo(FIRST);
    assertThat(board.newestId()).isEqualTo(1);
    clock.set(NOON.plus(HOUR).minusMillis(1));
    assertThat(board.open()).isEqualTo(FIRST);
    clock.set(NOON.plus(HOUR));
    assertThat(board.open()).isNull();
    assertThat(board.isOver(1)).isFalse(); // its checkouts can still be bought
    clock.set(NOON.minusMillis(1));
    assertThat(board.open()).isNull();
  }

  @Test
  void opensTheAnnouncedSaleByItsOwnClock() {
    board.put(new Sales(FIRST, SECOND, List.of()));

    assertThat(board.open()).isEqualTo(FIRST);
    assertThat(board.next()).isEqualTo(SECOND);
    assertThat(board.isOver(1)).isFalse();
    assertThat(board.newestId()).isEqualTo(2);

    clock.set(SECOND.opensAt());
    assertThat(board.open()).isEqualTo(SECOND);
    assertThat(board.next()).isNull();
    assertThat(board.isOver(1)).isTrue();
    assertThat(board.isOver(2)).isFalse();
    clock.set(SECOND.endsAt());
    assertThat(board.open()).isNull();
  }

  @Test
  void findsSalesThatAreOpenAnnouncedOrClosedWithHolds() {
    board.put(new Sales(SECOND, THIRD, List.of(FIRST)));

    assertThat(board.find(1)).isEqualTo(FIRST);
    assertThat(board.find(2)).isEqualTo(SECOND);
    assertThat(board.find(3)).isEqualTo(THIRD);
    assertThat(board.find(4)).isNull();
    assertThat(board.find(0)).isNull();
  }

  @Test
  void anAnswerFromBeforeTheFirstSaleChangesNothing() {
    board.put(new Sales(FIRST, null, List.of()));

    board.put(new Sales(null, null, List.of()));

    assertThat(board.open()).isEqualTo(FIRST);
  }

  @Test
  void endsASaleWhenTheCoordinatorSaysAndNoEarlierAnswerBringsItBack() {
    Instant early = NOON.plusSeconds(60);
    board.put(new Sales(FIRST, null, List.of()));
    board.put(new Sales(FIRST.endingAt(early), null, List.of()));
    board.put(new Sales(FIRST, null, List.of()));
    assertThat(board.isPaused()).isFalse();

    clock.set(early);
    assertThat(board.open()).isNull();
    board.put(new Sales(null, null, List.of(FIRST.endingAt(early))));
    board.put(new Sales(FIRST, null, List.of()));

    assertThat(board.open()).isNull();
    assertThat(board.isPaused()).isTrue();
    assertThat(board.newestId()).isEqualTo(1);
    assertThat(board.find(1)).isEqualTo(FIRST.endingAt(early));
    board.put(new Sales(null, SECOND, List.of(FIRST.endingAt(early))));
    clock.set(SECOND.opensAt());
    assertThat(board.open()).isEqualTo(SECOND);
    assertThat(board.isOver(1)).isTrue();
  }

  @Test
  void isInformedOnceThereIsASale() {
    board.put(new Sales(null, null, List.of()));
    assertThat(board.isInformed()).isFalse();
    assertThat(board.isPaused()).isFalse();

    board.put(new Sales(FIRST, null, List.of()));
    assertThat(board.isInformed()).isTrue();
  }

  @Test
  void asksEagerlyUntilItIsAnsweredAndThenNowAndAgain() {
    TestProbe<SaleCoordinator.Command> coordinator = NODE.probe();
    NODE.spawn(board.keeper(coordinator.getRef(), ASK_EVERY, () -> {}));
    coordinator.expectMessageClass(GetSales.class);
    awaitAsked(coordinator, Duration.ofMillis(50)); // it was lost: the coordinator moves

    GetSales question = awaitAsked(coordinator, Duration.ofMillis(50));
    question.replyTo().tell(new Sales(FIRST, null, List.of()));
    GetSales later = awaitAsked(coordinator, ASK_EVERY);

    assertThat(board.open()).isEqualTo(FIRST);
    later.replyTo().tell(new Sales(SECOND, null, List.of(FIRST)));
    awaitAsked(coordinator, ASK_EVERY);
    assertThat(board.newestId()).isEqualTo(2);
    awaitAsked(coordinator, ASK_EVERY); // not answered, and asked again
  }

  /** An answer that was overtaken by a newer one on its way. */
  @Test
  void doesNotForgetWhatWasAnnounced() {
    board.put(new Sales(FIRST, SECOND, List.of()));

    board.put(new Sales(FIRST, null, List.of()));

    assertThat(board.newestId()).isEqualTo(2);
    board.put(new Sales(null, SECOND, List.of(FIRST)));
    board.put(new Sales(null, null, List.of(FIRST)));
    assertThat(board.find(2)).isEqualTo(SECOND);
  }

  @Test
  void preparesOnceBeforeASaleOpens() {
    AtomicInteger prepared = new AtomicInteger();
    TestProbe<SaleCoordinator.Command> coordinator = NODE.probe();
    clock.set(SECOND.opensAt().minusSeconds(30));
    NODE.spawn(board.keeper(coordinator.getRef(), HOUR, prepared::incrementAndGet));

    Sales sales = new Sales(FIRST, SECOND, List.of());
    coordinator.expectMessageClass(GetSales.class).replyTo().tell(sales);
    await().until(() -> board.next() != null);
    NODE.pass(Duration.ofMillis(28_499));
    assertThat(prepared).hasValue(0);
    NODE.pass(Duration.ofMillis(1));
    await().until(() -> prepared.get() == 1);
    clock.set(SECOND.opensAt().minusSeconds(1));
    awaitAsked(coordinator, HOUR.minusMillis(28_500)).replyTo().tell(sales);
    NODE.pass(Duration.ofSeconds(30));
    assertThat(prepared).hasValue(1);
  }

  @Test
  void doesNotPrepareForASaleThatIsAnnouncedAtTheLastMoment() {
    AtomicInteger prepared = new AtomicInteger();
    TestProbe<SaleCoordinator.Command> coordinator = NODE.probe();
    clock.set(SECOND.opensAt().minusMillis(4_999));
    NODE.spawn(board.keeper(coordinator.getRef(), HOUR, prepared::incrementAndGet));

    coordinator
        .expectMessageClass(GetSales.class)
        .replyTo()
        .tell(new Sales(FIRST, SECOND, List.of()));
    await().until(() -> board.next() != null);
    NODE.pass(Duration.ofSeconds(6));

    assertThat(prepared).hasValue(0);
  }

  /** It asks after this time and not before: the last message before it was worked off. */
  private static GetSales awaitAsked(
      TestProbe<SaleCoordinator.Command> coordinator, Duration after) {
    NODE.pass(after.minusMillis(1));
    coordinator.expectNoMessage(Duration.ZERO);
    NODE.pass(Duration.ofMillis(1));
    return coordinator.expectMessageClass(GetSales.class);
  }

  private static Sale sale(long id) {
    Instant slot = NOON.plus(HOUR.multipliedBy(id - 1));
    return new Sale(id, slot, slot, slot.plus(HOUR), 10_000, 10, Duration.ofSeconds(60));
  }
}
