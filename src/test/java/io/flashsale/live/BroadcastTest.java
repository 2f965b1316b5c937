package io.flashsale.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BroadcastTest {

  private long now;
  private final Broadcast broadcast = new Broadcast(200, () -> now);
  private final List<One> told = new ArrayList<>();

  private final class One extends Broadcast.Client {
    @Override
    void wake() {
      told.add(this);
    }
  }

  private List<One> join(int count) {
    List<One> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      One one = new One();
      assertThat(broadcast.join(one)).isTrue();
      all.add(one);
    }
    return all;
  }

  private List<One> wave() {
    List<One> wave = List.copyOf(told);
    told.clear();
    return wave;
  }

  @Test
  void tellsEverybodyOnceAFewAtATime() {
    List<One> all = join(150);
    List<One> heard = new ArrayList<>();

    broadcast.begin();
    while (!told.isEmpty()) {
      List<One> wave = wave();
      assertThat(wave).hasSizeLessThanOrEqualTo(Broadcast.AT_ONCE);
      assertThat(broadcast.isReady()).isFalse();
      heard.addAll(wave);
      wave.forEach(broadcast::noted);
    }

    assertThat(heard).hasSize(150).containsExactlyInAnyOrderElementsOf(all);
    assertThat(broadcast.isReady()).isTrue();
  }

  @Test
  void waitsForThoseWhoHaveNotTakenNote() {
    join(65);
    broadcast.begin();
    List<One> first = wave();
    first.subList(1, first.size()).forEach(broadcast::noted);

    broadcast.begin();
    assertThat(told).isEmpty();

    broadcast.noted(first.getFirst());
    assertThat(told).hasSize(1);
  }

  @Test
  void doesNotWaitForThoseWhoLeave() {
    List<One> all = join(65);
    broadcast.begin();
    List<One> first = wave();
    first.forEach(broadcast::leave);
    List<One> second = wave();
    assertThat(second).hasSize(1);
    all.forEach(broadcast::leave);

    assertThat(broadcast.isReady()).isTrue();
    assertThat(broadcast.size()).isZero();
  }

  @Test
  void countsAClientThatTakesNoteTwiceOnce() {
    join(65);
    broadcast.begin();
    One first = wave().getFirst();
    for (int i = 0; i < 100; i++) {
      broadcast.noted(first);
    }

    assertThat(told).isEmpty();
  }

  /** So that thousands of clients have half of the threads at most. */
  @Test
  void leavesMostOfTheTimeToTheBuyers() {
    join(1);
    broadcast.begin();
    now = Duration.ofMillis(20).toNanos();
    wave().forEach(broadcast::noted);

    now = Duration.ofMillis(199).toNanos();
    broadcast.begin();
    assertThat(told).isEmpty();
    now = Duration.ofMillis(200).toNanos();
    broadcast.begin();
    assertThat(told).hasSize(1);
  }

  @Test
  void pausesForNoLongerThanItMay() {
    join(1);
    broadcast.begin();
    now = Duration.ofSeconds(10).toNanos();
    wave().forEach(broadcast::noted);

    now += Broadcast.LONGEST_PAUSE.toNanos();
    assertThat(broadcast.isReady()).isTrue();
  }

  @Test
  void hasAPlaceForSoManyAndNoMore() {
    List<One> all = join(200);
    One late = new One();

    assertThat(broadcast.isFull()).isTrue();
    assertThat(broadcast.join(late)).isFalse();
    broadcast.leave(late);
    assertThat(broadcast.isFull()).isTrue();
    broadcast.leave(all.getFirst());
    assertThat(broadcast.join(late)).isTrue();
  }
}
