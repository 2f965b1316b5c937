package io.flashsale.user;

import static io.flashsale.user.UserWorld.EXPIRY;
import static io.flashsale.user.UserWorld.SALE;
import static io.flashsale.user.UserWorld.UNKNOWN;
import static io.flashsale.user.UserWorld.askOutcome;
import static io.flashsale.user.UserWorld.confirms;
import static io.flashsale.user.UserWorld.holdId;
import static io.flashsale.user.UserWorld.releases;
import static io.flashsale.user.UserWorld.reserve;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import akka.actor.Dropped;
import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.javadsl.Adapter;
import io.flashsale.TestNode;
import io.flashsale.item.Item;
import io.flashsale.tracing.Recorder;
import io.flashsale.user.UserCommand.AttemptTimedOut;
import io.flashsale.user.UserCommand.CheckOut;
import io.flashsale.user.UserCommand.Purchase;
import io.flashsale.user.UserReply.Reason;
import io.flashsale.user.UserWorld.Sent;
import io.opentelemetry.api.trace.StatusCode;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What the user says and sends while a write is under way, and after one that failed. */
class UserJournalTest {

  private static final TestNode NODE = new TestNode();
  private static final int STASH =
      NODE.system().settings().config().getInt("akka.persistence.typed.stash-capacity");
  private static final UUID CODE =
      CheckoutCode.create(new UserId(SALE, 1), new Random(42)); // the user compares the whole code
  private static final UUID KEY = new UUID(5, 1);
  private static final UUID OTHER_KEY = new UUID(6, 2);
  private static final UUID KEY_OF_PENDING = new UUID(5, 2);
  private static final long HOLD = 11;
  private static final UserEvent CHECKED_OUT =
      new UserEvent.CheckedOut(CODE, HOLD, List.of(3, 4), EXPIRY, KEY);

  @AfterAll
  static void stop() {
    NODE.close();
  }

  // ---------------------------------------------------------------- nothing before the commit

  @Test
  void r1ExpiredIsAnsweredOnlyAfterReleasedIsDurable() {
    UserWorld world = UserWorld.free(NODE, CHECKED_OUT);
    world.clock.set(EXPIRY);
    nothingBeforeTheCommit(world, world.purchase(CODE));

    world.expectRejected(Reason.CHECKOUT_EXPIRED);
    world.settle();
    assertThat(world.takeSent()).isEqualTo(releases(HOLD, 3, 4));
    assertThat(world.events().getLast())
        .isEqualTo(new UserEvent.Released(CODE, UserEvent.Cause.EXPIRED, null));
  }

  @Test
  void r1AnItemIsReleasedOnlyAfterReleasedIsDurable() {
    UserWorld world = UserWorld.free(NODE, CHECKED_OUT);
    world.clock.set(EXPIRY);
    nothingBeforeTheCommit(world, askOutcome(CODE, HOLD, 3));

    world.settle();
    assertThat(world.takeSent()).isEqualTo(releases(HOLD, 3, 4));
  }

  @Test
  void anUnknownHoldIsReleasedOnlyAfterRefusedIsDurable() {
    UserWorld world = UserWorld.free(NODE);
    nothingBeforeTheCommit(world, askOutcome(UNKNOWN, 99, 3));

    world.settle();
    assertThat(world.takeSent()).isEqualTo(releases(99, 3));
    assertThat(world.events()).containsExactly(new UserEvent.Refused(99));
  }

  @Test
  void r6PurchaseIsAnsweredAndConfirmedOnlyAfterItsCommit() {
    UserWorld world = UserWorld.free(NODE, CHECKED_OUT);
    nothingBeforeTheCommit(world, world.purchase(CODE));

    world.expect(new UserReply.Purchased(CODE, List.of(3, 4)));
    world.settle();
    assertThat(world.takeSent()).isEqualTo(confirms(HOLD, 3, 4));
  }

  @Test
  void r6GivingUpIsAnsweredOnlyAfterItsCommit() {
    UserWorld world = UserWorld.free(NODE, CHECKED_OUT);
    nothingBeforeTheCommit(world, world.giveUp(CODE));

    world.expect(new UserReply.Released(CODE));
    world.settle();
    assertThat(world.takeSent()).isEqualTo(releases(HOLD, 3, 4));
  }

  @Test
  void r6CheckoutIsAnsweredOnlyAfterItsCommit() {
    UserWorld world = UserWorld.free(NODE);
    List<Sent> asked = world.asking(world.checkOut(3));
    TestNode.Gate gate = NODE.holdNextWrite(world.persistenceId);

    world.hold(asked);
    gate.awaitWrite();
    world.expectClientHeardNothing();

    gate.open();
    world.client.expectMessageClass(UserReply.CheckedOut.class);
    assertThat(world.events()).hasSize(1);
  }

