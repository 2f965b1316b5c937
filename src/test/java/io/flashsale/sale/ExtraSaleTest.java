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
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What extra sales, and sales that are closed early, mean for those of the slots. */
class ExtraSaleTest {

  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration AHEAD = Duration.ofSeconds(30);
  private static final Duration TTL = Duration.ofSeconds(60);
  private static final SaleSchedule HOURLY = new SaleSchedule(HOUR, AHEAD, 10_000, 10, TTL);

  private SaleState state = SaleState.EMPTY;
  private final List<Sale> opened = new ArrayList<>();

  /** On the first of March. */
  private static Instant at(String time) {
    return Instant.parse("2026-03-01T" + time + "Z");
  }

  /** All that happens until then, looked at every second. */
  private void runUntil(String from, String until) {
    for (Instant now = at(from); !now.isAfter(at(until)); now = now.plusSeconds(1)) {
      settle(now);
    }
  }

  private void settle(Instant now) {
    for (var due = HOURLY.due(state, now); !due.isEmpty(); due = HOURLY.due(state, now)) {
      due.forEach(this::write);
    }
  }

  private void write(SaleEvent event) {
    state = state.apply(event);
    if (event instanceof SaleOpened(Sale sale)) {
      opened.add(sale);
    }
  }

  private SaleDecision ask(@Nullable String from, @Nullable String until, String now) {
    return HOURLY.extra(
        state, from == null ? null : at(from), until == null ? null : at(until), 50, at(now));
  }

  private void schedule(String from, String until, String now) {
    SaleDecision decision = ask(from, until, now);
    assertThat(decision).isInstanceOf(SaleDecision.Scheduled.class);
    write(new SaleScheduled(((SaleDecision.Scheduled) decision).sale(), null));
  }

  private void expectRefused(SaleDecision decision, SaleDecision.Reason reason) {
    assertThat(decision).isInstanceOf(SaleDecision.Refused.class);
    assertThat(((SaleDecision.Refused) decision).reason()).isEqualTo(reason);
  }

  private List<String> times() {
    return opened.stream()
        .map(s -> "%d %tR-%tR".formatted(s.id(), utc(s.opensAt()), utc(s.endsAt())))
        .toList();
  }

  private static java.time.ZonedDateTime utc(Instant instant) {
    return instant.atZone(java.time.ZoneOffset.UTC);
  }

  @Test
  void theSaleBeforeAnExtraOneEndsWhereItBeginsAndTheRestOfTheSlotIsEmpty() {
    settle(at("12:00:00"));
    schedule("14:30:00", "14:45:00", "12:10:00");

    runUntil("12:10:00", "15:10:00");

    assertThat(times())
        .containsExactly(
            "1 12:00-13:00", "2 13:00-14:00", "3 14:00-14:30", "4 14:30-14:45", "5 15:00-16:00");
    assertThat(opened.get(3).items()).isEqualTo(50);
    assertThat(opened.get(4).items()).isEqualTo(10_000);
    assertThat(state.scheduled()).isEmpty();
  }

  @Test
  void anExtraSaleOnTheHourIsTheSaleOfThatHour() {
    settle(at("12:00:00"));
    schedule("13:00:00", "13:20:00", "12:10:00");

    runUntil("12:10:00", "14:10:00");

    assertThat(times()).containsExactly("1 12:00-13:00", "2 13:00-13:20", "3 14:00-15:00");
  }

  @Test
  void aSlotThatBeginsInAnExtraSaleOpensAfterIt() {
    settle(at("12:00:00"));
    schedule("13:50:00", "14:10:00", "12:10:00");

    runUntil("12:10:00", "15:10:00");

    assertThat(times())
        .containsExactly(
            "1 12:00-13:00", "2 13:00-13:50", "3 13:50-14:10", "4 14:10-15:00", "5 15:00-16:00");
  }

