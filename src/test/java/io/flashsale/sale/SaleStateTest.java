package io.flashsale.sale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.flashsale.sale.SaleEvent.SaleAnnounced;
import io.flashsale.sale.SaleEvent.SaleClosed;
import io.flashsale.sale.SaleEvent.SaleOpened;
import io.flashsale.sale.SaleEvent.SaleScheduled;
import io.flashsale.sale.SaleEvent.SaleShortened;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SaleStateTest {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Duration PERIOD = Duration.ofHours(1);
  private static final Duration TTL = Duration.ofSeconds(60);

  @Test
  void startsWithoutASale() {
    assertThat(SaleState.EMPTY).isEqualTo(new SaleState(0, null, null, List.of()));
  }

  @Test
  void anAnnouncedSaleIsNotYetOpen() {
    assertThat(after(new SaleAnnounced(sale(1))))
        .isEqualTo(new SaleState(1, sale(1), null, List.of()));
  }

  @Test
  void anAnnouncedSaleOpens() {
    assertThat(after(new SaleAnnounced(sale(1)), new SaleOpened(sale(1))))
        .isEqualTo(new SaleState(1, null, sale(1), List.of()));
  }

  @Test
  void aSaleMayOpenUnannounced() {
    assertThat(after(new SaleOpened(sale(1))))
        .isEqualTo(new SaleState(1, null, sale(1), List.of()));
  }

  @Test
  void theNextSaleIsAnnouncedWhileOneIsOpen() {
    assertThat(after(new SaleOpened(sale(1)), new SaleAnnounced(sale(2))))
        .isEqualTo(new SaleState(2, sale(2), sale(1), List.of()));
  }

  @Test
  void aClosedSaleIsKeptForItsHolds() {
    assertThat(after(new SaleOpened(sale(1)), new SaleClosed(1)))
        .isEqualTo(new SaleState(1, null, null, List.of(sale(1))));
  }

  @Test
  void theAnnouncedSaleFollowsTheClosedOne() {
    assertThat(
            after(
                new SaleOpened(sale(1)),
                new SaleAnnounced(sale(2)),
                new SaleClosed(1),
                new SaleOpened(sale(2))))
        .isEqualTo(new SaleState(2, null, sale(2), List.of(sale(1))));
  }

  @Test
  void aMissedSlotIsSkippedButNoIdIs() {
    assertThat(after(new SaleOpened(sale(1)), new SaleClosed(1), new SaleOpened(sale(2, 5))))
        .isEqualTo(new SaleState(2, null, sale(2, 5), List.of(sale(1))));
  }

  @Test
  void idsAreOneTwoThree() {
    impossible(SaleState.EMPTY, new SaleAnnounced(sale(2)));
    impossible(SaleState.EMPTY, new SaleOpened(sale(2)));
    SaleState closed = after(new SaleOpened(sale(1)), new SaleClosed(1));
    impossible(closed, new SaleAnnounced(sale(3)));
    impossible(closed, new SaleOpened(sale(3)));
  }

  @Test
  void anIdIsNeverGivenTwice() {
    SaleState closed = after(new SaleOpened(sale(1)), new SaleClosed(1));

    impossible(closed, new SaleAnnounced(sale(1, 5)));
    impossible(closed, new SaleOpened(sale(1, 5)));
  }

  @Test
  void oneSaleIsAnnouncedAtATime() {
    impossible(after(new SaleAnnounced(sale(1))), new SaleAnnounced(sale(2)));
    impossible(after(new SaleAnnounced(sale(1))), new SaleAnnounced(sale(1)));
  }

  @Test
  void oneSaleIsOpenAtATime() {
    SaleState open = after(new SaleOpened(sale(1)));
    impossible(open, new SaleOpened(sale(2)));
    impossible(open, new SaleOpened(sale(1)));
    impossible(open.apply(new SaleAnnounced(sale(2))), new SaleOpened(sale(2)));
  }

  @Test
  void termsNeverChangeOnceAnnounced() {
    Sale other = new Sale(1, NOON, NOON, NOON.plus(PERIOD), 99, 10, TTL);

    impossible(after(new SaleAnnounced(sale(1))), new SaleOpened(other));
  }

  @Test
  void noOtherSaleOpensInPlaceOfTheAnnouncedOne() {
    impossible(after(new SaleAnnounced(sale(1))), new SaleOpened(sale(2)));
  }

  @Test
  void onlyTheOpenSaleCloses() {
    impossible(SaleState.EMPTY, new SaleClosed(1));
    impossible(after(new SaleAnnounced(sale(1))), new SaleClosed(1));
    SaleState open = after(new SaleOpened(sale(1)), new SaleAnnounced(sale(2)));
    impossible(open, new SaleClosed(2));
    impossible(open, new SaleClosed(0));
    impossible(open.apply(new SaleClosed(1)), new SaleClosed(1));
  }

  @Test
  void theAnnouncedSaleNeverOverlapsTheOpenOne() {
    Sale early = new Sale(2, NOON, NOON.plus(PERIOD).minusMillis(1), NOON.plus(PERIOD), 10, 1, TTL);

    impossible(after(new SaleOpened(sale(1))), new SaleAnnounced(early));
  }

  @Test
  void aSlotHasOneSaleEvenIfItsSaleClosedEarly() {
    SaleState closed = after(new SaleOpened(sale(1)), new SaleClosed(1));
    Sale again = new Sale(2, NOON, NOON.plus(PERIOD.dividedBy(2)), NOON.plus(PERIOD), 10, 1, TTL);

    impossible(closed, new SaleOpened(again));
    impossible(closed, new SaleAnnounced(again));
  }

  @Test
  void noSaleFollowsALaterOne() {
    SaleState closed = after(new SaleOpened(sale(1, 5)), new SaleClosed(1));

    impossible(closed, new SaleOpened(sale(2, 4)));
    impossible(closed, new SaleAnnounced(sale(2, 4)));
  }

  @Test
  void theSaleBeforeTheOpenOneIsKeptHoweverLongAgoItEnded() {
    SaleState state =
        after(new SaleOpened(sale(1)), new SaleClosed(1), new SaleOpened(sale(2, 1_000)));

    assertThat(state.closed()).containsExactly(sale(1));
  }

  @Test
  void olderSalesAreKeptUntilTwiceTheTtlOfTheirHoldsHasPassed() {
    Duration ttl = Duration.ofMinutes(90); // twice that is 3 periods

    SaleState state = openedAndClosed(5, ttl).apply(new SaleOpened(sale(6, 6, ttl)));

    // Sale 3 ended 2 periods before the fifth did, sale 2 exactly 3.
    assertThat(state.closed()).containsExactly(sale(3, 3, ttl), sale(4, 4, ttl), sale(5, 5, ttl));
  }

  /** In an outage no hold ends: what was kept when it began is kept when it is over. */
  @Test
  void salesWithHoldsAreKeptAcrossAnOutage() {
    Duration ttl = Duration.ofMinutes(90); // twice that is 3 periods

    SaleState state = openedAndClosed(5, ttl).apply(new SaleOpened(sale(6, 1_000, ttl)));

    assertThat(state.closed()).containsExactly(sale(3, 3, ttl), sale(4, 4, ttl), sale(5, 5, ttl));
  }

  @Test
  void afterAnOutageTheNextSaleLetsGoOfThem() {
    SaleState state =
        after(
            new SaleOpened(sale(1)),
            new SaleClosed(1),
            new SaleOpened(sale(2, 1_000)),
            new SaleClosed(2),
            new SaleOpened(sale(3, 1_001)));

    assertThat(state.closed()).containsExactly(sale(2, 1_000));
  }

  @Test
  void withShortHoldsOnlyTheLastSaleIsKept() {
    SaleState state = openedAndClosed(500, TTL);

    assertThat(state.closed()).containsExactly(sale(499), sale(500));
    assertThat(state.apply(new SaleOpened(sale(501))).closed()).containsExactly(sale(500));
  }

  @Property(tries = 100)
  void whatIsKeptIsBoundedByTheTtl(@ForAll @IntRange(min = 1, max = 20) int halfPeriods) {
    Duration ttl = PERIOD.dividedBy(2).multipliedBy(halfPeriods);

    assertThat(openedAndClosed(100, ttl).closed()).hasSizeLessThanOrEqualTo(halfPeriods + 1);
  }

  /** Sale ids, slots and kinds at random: mostly impossible, but never two sales at a time. */
  @Property
  void whateverComesIsImpossibleOrKeepsTheSalesApart(@ForAll("events") List<SaleEvent> events) {
    SaleState state = SaleState.EMPTY;
    Instant ended = Instant.MIN;
    for (SaleEvent event : events) {
      SaleState before = state;
      try {
        state = before.apply(event);
      } catch (IllegalStateException impossible) {
        continue;
      }
      assertThat(state.lastId() - before.lastId()).isBetween(0L, 1L);
      switch (event) {
        case SaleAnnounced e -> assertThat(state.announced()).isEqualTo(e.sale());
        case SaleOpened e -> {
          assertThat(before.open()).isNull();
          assertThat(state.open()).isEqualTo(e.sale());
          assertThat(state.lastId()).isEqualTo(e.sale().id());
          assertThat(e.sale().opensAt()).isAfterOrEqualTo(ended);
          ended = e.sale().endsAt();
        }
        case SaleClosed e -> {
          assertThat(state.open()).isNull();
          assertThat(state.closed().getLast().id()).isEqualTo(e.saleId());
        }
        case SaleShortened e -> {
          assertThat(state.open()).isNotNull();
          assertThat(e.endsAt()).isBefore(ended);
          ended = e.endsAt();
        }
        case SaleScheduled e -> assertThat(state.scheduled()).contains(e.extra());
      }
    }
  }

  @Provide
  Arbitrary<List<SaleEvent>> events() {
    Arbitrary<Sale> sales =
        Combinators.combine(Arbitraries.longs().between(1, 4), Arbitraries.integers().between(1, 6))
            .as((id, slot) -> sale(id, slot));
    Arbitrary<SaleEvent> announced = sales.map(SaleAnnounced::new);
    Arbitrary<SaleEvent> opened = sales.map(SaleOpened::new);
    Arbitrary<SaleEvent> closed = Arbitraries.longs().between(0, 4).map(SaleClosed::new);
    Arbitrary<SaleEvent> shortened =
        sales.map(
            sale -> new SaleShortened(sale.id(), sale.slot().plus(PERIOD.dividedBy(2)), null));
    Arbitrary<SaleEvent> scheduled = sales.map(sale -> new SaleScheduled(extra(sale), null));
    return Arbitraries.oneOf(announced, opened, closed, shortened, scheduled).list().ofMaxSize(60);
  }

  private static ExtraSale extra(Sale sale) {
    return new ExtraSale(sale.opensAt(), sale.endsAt(), sale.items(), sale.endsAt());
  }

  private static SaleState openedAndClosed(int sales, Duration ttl) {
    SaleState state = SaleState.EMPTY;
    for (int id = 1; id <= sales; id++) {
      state = state.apply(new SaleOpened(sale(id, id, ttl))).apply(new SaleClosed(id));
    }
    return state;
  }

  private static SaleState after(SaleEvent... events) {
    SaleState state = SaleState.EMPTY;
    for (SaleEvent event : events) {
      state = state.apply(event);
    }
    return state;
  }

  private static Sale sale(long id) {
    return sale(id, id);
  }

  private static Sale sale(long id, long slot) {
    return sale(id, slot, TTL);
  }

  private static Sale sale(long id, long slot, Duration ttl) {
    Instant start = NOON.plus(PERIOD.multipliedBy(slot - 1));
    return new Sale(id, start, start, start.plus(PERIOD), 10_000, 10, ttl);
  }

  private static void impossible(SaleState state, SaleEvent event) {
    assertThatIllegalStateException().isThrownBy(() -> state.apply(event));
  }
}