  private static void nothingBeforeTheCommit(UserWorld world, UserCommand command) {
    TestNode.Gate gate = NODE.holdNextWrite(world.persistenceId);
    world.tell(command);
    gate.awaitWrite();
    world.expectClientHeardNothing();
    world.expectNothingSent();
    gate.open();
  }

  // ---------------------------------------------------------------- a write fails

  @Test
  void anAttemptEndsEvenIfItsTimeoutWasDroppedByABusyUser() {
    TestProbe<Dropped> dropped = NODE.probe();
    Adapter.toClassic(NODE.system())
        .eventStream()
        .subscribe(Adapter.toClassic(dropped.getRef()), Dropped.class);
    UserWorld world = UserWorld.free(NODE);
    List<Sent> asked = world.asking(world.checkOut(3));
    TestNode.Gate gate = NODE.holdNextWrite(world.persistenceId);
    world.tell(askOutcome(UNKNOWN, 99, 7));
    gate.awaitWrite();
    for (int n = 0; n <= STASH; n++) {
      world.tell(new AttemptTimedOut(99)); // of which there is nothing to say
    }
    dropped.receiveMessage(); // the last one

    NODE.pass(User.ATTEMPT_TIMEOUT);
    assertThat(dropped.receiveMessage().message().toString())
        .contains(new AttemptTimedOut(holdId(asked)).toString());
    gate.open();
    world.settle();
    NODE.pass(User.ATTEMPT_TIMEOUT);

    world.expectRejected(Reason.OVERLOADED);
    world.settle();
    assertThat(world.takeSent()).containsAll(releases(holdId(asked), 3));
  }

  @Test
  void aTraceSaysWhereNobodyKnowsWhetherItIsDone() {
    Recorder recorder = Recorder.with("always_on", 1);
    String trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    UserWorld world = UserWorld.free(NODE);
    world.tracing = recorder.tracing();
    List<Sent> asked =
        world.asking(
            new CheckOut(List.of(3), null, null, UserWorld.TERMS, world.client.getRef(), trace));
    NODE.failNextWrite(world.persistenceId);

    world.hold(asked);
    await().until(() -> world.stops.get() == 1);
    recorder.stop();

    assertThat(List.of(recorder.span("user checkout"), recorder.span("journal write")))
        .allMatch(span -> span.getStatus().getStatusCode() == StatusCode.ERROR);
  }

  @Test
  void r6NoReplyWhenTheWriteConflicts() {
    UserWorld world = UserWorld.free(NODE, CHECKED_OUT);
    NODE.failNextWrite(world.persistenceId); // because of what the other incarnation wrote:
    NODE.write(world.persistenceId, new UserEvent.Released(CODE, UserEvent.Cause.GIVEN_UP, null));

    world.tell(world.purchase(CODE));
    world.settle();

    world.expectClientHeardNothing();
    world.expectNothingSent();
    world.tell(world.purchase(CODE));
    world.expectRejected(Reason.CHECKOUT_EXPIRED);
    assertThat(world.events()).hasSize(2);
  }

  @Test
  void r4NothingIsSentAfterAWriteWhoseOutcomeIsUnknown() {
    UserWorld world = UserWorld.free(NODE);
    List<Sent> asked = world.asking(world.checkOut(KEY, 3, 4));
    NODE.failNextWrite(world.persistenceId);

    world.hold(asked);
    world.settle();

    world.expectClientHeardNothing();
    world.expectNothingSent();
    assertThat(NODE.hasFailed(world.persistenceId)).isTrue();
    world.pass(User.ATTEMPT_TIMEOUT);
    world.expectClientHeardNothing();
    world.expectNothingSent();
  }

  /** The connection was lost, and the INSERT was committed after all. */
  @Test
  void r4WhatWasWrittenAfterAllIsFoundByTheRecovery() {
    UserWorld world = UserWorld.free(NODE);
    List<Sent> asked = world.asking(world.checkOut(KEY, 3, 4));
    UUID code = reserve(asked.getFirst()).code();
    long hold = holdId(asked);
    NODE.failNextWrite(world.persistenceId);
    NODE.write(
        world.persistenceId, new UserEvent.CheckedOut(code, hold, List.of(3, 4), EXPIRY, KEY));

    world.hold(asked);
    world.settle();

    world.expectClientHeardNothing();
    world.expectNothingSent();
    world.tell(world.checkOut(KEY, 3, 4));
    world.expect(new UserReply.CheckedOut(code, List.of(3, 4), EXPIRY));
    world.tell(world.purchase(code));
    world.expect(new UserReply.Purchased(code, List.of(3, 4)));
  }