  @Test
  void anExtraSaleIsAnnouncedAheadAsOthersAre() {
    settle(at("12:00:00"));
    schedule("13:00:00", "13:20:00", "12:10:00");

    assertThat(HOURLY.nextDue(state)).isEqualTo(at("12:59:30"));
    assertThat(HOURLY.due(state, at("12:59:29"))).isEmpty();
    assertThat(HOURLY.due(state, at("12:59:30")))
        .singleElement()
        .isInstanceOfSatisfying(
            SaleAnnounced.class, e -> assertThat(e.sale().items()).isEqualTo(50));
  }

  @Test
  void anExtraSaleThatNobodyWasThereToOpenIsSkippedOrOpensLate() {
    settle(at("12:00:00"));
    schedule("14:00:00", "14:10:00", "12:10:00");
    schedule("15:00:00", "15:30:00", "12:10:00");

    runUntil("15:05:00", "16:01:00");

    assertThat(times()).containsExactly("1 12:00-13:00", "2 15:05-15:30", "3 16:00-17:00");
    assertThat(state.scheduled()).isEmpty();
  }

  @Test
  void aSaleThatIsClosedLeavesTheRestOfItsSlotEmpty() {
    settle(at("12:00:00"));
    write(new SaleShortened(1, at("12:20:00"), null));

    assertThat(HOURLY.due(state, at("12:19:59"))).isEmpty();
    assertThat(HOURLY.due(state, at("12:20:00"))).containsExactly(new SaleClosed(1));
    runUntil("12:20:00", "13:10:00");

    assertThat(times()).containsExactly("1 12:00-13:00", "2 13:00-14:00");
    assertThat(state.closed().getFirst().endsAt()).isEqualTo(at("12:20:00"));
  }

  @Test
  void aSaleThatIsClosedWhileTheNextIsAnnouncedIsFollowedByThat() {
    settle(at("12:00:00"));
    settle(at("12:59:30"));
    write(new SaleShortened(1, at("12:59:40"), null));

    runUntil("12:59:31", "13:10:00");

    assertThat(times()).containsExactly("1 12:00-13:00", "2 13:00-14:00");
  }

  @Test
  void anExtraSaleOpensInTheEmptyRestAtOnce() {
    settle(at("12:00:00"));
    write(new SaleShortened(1, at("12:20:00"), null));
    settle(at("12:20:00"));
    assertThat(state.open()).isNull();

    SaleDecision decision = ask(null, null, "12:25:00");

    ExtraSale extra =
        new ExtraSale(at("12:25:00"), at("13:00:00"), 50, at("13:00:00")); // until the next slot
    assertThat(decision).isEqualTo(new SaleDecision.Scheduled(extra));
    write(new SaleScheduled(extra, null));
    runUntil("12:25:00", "13:10:00");
    assertThat(times()).containsExactly("1 12:00-13:00", "2 12:25-13:00", "3 13:00-14:00");
  }

  @Test
  void anExtraSaleThatIsClosedDoesNotBringTheNextOneForward() {
    settle(at("12:00:00"));
    schedule("13:10:00", "13:50:00", "12:10:00");
    runUntil("12:10:00", "13:15:00");
    write(new SaleShortened(3, at("13:20:00"), null));

    runUntil("13:15:00", "14:01:00");

    assertThat(times())
        .containsExactly("1 12:00-13:00", "2 13:00-13:10", "3 13:10-13:50", "4 14:00-15:00");
  }

  @Test
  void nothingOverlapsWhatIsOpenAnnouncedOrScheduled() {
    settle(at("12:00:00"));
    expectRefused(ask(null, null, "12:10:00"), SaleDecision.Reason.OVERLAPS);
    expectRefused(ask("12:59:59", "13:10:00", "12:10:00"), SaleDecision.Reason.OVERLAPS);
    settle(at("12:59:30"));
    expectRefused(ask("13:59:59", "14:10:00", "12:59:40"), SaleDecision.Reason.OVERLAPS);
    schedule("14:00:00", "14:10:00", "12:59:40");
    expectRefused(ask("14:09:59", "14:20:00", "12:59:40"), SaleDecision.Reason.OVERLAPS);
    expectRefused(ask("14:00:00", "14:11:00", "12:59:40"), SaleDecision.Reason.OVERLAPS);
    schedule("14:10:00", "14:20:00", "12:59:40");
  }

