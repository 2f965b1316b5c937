package io.flashsale.item;

import static io.flashsale.item.ItemWorld.CODE;
import static io.flashsale.item.ItemWorld.EXPIRY;
import static io.flashsale.item.ItemWorld.TTL;
import static io.flashsale.item.ItemWorld.USER;
import static io.flashsale.item.ItemWorld.held;
import static io.flashsale.item.ItemWorld.reserved;
import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.TestProbe;
import io.flashsale.TestNode;
import io.flashsale.item.Item.Confirm;
import io.flashsale.item.Item.Reason;
import io.flashsale.item.Item.Release;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What the item says while a write is under way, and after one that failed. */
class ItemJournalTest {

  private static final TestNode NODE = new TestNode();

  private static final int STASH =
      NODE.system().settings().config().getInt("akka.persistence.typed.stash-capacity");

  @AfterAll
  static void stop() {
    NODE.close();
  }

  @Test
  void r6HeldIsAnsweredOnlyAfterItsCommit() {
    ItemWorld world = ItemWorld.free(NODE);
    TestNode.Gate gate = NODE.holdNextWrite(world.persistenceId);

    world.tell(world.reserve(11));
    gate.awaitWrite();
    world.expectUserHeardNothing();

    gate.open();
    world.expectHeld(11);
    assertThat(world.events()).containsExactly(reserved(11));
  }

  @Test
  void r6SoldIsToldOnlyAfterItsCommit() {
    ItemWorld world = ItemWorld.free(NODE, reserved(11));
    TestNode.Gate gate = NODE.holdNextWrite(world.persistenceId);

    world.tell(new Confirm(11));
    gate.awaitWrite();
    assertThat(world.sold).isEmpty();

    gate.open();
    world.settle();
    assertThat(world.sold).containsExactly(world.id);
  }

  /** Two ask before the first write is durable: the second finds the item held. */
  @Test
  void whileOneHoldIsWrittenNoOtherBegins() {
    ItemWorld world = ItemWorld.free(NODE);
    TestNode.Gate gate = NODE.holdNextWrite(world.persistenceId);

    world.tell(world.reserve(11));
    world.tell(world.reserve(12, USER + 1));
    gate.awaitWrite();
    gate.open();

    world.expectHeld(11);
    world.expectRefused(12, Reason.RESERVED);
    assertThat(world.events()).containsExactly(reserved(11));
  }

  /** Akka 2.8.5 works off what has waited with a call in a call for each: -Xss has room for all. */
  @Test
  void everybodyWhoAskedWhileAHoldWasWrittenIsRefused() {
    ItemWorld world = ItemWorld.free(NODE);
    TestNode.Gate gate = NODE.holdNextWrite(world.persistenceId);
    world.tell(world.reserve(0));
    gate.awaitWrite();
    for (int n = 1; n <= STASH; n++) {
      world.tell(world.reserve(n, USER + n));
    }
    gate.open();

    world.expectHeld(0);
    for (int n = 1; n <= STASH; n++) {
      world.expectRefused(n, Reason.RESERVED);
    }
  }

  @Test
  void r6NoReplyWhenTheWriteConflicts() {
    ItemWorld world = ItemWorld.free(NODE);
    ItemEvent twin = new ItemEvent.Reserved(CODE, 99, USER + 1, EXPIRY);
    NODE.failNextWrite(world.persistenceId); // because of what the other incarnation wrote:
    NODE.write(world.persistenceId, twin);

    world.tell(world.reserve(11));
    world.settle();

    world.expectUserHeardNothing();
    assertThat(world.events()).containsExactly(twin);
    world.tell(world.reserve(12));
    world.expectRefused(12, Reason.RESERVED);
    world.tell(new Confirm(11));
    world.settle();
    assertThat(world.events()).hasSize(1);
  }

  @Test
  void aFailedWriteLeavesTheItemFree() {
    ItemWorld world = ItemWorld.free(NODE);
    NODE.failNextWrite(world.persistenceId);
    world.tell(world.reserve(11));
    world.settle();
    world.expectUserHeardNothing();

    world.tell(world.reserve(12, USER + 1));

    world.expectHeld(12);
    assertThat(world.events()).hasSize(1);
  }

  /** The connection was lost, and the INSERT was committed after all. */
  @Test
  void aHoldThatWasWrittenAfterAllIsWatched() {
    ItemWorld world = ItemWorld.free(NODE);
    NODE.failNextWrite(world.persistenceId);
    NODE.write(world.persistenceId, reserved(11));
    world.tell(world.reserve(11));
    world.settle();
    world.expectUserHeardNothing();

    world.pass(TTL);

    assertThat(world.takeAsked()).containsExactly(held(11));
  }

  @Test
  void aSaleWhoseWriteFailedIsAskedForAgain() {
    ItemWorld world = ItemWorld.free(NODE, reserved(11));
    NODE.failNextWrite(world.persistenceId);
    world.tell(new Confirm(11));
    world.settle();
    assertThat(world.sold).isEmpty();

    world.pass(TTL);
    assertThat(world.takeAsked()).containsExactly(held(11));
    world.tell(new Confirm(11));
    world.settle();

    assertThat(world.sold).containsExactly(world.id);
    assertThat(world.events().getLast()).isEqualTo(new ItemEvent.Sold(CODE, 11, USER));
  }

  @Test
  void aReleaseWhoseWriteFailedIsAskedForAgain() {
    ItemWorld world = ItemWorld.free(NODE, reserved(11));
    NODE.failNextWrite(world.persistenceId);
    world.tell(new Release(11));
    world.settle();

    world.pass(TTL);

    assertThat(world.takeAsked()).containsExactly(held(11));
    assertThat(world.events()).hasSize(1);
  }

  /** A write of the incarnation before it was committed after it had recovered (I7). */
  @Test
  void i7AnItemThatHasBeenOvertakenReplaysWhenItIsCalled() {
    ItemWorld world = ItemWorld.free(NODE);
    NODE.write(world.persistenceId, reserved(11));
    TestProbe<Item.Awake> caller = NODE.probe();

    world.tell(new Item.Wake(1, caller.getRef()));
    caller.expectNoMessage(Duration.ofMillis(100));
    world.settle();

    world.pass(TTL);
    world.settle();
    assertThat(world.takeAsked()).contains(held(11));
  }

  @Test
  void anItemThatKnowsMoreThanItsCallerIsAwake() {
    ItemWorld world = ItemWorld.free(NODE, reserved(11));
    TestProbe<Item.Awake> caller = NODE.probe();

    world.tell(new Item.Wake(0, caller.getRef()));
    world.tell(new Item.Wake(1, caller.getRef()));

    assertThat(caller.receiveSeveralMessages(2)).hasSize(2);
  }
}
