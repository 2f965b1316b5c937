package io.flashsale.item;

import static io.flashsale.item.ItemWorld.CODE;
import static io.flashsale.item.ItemWorld.NOON;
import static io.flashsale.item.ItemWorld.TTL;
import static io.flashsale.item.ItemWorld.USER;
import static io.flashsale.item.ItemWorld.held;
import static io.flashsale.item.ItemWorld.reserved;
import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.cluster.sharding.typed.javadsl.ClusterSharding;
import io.flashsale.TestNode;
import io.flashsale.item.Item.Confirm;
import io.flashsale.item.Item.Reason;
import io.flashsale.item.Item.Release;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class ItemTest {

  private static final TestNode NODE = new TestNode();

  private final ItemWorld world = ItemWorld.tested(NODE);

  @AfterAll
  static void stop() {
    NODE.close();
  }

  @Test
  void isHeldForTheFirstWhoAsks() {
    world.tell(world.reserve(11));

    world.expectHeld(11);
    assertThat(world.events()).containsExactly(reserved(11));
    assertThat(world.state()).isEqualTo(held(11));
  }

  @Test
  void answersARepeatedReserveTheSameWithoutASecondEvent() {
    world.heldBy(11);

    world.tell(world.reserve(11));

    world.expectHeld(11);
    assertThat(world.events()).hasSize(1);
    assertThat(world.takeAsked()).isEmpty();
  }

  @Test
  void refusesAnotherUserWhileItIsHeldWithoutAsking() {
    world.heldBy(11);

    world.tell(world.reserve(12, USER + 1));

    world.expectRefused(12, Reason.RESERVED);
    assertThat(world.takeAsked()).isEmpty();
    assertThat(world.events()).hasSize(1);
  }

  @Test
  void asksAtOnceWhenTheSameUserWantsItUnderAnotherHold() {
    world.heldBy(11);

    world.tell(world.reserve(12));

    world.expectRefusedForItsOwn(12, Reason.RESERVED);
    assertThat(world.takeAsked()).containsExactly(held(11));
    assertThat(world.state()).isEqualTo(held(11));
  }

  @Test
  void anOrphanIsReleasedAndTheNextTryGetsTheItem() {
    world.heldBy(11);
    world.tell(world.reserve(12));
    world.expectRefusedForItsOwn(12, Reason.RESERVED);

    world.tell(new Release(11)); // the answer to the question
    world.heldBy(13);

    assertThat(world.events())
        .containsExactly(reserved(11), new ItemEvent.Released(11), reserved(13));
  }

  @Test
  void isSoldToTheHoldThatIsConfirmed() {
    world.heldBy(11);

    world.tell(new Confirm(11));

    assertThat(world.events()).containsExactly(reserved(11), new ItemEvent.Sold(CODE, 11, USER));
    assertThat(world.sold).containsExactly(world.id);
    world.tell(world.reserve(12, USER + 1));
    world.expectRefused(12, Reason.SOLD);
    world.tell(world.reserve(11));
    world.expectRefusedForItsOwn(11, Reason.SOLD);
  }

  @Test
  void staysSoldWhateverComes() {
    world.heldBy(11);
    world.tell(new Confirm(11));

    world.tell(new Confirm(11));
    world.tell(new Release(11));
    world.pass(TTL.multipliedBy(2));

    assertThat(world.events()).hasSize(2);
    assertThat(world.takeAsked()).isEmpty();
  }

  @Test
  void isFreeAfterItsRelease() {
    world.heldBy(11);

    world.tell(new Release(11));

    assertThat(world.state()).isEqualTo(new ItemState.Available());
    world.tell(new Release(11));
    world.tell(new Confirm(11));
    assertThat(world.events()).containsExactly(reserved(11), new ItemEvent.Released(11));
    world.tell(world.reserve(12, USER + 1));
    world.expectHeld(12);
  }

  /** A hold expired, somebody else has the item, and then the old purchase arrives. */
  @Test
  void confirmOfAnEarlierHoldSellsNothing() {
    world.heldBy(11);
    world.tell(new Release(11));
    world.heldBy(12); // the same user, the same code: the hold id alone tells them apart

    world.tell(new Confirm(11));

    assertThat(world.state()).isEqualTo(held(12));
    assertThat(world.events()).hasSize(3);
    assertThat(world.sold).isEmpty();
  }

  @Test
  void releaseOfAnEarlierHoldFreesNothing() {
    world.heldBy(11);
    world.tell(new Release(11));
    world.heldBy(12);

    world.tell(new Release(11));

    assertThat(world.state()).isEqualTo(held(12));
    assertThat(world.events()).hasSize(3);
  }

  // ---------------------------------------------------------------- in memory

  @Test
  void isAwakeInEveryState() {
    assertThat(awake()).isEqualTo(new Item.Awake(ItemWorld.SALE, world.id.number()));
    world.heldBy(11);
    assertThat(awake()).isEqualTo(new Item.Awake(ItemWorld.SALE, world.id.number()));
    world.tell(new Confirm(11));
    assertThat(awake()).isEqualTo(new Item.Awake(ItemWorld.SALE, world.id.number()));
    assertThat(world.events()).hasSize(2);
  }

  private Item.Awake awake() {
    return world.kit().<Item.Awake>runCommand(replyTo -> new Item.Wake(0, replyTo)).reply();
  }

  @Test
  void leavesMemoryWhenIdleAndItsSaleIsOver() {
    world.saleIsOver = true;

    world.pass(Item.IDLE);

    world.shard.expectMessageClass(ClusterSharding.Passivate.class);
  }

  @Test
  void aSoldItemLeavesMemoryToo() {
    world.heldBy(11);
    world.tell(new Confirm(11));
    world.saleIsOver = true;

    world.pass(Item.IDLE);

    world.shard.expectMessageClass(ClusterSharding.Passivate.class);
  }

  @Test
  void staysInMemoryWhileItsSaleIsOn() {
    world.pass(Item.IDLE.multipliedBy(2));
    world.expectNotPassivated();

    world.saleIsOver = true;
    world.pass(Item.IDLE);
    world.shard.expectMessageClass(ClusterSharding.Passivate.class);
  }

  @Test
  void staysInMemoryWhileItIsHeld() {
    world.saleIsOver = true;
    world.tell(
        new Item.Reserve(
            CODE, 11, USER, NOON.plus(Item.IDLE.multipliedBy(10)), world.user.getRef()));
    world.expectHeld(11);

    world.pass(Item.IDLE);
    world.pass(Item.IDLE);
    world.expectNotPassivated();

    world.tell(new Release(11));
    world.pass(Item.IDLE);
    world.shard.expectMessageClass(ClusterSharding.Passivate.class);
  }

  @Test
  void staysInMemoryWhileItIsAskedFor() {
    world.saleIsOver = true;
    world.pass(Item.IDLE.minusSeconds(1));
    world.tell(new Release(11));

    world.pass(Item.IDLE.minusSeconds(1));
    world.expectNotPassivated();
  }

  /** A write that failed then would lose the stop message that is on its way. */
  @Test
  void writesNothingOnceItIsLeaving() {
    world.saleIsOver = true;
    world.pass(Item.IDLE);
    world.shard.expectMessageClass(ClusterSharding.Passivate.class);

    world.tell(world.reserve(11));

    assertThat(world.state()).isEqualTo(new ItemState.Available());
    assertThat(world.events()).isEmpty();
  }

  @Test
  void beingCalledIsNoReasonToStay() {
    ItemWorld free = ItemWorld.free(NODE);
    free.saleIsOver = true;
    NODE.pass(Item.IDLE.minusSeconds(1));
    TestProbe<Item.Awake> caller = NODE.probe();
    free.tell(new Item.Wake(0, caller.getRef()));
    caller.expectMessageClass(Item.Awake.class);

    NODE.pass(Duration.ofSeconds(1));

    free.shard.expectMessageClass(ClusterSharding.Passivate.class);
  }
}