  @Test
  void r4APurchaseWhoseWriteFailedIsNeitherAnsweredNorConfirmedNorReleased() {
    UserWorld world = UserWorld.free(NODE, CHECKED_OUT);
    NODE.failNextWrite(world.persistenceId);

    world.tell(world.purchase(CODE));
    world.settle();

    world.expectClientHeardNothing();
    world.expectNothingSent();
    world.tell(new Purchase(CODE, OTHER_KEY, world.client.getRef()));
    world.expect(new UserReply.Purchased(CODE, List.of(3, 4)));
    assertThat(world.takeSent()).isEqualTo(confirms(HOLD, 3, 4));
  }

  @Test
  void r4AQuestionWhoseRefusalFailedIsNotAnswered() {
    UserWorld world = UserWorld.free(NODE);
    NODE.failNextWrite(world.persistenceId);

    world.tell(askOutcome(UNKNOWN, 99, 3));
    world.settle();
    world.expectNothingSent();

    world.tell(askOutcome(UNKNOWN, 99, 3));
    world.settle();
    assertThat(world.takeSent()).isEqualTo(releases(99, 3));
    assertThat(world.events()).containsExactly(new UserEvent.Refused(99));
  }

  @Test
  void r5AFailedWriteForgetsPendingAttempts() {
    UserWorld world = UserWorld.free(NODE, CHECKED_OUT);
    List<Sent> asked = world.asking(world.checkOut(7, 8));
    world.hold(asked.subList(0, 1));
    NODE.failNextWrite(world.persistenceId);
    world.tell(world.purchase(CODE));
    world.settle();

    world.hold(asked);
    world.settle();

    world.expectClientHeardNothing();
    world.expectNothingSent();
    assertThat(world.events()).containsExactly(CHECKED_OUT);
    world.tell(askOutcome(reserve(asked.getFirst()).code(), holdId(asked), 7));
    world.settle();
    assertThat(world.takeSent()).isEqualTo(releases(holdId(asked), 7));
  }

  @Test
  void r5WhatWasForgottenNoLongerCounts() {
    UserWorld world = UserWorld.free(NODE, CHECKED_OUT);
    world.asking(world.checkOut(KEY_OF_PENDING, 10, 11, 12, 13, 14, 15, 16, 17));
    NODE.failNextWrite(world.persistenceId);
    world.tell(world.purchase(CODE));
    world.settle();

    world.checkedOut(world.checkOut(KEY_OF_PENDING, 10, 11, 12, 13, 14, 15, 16, 17));
  }

  /** Its refusal reaches the next incarnation: the request is nobody's any more. */
  @Test
  void r5ARefusalOfAForgottenAttemptSaysAndSendsNothing() {
    UserWorld world = UserWorld.free(NODE, CHECKED_OUT);
    List<Sent> asked = world.asking(world.checkOut(7, 8));
    NODE.failNextWrite(world.persistenceId);
    world.tell(world.purchase(CODE));
    world.settle();

    world.refuse(asked.getFirst(), Item.Reason.SOLD);
    world.settle();

    world.expectClientHeardNothing();
    world.expectNothingSent();
  }

  @Test
  void theTimeLimitOfAForgottenAttemptSaysAndSendsNothing() {
    UserWorld world = UserWorld.free(NODE, CHECKED_OUT);
    world.asking(world.checkOut(7, 8));
    NODE.failNextWrite(world.persistenceId);
    world.tell(world.purchase(CODE));
    world.settle();

    world.pass(User.ATTEMPT_TIMEOUT.plus(Duration.ofSeconds(1)));

    world.expectClientHeardNothing();
    world.expectNothingSent();
  }

  /** A restart would lose a stop message that has come before it, and with it the user for ever. */
  @Test
  void aUserWhoseWriteFailsStopsAndTheNextMessageStartsAnother() {
    UserWorld world = UserWorld.free(NODE, CHECKED_OUT);
    NODE.failNextWrite(world.persistenceId);

    world.tell(world.purchase(CODE));
    world.settle();

    assertThat(world.stops).hasValue(1);
    world.tell(world.purchase(CODE));
    world.expect(new UserReply.Purchased(CODE, List.of(3, 4)));
  }
}
