package io.flashsale.warmup;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {

  /** After these rounds, at so many items per second. */
  private static Pace pace(int fewest, int... rates) {
    Pace pace = new Pace(fewest);
    for (int rate : rates) {
      pace.add(rate, Duration.ofSeconds(1));
    }
    return pace;
  }

  @Test
  void goesOnBeforeThereIsAnythingToCompare() {
    assertThat(pace(1).improves()).isTrue();
    assertThat(pace(1, 100).improves()).isTrue();
    assertThat(pace(1, 100, 100).improves()).isTrue();
    assertThat(pace(1, 100, 100, 100).improves()).isFalse();
  }

  @Test
  void goesOnWhileTheRoundsBecomeFaster() {
    assertThat(pace(3, 100, 200, 300, 400, 500).improves()).isTrue();
  }

  @Test
  void stopsWhenTheLatestTwoAreHardlyFasterThanTheBestBeforeThem() {
    assertThat(pace(3, 100, 400, 440, 430).improves()).isFalse();
    assertThat(pace(3, 100, 400, 441, 430).improves()).isTrue();
    assertThat(pace(3, 100, 400, 430, 441).improves()).isTrue();
  }

  @Test
  void isNotMisledByOneSlowRound() {
    assertThat(pace(3, 100, 200, 50, 300).improves()).isTrue();
    assertThat(pace(3, 100, 200, 300, 50).improves()).isTrue();
  }

  @Test
  void stopsWhenItBecomesSlower() {
    assertThat(pace(3, 500, 400, 300).improves()).isFalse();
  }

  @Test
  void goesOnForTheFewestRounds() {
    assertThat(pace(5, 100, 100, 100, 100).improves()).isTrue();
    assertThat(pace(5, 100, 100, 100, 100, 100).improves()).isFalse();
  }

  @Test
  void countsPerSecond() {
    Pace pace = new Pace(3);
    assertThat(pace.first()).isZero();
    assertThat(pace.last()).isZero();

    pace.add(2_000, Duration.ofMillis(500));
    pace.add(2_000, Duration.ofMillis(250));

    assertThat(pace.rounds()).isEqualTo(2);
    assertThat(pace.first()).isEqualTo(4_000);
    assertThat(pace.last()).isEqualTo(8_000);
    assertThat(pace).hasToString("[4000, 8000]");
  }

  @Test
  void survivesARoundThatTookNoTime() {
    assertThat(pace(3, 1).last()).isEqualTo(1);
    Pace pace = new Pace(1);
    pace.add(1, Duration.ZERO);
    assertThat(pace.improves()).isTrue();
  }
}
