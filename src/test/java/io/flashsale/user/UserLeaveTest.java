package io.flashsale.user;

import static io.flashsale.user.UserWorld.UNKNOWN;
import static io.flashsale.user.UserWorld.holdId;
import static io.flashsale.user.UserWorld.releases;
import static org.assertj.core.api.Assertions.assertThat;

import io.flashsale.TestNode;
import io.flashsale.user.UserReply.Reason;
import io.flashsale.user.UserWorld.Sent;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** A shard that moves to another node stops its users: nobody is to wait for an answer in vain. */
class UserLeaveTest {

  private static final TestNode NODE = new TestNode();
  private static final UUID KEY = new UUID(6, 1);

  private final UserWorld world = UserWorld.free(NODE);

  @AfterAll
  static void stop() {
    NODE.close();
  }

  @Test
  void leavesAtOnceIfNothingIsBeingDecided() {
    world.checkedOut(3);

    world.tell(RepeatedLeave.MESSAGE);
    world.settle();

    assertThat(world.stops).hasValue(1);
  }

  @Test
  void anAttemptThatIsMadeIsAnsweredBeforeItLeaves() {
    List<Sent> asked = world.asking(world.checkOut(3, 4));
    world.tell(RepeatedLeave.MESSAGE);
    world.settle();
    assertThat(world.stops).hasValue(0);

    world.hold(asked);

    world.client.expectMessageClass(UserReply.CheckedOut.class);
    world.pass(RepeatedLeave.AGAIN);
    assertThat(world.stops).hasValue(1);
    assertThat(world.events()).hasSize(1);
  }

  @Test
  void anAttemptWhoseItemsDoNotAnswerIsDroppedBeforeItLeaves() {
    List<Sent> asked = world.asking(world.checkOut(3, 4));
    world.tell(RepeatedLeave.MESSAGE);

    world.pass(User.ATTEMPT_TIMEOUT);

    world.expectRejected(Reason.OVERLOADED);
    world.pass(RepeatedLeave.AGAIN);
    assertThat(world.stops).hasValue(1);
    assertThat(world.takeSent()).isEqualTo(releases(holdId(asked), 3, 4));
  }

  @Test
  void whoWaitsForTheJournalIsAnsweredBeforeItLeaves() {
    CompletableFuture<Long> reading = new CompletableFuture<>();
    CompletableFuture<List<UserEvent>> earlier = new CompletableFuture<>();
    world.journalIsRead(reading);
    world.earlierIs(earlier);
    world.tell(world.show(UNKNOWN));
    world.tell(world.checkOut(KEY, 3));
    world.tell(RepeatedLeave.MESSAGE);
    world.settle();

    reading.complete(0L);
    world.expectRejected(Reason.CHECKOUT_UNKNOWN);
    world.pass(RepeatedLeave.AGAIN);
    assertThat(world.stops).hasValue(0);
    earlier.completeExceptionally(new IllegalStateException("away"));

    world.expectRejected(Reason.OUTCOME_UNKNOWN);
    world.pass(RepeatedLeave.AGAIN);
    assertThat(world.stops).hasValue(1);
  }

  @Test
  void doesNotWaitForEverForAJournalThatIsSilent() {
    world.journalIsRead(new CompletableFuture<>());
    world.tell(world.show(UNKNOWN));
    world.tell(RepeatedLeave.MESSAGE);
    world.settle();
    assertThat(world.stops).hasValue(0);

    world.pass(User.LEAVE_WITHIN.plusMillis(1));

    assertThat(world.stops).hasValue(1);
  }
}