  @Test
  void theSameSaleMayBeAskedForAgain() {
    settle(at("12:00:00"));
    schedule("14:00:00", "14:10:00", "12:10:00");

    assertThat(ask("14:00:00", "14:10:00", "12:11:00")).isInstanceOf(SaleDecision.Scheduled.class);
  }

  @Test
  void soManyMayBeScheduledAndNoMore() {
    settle(at("12:00:00"));
    for (int i = 0; i < SaleState.MOST_SCHEDULED; i++) {
      schedule("14:%02d:00".formatted(i), "14:%02d:30".formatted(i), "12:10:00");
    }

    expectRefused(ask("15:00:00", "15:10:00", "12:10:00"), SaleDecision.Reason.TOO_MANY);
  }

  /** More could not be told apart by the codes of their checkouts. */
  @Test
  void soManySalesMayHaveLiveHoldsAndNoMore() {
    SaleSchedule slow = new SaleSchedule(Duration.ofHours(24), AHEAD, 10, 10, Duration.ofHours(2));
    Instant now = Instant.parse("2026-03-01T00:00:00Z");
    slow.due(state, now).forEach(this::write);
    for (int id = 1; id <= SaleSchedule.MOST_WITH_HOLDS; id++) {
      if (id > 1) {
        write(new SaleScheduled(wanted(slow, now), null));
        slow.due(state, now).forEach(this::write);
      }
      now = now.plus(SaleSchedule.NOTICE);
      write(new SaleShortened(id, now, null));
      slow.due(state, now).forEach(this::write);
    }

    expectRefused(slow.extra(state, null, null, null, now), SaleDecision.Reason.TOO_MANY);
    assertThat(slow.extra(state, null, null, null, now.plus(Duration.ofHours(4))))
        .isInstanceOf(SaleDecision.Scheduled.class);
  }

  private ExtraSale wanted(SaleSchedule schedule, Instant now) {
    return ((SaleDecision.Scheduled) schedule.extra(state, null, null, null, now)).sale();
  }

  /** A clock that is set back does not close a sale before it has opened. */
  @Test
  void aSaleIsClosedAfterItHasOpenedWhateverTheClockSays() {
    settle(at("12:00:00"));

    assertThat(HOURLY.closing(state, 1, at("11:00:00")))
        .isEqualTo(
            new SaleDecision.Closing(
                opened.getFirst().endingAt(at("12:00:00").plus(SaleSchedule.NOTICE))));
  }

  /** Of a node that has not heard of the closing, while it is not downed. */
  @Test
  void holdsThatBeginAfterASaleWasClosedAreWatched() {
    SaleSchedule quick =
        new SaleSchedule(HOUR, AHEAD, 10_000, 10, Duration.ofSeconds(1)); // holds end soon
    quick.due(state, at("12:00:00")).forEach(this::write);
    write(new SaleShortened(1, at("12:20:00"), null));
    quick.due(state, at("12:20:00")).forEach(this::write);

    assertThat(state.withLiveHolds(at("12:20:30"))).hasSize(1);
    assertThat(state.withLiveHolds(at("12:20:31"))).isEmpty();
  }

  @Test
  void whatWasAskedLongAgoIsForgotten() {
    settle(at("12:00:00"));
    Asked first = new Asked(new UUID(0, 0), new UUID(0, 0));
    for (int i = 0; i < SaleState.MOST_DONE + 1; i++) {
      Asked asked = new Asked(new UUID(0, i), new UUID(0, 0));
      write(new SaleShortened(1, at("12:50:00").minusSeconds(i), asked));
      assertThat(state.repeated(asked)).isNotNull();
      assertThat(state.repeated(first) == null).isEqualTo(i == SaleState.MOST_DONE);
    }
    assertThat(state.done()).hasSize(SaleState.MOST_DONE);
  }

