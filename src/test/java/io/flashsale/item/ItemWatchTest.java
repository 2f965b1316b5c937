package io.flashsale.item;

import static io.flashsale.item.ItemWorld.CODE;
import static io.flashsale.item.ItemWorld.EXPIRY;
import static io.flashsale.item.ItemWorld.NOON;
import static io.flashsale.item.ItemWorld.TTL;
import static io.flashsale.item.ItemWorld.USER;
import static io.flashsale.item.ItemWorld.held;
import static org.assertj.core.api.Assertions.assertThat;

import io.flashsale.TestNode;
import io.flashsale.item.Item.Confirm;
import io.flashsale.item.Item.Reason;
import io.flashsale.item.Item.Release;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What a held item does about its hold, also after a recovery. */
class ItemWatchTest {

  private static final TestNode NODE = new TestNode();

  private final ItemWorld world = ItemWorld.tested(NODE);

  @AfterAll
  static void stop() {
    NODE.close();
  }

  @Test
  void asksAtTheExpiryAndAgainWithBackOff() {
    world.heldBy(11);

    world.pass(TTL.minusMillis(1));
    assertThat(world.takeAsked()).isEmpty();
    world.pass(Duration.ofMillis(1));
    assertThat(world.takeAsked()).containsExactly(held(11));

    for (int millis : List.of(250, 500, 1000, 1000, 1000)) {
      world.pass(Duration.ofMillis(millis - 1));
      assertThat(world.takeAsked()).isEmpty();
      world.pass(Duration.ofMillis(1));
      assertThat(world.takeAsked()).containsExactly(held(11));
    }
  }

  @Test
  void neverFreesItself() {
    world.heldBy(11);

    for (int hour = 0; hour < 10; hour++) {
      world.pass(Duration.ofHours(1));
    }

    assertThat(world.state()).isEqualTo(held(11));
    assertThat(world.events()).hasSize(1);
    assertThat(world.takeAsked()).isNotEmpty();
    world.expectNotPassivated();
    world.tell(world.reserve(12, USER + 1));
    world.expectRefused(12, Reason.RESERVED);
  }

  @Test
  void asksNoMoreOnceItIsReleased() {
    world.heldBy(11);
    world.pass(TTL);
    world.takeAsked();

    world.tell(new Release(11));
    world.pass(TTL);

    assertThat(world.takeAsked()).isEmpty();
  }

  @Test
  void theNextHoldIsAskedAboutAtItsOwnTimeAndEagerlyAgain() {
    world.heldBy(11);
    world.pass(TTL);
    world.pass(Duration.ofSeconds(1));
    world.tell(new Release(11));
    world.takeAsked();
    Instant later = EXPIRY.plus(TTL);
    world.tell(new Item.Reserve(CODE, 12, USER, later, world.user.getRef()));
    world.expectHeld(12);

    world.pass(TTL.minusSeconds(1).minusMillis(1));
    assertThat(world.takeAsked()).isEmpty();
    world.pass(Duration.ofMillis(1));
    world.pass(Duration.ofMillis(250));

    assertThat(world.takeAsked())
        .hasSize(2)
        .containsOnly(new ItemState.Held(CODE, 12, USER, later));
  }

  @Test
  void aHoldThatHasExpiredWhenItComesIsHeldAndAskedAbout() {
    world.clock.set(EXPIRY.plusSeconds(5));

    world.heldBy(11);
    world.pass(Duration.ofMillis(1));

    assertThat(world.takeAsked()).containsExactly(held(11));
    assertThat(world.state()).isEqualTo(held(11));
  }

  @Test
  void r8ReleaseAndConfirmAreObeyedWhateverTheClockSays() {
    world.heldBy(11);
    world.clock.set(NOON.minusSeconds(1000));
    world.tell(new Release(11));
    assertThat(world.state()).isEqualTo(new ItemState.Available());

    world.heldBy(12);
    world.clock.set(EXPIRY.plusSeconds(1000));
    world.tell(new Confirm(12));
    assertThat(world.state()).isEqualTo(new ItemState.Sold(CODE, 12, USER));
  }

  // ---------------------------------------------------------------- recovery

  @Test
  void aRecoveredHoldIsAskedAboutAtItsTime() {
    world.heldBy(11);
    world.pass(Duration.ofSeconds(20));
    assertThat(world.kit().restart().state()).isEqualTo(held(11));

    world.pass(Duration.ofSeconds(40).minusMillis(1));
    assertThat(world.takeAsked()).isEmpty();
    world.pass(Duration.ofMillis(1));

    assertThat(world.takeAsked()).containsExactly(held(11));
    world.tell(new Release(11));
    assertThat(world.state()).isEqualTo(new ItemState.Available());
  }

  @Test
  void aRecoveredHoldPastItsTimeIsAskedAboutAtOnce() {
    world.heldBy(11);
    world.clock.set(EXPIRY.plusSeconds(3600));
    world.kit().restart();

    world.pass(Duration.ofMillis(1));

    assertThat(world.takeAsked()).containsExactly(held(11));
    world.tell(new Confirm(11)); // it was bought in time, and the Confirm was lost
    assertThat(world.state()).isEqualTo(new ItemState.Sold(CODE, 11, USER));
  }

  @Test
  void aRecoveredHoldAnswersTheReserveThatMadeIt() {
    world.heldBy(11);
    world.kit().restart();

    world.tell(world.reserve(11));

    world.expectHeld(11);
    assertThat(world.events()).hasSize(1);
  }

  @Test
  void aRecoveredSaleIsToldAgain() {
    world.heldBy(11);
    world.tell(new Confirm(11));

    world.kit().restart();

    assertThat(world.sold).containsExactly(world.id, world.id);
    world.tell(world.reserve(12));
    world.expectRefusedForItsOwn(12, Reason.SOLD);
  }
}
