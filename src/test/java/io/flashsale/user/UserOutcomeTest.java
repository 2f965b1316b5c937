package io.flashsale.user;

import static io.flashsale.user.UserWorld.EXPIRY;
import static io.flashsale.user.UserWorld.UNKNOWN;
import static io.flashsale.user.UserWorld.askOutcome;
import static io.flashsale.user.UserWorld.confirms;
import static io.flashsale.user.UserWorld.holdId;
import static io.flashsale.user.UserWorld.releases;
import static io.flashsale.user.UserWorld.reserve;
import static org.assertj.core.api.Assertions.assertThat;

import io.flashsale.TestNode;
import io.flashsale.user.UserWorld.Sent;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What an item hears that asks about its hold. */
class UserOutcomeTest {

  private static final TestNode NODE = new TestNode();

  private final UserWorld world = UserWorld.tested(NODE);

  @AfterAll
  static void stop() {
    NODE.close();
  }

  @Test
  void whatIsPendingIsMetWithSilence() {
    List<Sent> asked = world.asking(world.checkOut(3));

    world.tell(askOutcome(reserve(asked.getFirst()).code(), holdId(asked), 3));

    world.expectNothingSent();
    assertThat(world.events()).isEmpty();
    world.hold(asked);
    world.client.expectMessageClass(UserReply.CheckedOut.class);
  }

  @Test
  void whatIsOpenIsMetWithSilence() {
    UUID code = world.checkedOut(3);
    world.clock.set(EXPIRY.minusMillis(1));

    world.tell(askOutcome(code, world.lastCheckedOut().holdId(), 3));

    world.expectNothingSent();
    assertThat(world.events()).hasSize(1);
  }

  @Test
  void whatIsOverdueIsReleasedForEveryItem() {
    UUID code = world.checkedOut(3, 4);
    long first = world.lastCheckedOut().holdId();
    world.checkedOut(world.add(code, 5));
    long second = world.lastCheckedOut().holdId();
    world.clock.set(EXPIRY);

    world.tell(askOutcome(code, second, 5));

    assertThat(world.events().getLast())
        .isEqualTo(new UserEvent.Released(code, UserEvent.Cause.EXPIRED, null));
    assertThat(world.takeSent())
        .containsExactlyElementsOf(
            Stream.concat(releases(first, 3, 4).stream(), releases(second, 5).stream()).toList());
  }

  @Test
  void whatIsOverdueAndWasCheckedOutByADeadIncarnationIsReleasedToo() {
    UUID code = world.checkedOut(3, 4);
    long hold = world.lastCheckedOut().holdId();
    world.clock.set(EXPIRY);
    world.kit().restart();

    world.tell(askOutcome(code, hold, 3));

    assertThat(world.takeSent()).isEqualTo(releases(hold, 3, 4));
  }

  @Test
  void whatIsBoughtIsConfirmedAlsoAfterARestart() {
    UUID code = world.checkedOut(3);
    long hold = world.lastCheckedOut().holdId();
    world.tell(world.purchase(code));
    world.client.expectMessageClass(UserReply.Purchased.class);
    world.takeSent(); // this Confirm never arrives
    world.kit().restart();
    world.clock.set(EXPIRY.plusSeconds(1));

    world.tell(askOutcome(code, hold, 3));

    assertThat(world.takeSent()).isEqualTo(confirms(hold, 3));
    assertThat(world.events()).hasSize(2);
  }

  @Test
  void whatIsReleasedIsReleasedAgainWithoutAnEvent() {
    UUID code = world.checkedOut(3);
    long hold = world.lastCheckedOut().holdId();
    world.tell(world.giveUp(code));
    world.expect(new UserReply.Released(code));
    world.takeSent();

    world.tell(askOutcome(code, hold, 3));

    assertThat(world.takeSent()).isEqualTo(releases(hold, 3));
    assertThat(world.events()).hasSize(2);
  }

  @Test
  void whatIsUnknownIsRefusedForEver() {
    world.tell(askOutcome(UNKNOWN, 99, 3));

    assertThat(world.events()).containsExactly(new UserEvent.Refused(99));
    assertThat(world.takeSent()).isEqualTo(releases(99, 3));
  }

  @Test
  void whatWasRefusedBeforeIsReleasedWithoutASecondEvent() {
    world.tell(askOutcome(UNKNOWN, 99, 3));
    world.takeSent();
    world.kit().restart();

    world.tell(askOutcome(UNKNOWN, 99, 3));

    assertThat(world.takeSent()).isEqualTo(releases(99, 3));
    assertThat(world.events()).hasSize(1);
  }

  @Test
  void anUnknownHoldOfAClosedCheckoutNeedsNoEvent() {
    UUID code = world.checkedOut(3);
    world.tell(world.purchase(code));
    world.client.expectMessageClass(UserReply.Purchased.class);
    world.takeSent();

    world.tell(askOutcome(code, 99, 4));

    assertThat(world.takeSent()).isEqualTo(releases(99, 4));
    assertThat(world.events()).hasSize(2);
  }

  @Test
  void anUnknownHoldOfAnOpenCheckoutIsRefusedAndTheCheckoutStays() {
    UUID code = world.checkedOut(3);

    world.tell(askOutcome(code, 99, 4));

    assertThat(world.takeSent()).isEqualTo(releases(99, 4));
    assertThat(world.events().getLast()).isEqualTo(new UserEvent.Refused(99));
    world.tell(world.purchase(code));
    world.expect(new UserReply.Purchased(code, List.of(3)));
  }

  /** The hold was taken again under another id: a question about the first must not end it. */
  @Test
  void aQuestionAboutADroppedHoldLeavesTheNextHoldOfTheItemAlone() {
    List<Sent> dropped = world.asking(world.checkOut(3));
    world.pass(User.ATTEMPT_TIMEOUT);
    world.expectRejected(UserReply.Reason.OVERLOADED);
    world.takeSent();
    UUID code = world.checkedOut(3);

    world.tell(askOutcome(reserve(dropped.getFirst()).code(), holdId(dropped), 3));

    assertThat(world.takeSent()).isEqualTo(releases(holdId(dropped), 3));
    world.tell(world.purchase(code));
    world.expect(new UserReply.Purchased(code, List.of(3)));
  }
}