  @Test
  void timesThatCannotBeAreNamed() {
    settle(at("12:00:00"));
    assertThat(parameter(ask("12:09:59", "14:00:00", "12:10:00"))).isEqualTo("started_at");
    assertThat(parameter(ask("14:00:00", "14:00:00", "12:10:00"))).isEqualTo("ended_at");
    assertThat(parameter(ask("14:00:00", "13:00:00", "12:10:00"))).isEqualTo("ended_at");
    Instant far = at("12:10:00").plus(SaleSchedule.MOST);
    SaleDecision late =
        HOURLY.extra(state, far.plusMillis(1), far.plusSeconds(60), null, at("12:10:00"));
    assertThat(parameter(late)).isEqualTo("started_at");
    SaleDecision never = HOURLY.extra(state, Instant.MAX, null, null, at("12:10:00"));
    assertThat(parameter(never)).as("no slot can have it").isEqualTo("started_at");
    SaleDecision longest = HOURLY.extra(state, at("14:00:00"), Instant.MAX, null, at("12:10:00"));
    assertThat(parameter(longest)).isEqualTo("ended_at");
  }

  private static @Nullable String parameter(SaleDecision decision) {
    return ((SaleDecision.Refused) decision).parameter();
  }

  @Test
  void whatCannotFollowIsImpossible() {
    settle(at("12:00:00"));
    ExtraSale early = new ExtraSale(at("12:59:00"), at("13:10:00"), 1, at("13:10:00"));
    impossible(new SaleScheduled(early, null));
    impossible(new SaleShortened(2, at("12:30:00"), null));
    impossible(new SaleShortened(1, at("13:00:00"), null));
    schedule("14:00:00", "14:10:00", "12:10:00");
    impossible(
        new SaleScheduled(new ExtraSale(at("14:09:00"), at("14:20:00"), 1, at("15:00:00")), null));
  }

  private void impossible(SaleEvent event) {
    SaleState before = state;
    assertThatIllegalStateException().isThrownBy(() -> before.apply(event));
  }

  /** An operator asks for sales, and closes the open one, at random minutes of six hours. */
  @ParameterizedTest
  @MethodSource("seeds")
  void salesNeverOverlapAndASlotNeverOpensTwice(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int minute = 0; minute < 360; minute++) {
      Instant now = at("12:00:00").plusSeconds(60L * minute);
      settle(now);
      if (random.nextInt(40) == 0) {
        Instant from = now.plusSeconds(60L * random.nextInt(90));
        Instant until = from.plusSeconds(60L * random.nextInt(1, 70));
        if (HOURLY.extra(state, from, until, 1, now)
                instanceof SaleDecision.Scheduled(ExtraSale extra)
            && !state.scheduled().contains(extra)) { // asked for again, by chance
          write(new SaleScheduled(extra, null));
        }
      }
      Sale open = state.open();
      if (random.nextInt(60) == 0 && open != null && now.isAfter(open.opensAt())) {
        write(new SaleShortened(open.id(), now, null));
      }
      settle(now);
    }
    assertThat(opened).hasSizeGreaterThan(5);
    for (int i = 1; i < opened.size(); i++) {
      assertThat(opened.get(i).id()).isEqualTo(i + 1);
      assertThat(opened.get(i).slot()).isAfter(opened.get(i - 1).slot());
    }
    // Those of the slots begin on the hour, or when an extra sale is over that was there then.
    assertThat(opened.stream().filter(sale -> sale.items() == 10_000).toList())
        .extracting(sale -> sale.slot().getEpochSecond() / 3_600)
        .doesNotHaveDuplicates();
  }

  static LongStream seeds() {
    return LongStream.range(0, 200);
  }
}
