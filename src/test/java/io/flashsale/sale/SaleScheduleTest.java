package io.flashsale.sale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.flashsale.sale.SaleEvent.SaleAnnounced;
import io.flashsale.sale.SaleEvent.SaleClosed;
import io.flashsale.sale.SaleEvent.SaleOpened;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;

class SaleScheduleTest {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration AHEAD = Duration.ofSeconds(30);
  private static final Duration TTL = Duration.ofSeconds(60);
  private static final SaleSchedule HOURLY = hourly(HOUR);

  @Test
  void theFirstSaleOpensAtOnceInTheMiddleOfItsSlot() {
    Instant now = NOON.plusSeconds(1234);

    assertThat(HOURLY.due(SaleState.EMPTY, now))
        .containsExactly(new SaleOpened(new Sale(1, NOON, now, NOON.plus(HOUR), 10_000, 10, TTL)));
  }

  @Test
  void theFirstSaleOpensOnTheSlot() {
    assertThat(HOURLY.due(SaleState.EMPTY, NOON)).containsExactly(new SaleOpened(sale(1, NOON)));
    assertThat(HOURLY.due(SaleState.EMPTY, NOON.minusMillis(1)))
        .extracting(event -> ((SaleOpened) event).sale().endsAt())
        .containsExactly(NOON);
  }

  @Test
  void slotsAreMultiplesOfThePeriodBeforeTheEpochToo() {
    Instant early = Instant.ofEpochSecond(-1);

    assertThat(HOURLY.due(SaleState.EMPTY, early))
        .extracting(event -> ((SaleOpened) event).sale().slot())
        .containsExactly(Instant.EPOCH.minus(HOUR));
  }

  @Test
  void theNextSaleIsAnnouncedAheadOfTheEnd() {
    SaleState open = after(NOON);
    Instant end = NOON.plus(HOUR);

    assertThat(HOURLY.due(open, NOON)).isEmpty();
    assertThat(HOURLY.nextDue(open)).isEqualTo(end.minus(AHEAD));
    assertThat(HOURLY.due(open, end.minus(AHEAD).minusMillis(1))).isEmpty();
    assertThat(HOURLY.due(open, end.minus(AHEAD))).containsExactly(new SaleAnnounced(sale(2, end)));
  }

  @Test
  void theAnnouncedSaleOpensOnItsSlotAsTheOldOneCloses() {
    Instant end = NOON.plus(HOUR);
    SaleState announced = after(NOON, end.minus(AHEAD));

    assertThat(HOURLY.nextDue(announced)).isEqualTo(end);
    assertThat(HOURLY.due(announced, end.minusMillis(1))).isEmpty();
    assertThat(HOURLY.due(announced, end))
        .containsExactly(new SaleClosed(1), new SaleOpened(sale(2, end)));
  }

  @Test
  void anAnnouncedSaleWasASaleEvenIfNobodyWasThereToOpenIt() {
    Instant end = NOON.plus(HOUR);
    Instant late = NOON.plus(HOUR.multipliedBy(5)).plusSeconds(7);
    SaleState state = after(NOON, end.minus(AHEAD));

    List<SaleEvent> first = HOURLY.due(state, late);
    assertThat(first).containsExactly(new SaleClosed(1), new SaleOpened(sale(2, end)));
    state = apply(state, first);
    assertThat(HOURLY.due(state, late))
        .containsExactly(
            new SaleClosed(2),
            new SaleOpened(
                new Sale(
                    3,
                    NOON.plus(HOUR.multipliedBy(5)),
                    late,
                    NOON.plus(HOUR.multipliedBy(6)),
                    10_000,
                    10,
                    TTL)));
  }

  @Test
  void missedSlotsAreSkippedButNoIdIs() {
    Instant late = NOON.plus(HOUR.multipliedBy(1000));

    assertThat(HOURLY.due(after(NOON), late))
        .containsExactly(new SaleClosed(1), new SaleOpened(sale(2, late)));
  }

  @Test
  void aClockThatIsSetBackChangesNothingThatIsDurable() {
    SaleState open = after(NOON);
    SaleState announced = after(NOON, NOON.plus(HOUR).minus(AHEAD));

    assertThat(HOURLY.due(open, NOON.minus(HOUR.multipliedBy(9)))).isEmpty();
    assertThat(HOURLY.due(announced, NOON.minus(HOUR.multipliedBy(9)))).isEmpty();
  }

  @Test
  void aLongerPeriodBeginsWhereTheOldSlotEnds() {
    Instant end = NOON.plus(HOUR); // 13:00 is in the slot of 12:00 to 14:00
    SaleSchedule longer = hourly(HOUR.multipliedBy(2));

    assertThat(longer.due(after(NOON), end.minus(AHEAD)))
        .containsExactly(
            new SaleAnnounced(
                new Sale(2, end, end, NOON.plus(HOUR.multipliedBy(2)), 10_000, 10, TTL)));
  }

  @Test
  void aShorterPeriodBeginsWhenTheOpenSaleEnds() {
    Instant end = NOON.plus(HOUR);
    SaleSchedule shorter = hourly(Duration.ofMinutes(7));
    SaleState open = after(NOON);

    assertThat(shorter.due(open, NOON.plus(Duration.ofMinutes(20)))).isEmpty();
    List<SaleEvent> due = shorter.due(open, end);
    assertThat(due).hasSize(2);
    SaleOpened opened = (SaleOpened) due.getLast();
    assertThat(opened.sale().slot()).isEqualTo(end);
    assertThat(opened.sale().endsAt()).isAfter(end).isBefore(end.plus(Duration.ofMinutes(7)));
  }

  @Test
  void noScheduleHasAnEmptyPeriodOrAnnouncesAheadOfTheSlot() {
    assertThatIllegalArgumentException().isThrownBy(() -> hourly(Duration.ZERO));
    assertThatIllegalArgumentException().isThrownBy(() -> hourly(Duration.ofNanos(999_999)));
    assertThatIllegalArgumentException().isThrownBy(() -> hourly(AHEAD.minusMillis(1)));
  }

  /** A step of time, forth or back, after which this period is in force. */
  record Step(Duration by, Duration period) {}

  @Property(tries = 300)
  void alwaysEndsInExactlyOneOpenSaleAndNoTwoOverlap(@ForAll("steps") List<Step> steps) {
    SaleState state = SaleState.EMPTY;
    Instant now = NOON;
    List<Sale> opened = new ArrayList<>();
    for (Step step : steps) {
      now = now.plus(step.by());
      SaleSchedule schedule = hourly(step.period());
      int writes = 0;
      for (List<SaleEvent> due = schedule.due(state, now);
          !due.isEmpty();
          due = schedule.due(state, now)) {
        state = apply(state, due);
        due.forEach(
            event -> {
              if (event instanceof SaleOpened(Sale sale)) {
                opened.add(sale);
              }
            });
        assertThat(++writes).isLessThanOrEqualTo(4);
        assertThat(state.open()).isNotNull();
      }
      assertThat(opened.getLast()).isEqualTo(state.open());
      assertThat(now).isBefore(opened.getLast().endsAt());
      assertThat(schedule.nextDue(state)).isAfter(now);
    }
    for (int i = 0; i < opened.size(); i++) {
      assertThat(opened.get(i).id()).isEqualTo(i + 1);
      if (i > 0) {
        assertThat(opened.get(i).slot()).isAfterOrEqualTo(opened.get(i - 1).endsAt());
        assertThat(opened.get(i).opensAt()).isAfterOrEqualTo(opened.get(i - 1).endsAt());
      }
    }
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Duration> by =
        Arbitraries.oneOf(
            Arbitraries.integers().between(-7200, 7200).map(Duration::ofSeconds),
            Arbitraries.integers().between(0, 40_000).map(Duration::ofMillis),
            Arbitraries.of(HOUR, AHEAD, HOUR.minus(AHEAD), Duration.ZERO));
    Arbitrary<Duration> period =
        Arbitraries.frequencyOf(
            Tuple.of(8, Arbitraries.just(HOUR)),
            Tuple.of(
                1,
                Arbitraries.of(
                    Duration.ofMinutes(1), Duration.ofMinutes(7), Duration.ofHours(24))));
    return Combinators.combine(by, period).as(Step::new).list().ofMinSize(1).ofMaxSize(60);
  }

  private static SaleSchedule hourly(Duration period) {
    return new SaleSchedule(period, AHEAD, 10_000, 10, TTL);
  }

  private static Sale sale(long id, Instant slot) {
    return new Sale(id, slot, slot, slot.plus(HOUR), 10_000, 10, TTL);
  }

  private static SaleState after(Instant... times) {
    SaleState state = SaleState.EMPTY;
    for (Instant time : times) {
      state = apply(state, HOURLY.due(state, time));
    }
    return state;
  }

  private static SaleState apply(SaleState state, List<SaleEvent> events) {
    SaleState after = state;
    for (SaleEvent event : events) {
      after = after.apply(event);
    }
    return after;
  }
}
