package io.flashsale.user;

import static io.flashsale.user.UserWorld.EXPIRY;
import static io.flashsale.user.UserWorld.NOON;
import static io.flashsale.user.UserWorld.TTL;
import static io.flashsale.user.UserWorld.askOutcome;
import static io.flashsale.user.UserWorld.confirms;
import static io.flashsale.user.UserWorld.releases;
import static org.assertj.core.api.Assertions.assertThat;

import io.flashsale.TestNode;
import io.flashsale.user.UserCommand.GiveUp;
import io.flashsale.user.UserCommand.Purchase;
import io.flashsale.user.UserReply.Reason;
import io.flashsale.user.UserWorld.Sent;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** A checkout ends exactly once: purchased, expired or given up. */
class UserEndTest {

  private static final TestNode NODE = new TestNode();
  private static final UUID KEY = new UUID(5, 1);
  private static final UUID OTHER_KEY = new UUID(5, 2);

  private final UserWorld world = UserWorld.tested(NODE);

  @AfterAll
  static void stop() {
    NODE.close();
  }

  @Test
  void buysTheWholeCheckoutAndConfirmsEveryItemUnderItsHold() {
    UUID code = world.checkedOut(3, 4);
    long first = world.lastCheckedOut().holdId();
    world.checkedOut(world.add(code, 5));
    long second = world.lastCheckedOut().holdId();

    world.tell(new Purchase(code, KEY, world.client.getRef()));

    world.expect(new UserReply.Purchased(code, List.of(3, 4, 5)));
    assertThat(world.events().getLast()).isEqualTo(new UserEvent.Purchased(code, KEY));
    assertThat(world.takeSent())
        .containsExactlyElementsOf(
            Stream.concat(confirms(first, 3, 4).stream(), confirms(second, 5).stream()).toList());
  }

  @Test
  void buysOneCheckoutAndNoOther() {
    UUID bought = world.checkedOut(3);
    long hold = world.lastCheckedOut().holdId();
    UUID open = world.checkedOut(4);

    world.tell(world.purchase(bought));

    world.expect(new UserReply.Purchased(bought, List.of(3)));
    assertThat(world.takeSent()).isEqualTo(confirms(hold, 3));
    world.tell(world.show(open));
    world.expect(new UserReply.Shown(open, Checkout.Status.OPEN, List.of(4), EXPIRY));
  }

  @Test
  void aSecondPurchaseIsRefused() {
    UUID code = world.checkedOut(3);
    world.tell(world.purchase(code));
    world.client.expectMessageClass(UserReply.Purchased.class);
    world.takeSent();

    world.tell(world.purchase(code));
    world.expectRejected(Reason.ALREADY_PURCHASED);
    world.tell(new Purchase(code, OTHER_KEY, world.client.getRef()));
    world.expectRejected(Reason.ALREADY_PURCHASED);

    assertThat(world.events()).hasSize(2);
    world.expectNothingSent();
  }

  @Test
  void r9KeyOfThePurchaseIsAnsweredTheSameAgain() {
    UUID code = world.checkedOut(3);
    world.tell(new Purchase(code, KEY, world.client.getRef()));
    world.expect(new UserReply.Purchased(code, List.of(3)));
    world.kit().restart();
    world.clock.set(EXPIRY.plusSeconds(9));

    world.tell(new Purchase(code, KEY, world.client.getRef()));
    world.expect(new UserReply.Purchased(code, List.of(3)));
    world.tell(new Purchase(code, OTHER_KEY, world.client.getRef()));
    world.expectRejected(Reason.ALREADY_PURCHASED);

    assertThat(world.events()).hasSize(2);
  }

  @Test
  void r9KeyIsInReleasedToo() {
    UUID code = world.checkedOut(3);

    world.tell(new GiveUp(code, KEY, world.client.getRef()));

    world.expect(new UserReply.Released(code));
    assertThat(world.events().getLast())
        .isEqualTo(new UserEvent.Released(code, UserEvent.Cause.GIVEN_UP, KEY));
  }

  @Test
  void givingUpReleasesEveryItemUnderItsHold() {
    UUID code = world.checkedOut(3, 4);
    long first = world.lastCheckedOut().holdId();
    world.checkedOut(world.add(code, 5));
    long second = world.lastCheckedOut().holdId();

    world.tell(world.giveUp(code));

    world.expect(new UserReply.Released(code));
    assertThat(world.takeSent())
        .containsExactlyElementsOf(
            Stream.concat(releases(first, 3, 4).stream(), releases(second, 5).stream()).toList());
  }

  @Test
  void givingUpTwiceIsTheSameAsOnce() {
    UUID code = world.checkedOut(3);
    world.tell(world.giveUp(code));
    world.expect(new UserReply.Released(code));
    world.takeSent();

    world.tell(world.giveUp(code));

    world.expect(new UserReply.Released(code));
    assertThat(world.events()).hasSize(2);
    world.expectNothingSent();
  }

  @Test
  void whatWasGivenUpCannotBeBought() {
    UUID code = world.checkedOut(3);
    world.tell(world.giveUp(code));
    world.expect(new UserReply.Released(code));

    world.tell(world.purchase(code));

    world.expectRejected(Reason.CHECKOUT_EXPIRED);
    assertThat(world.events()).hasSize(2);
  }

  @Test
  void whatWasBoughtCannotBeGivenUp() {
    UUID code = world.checkedOut(3);
    world.tell(world.purchase(code));
    world.client.expectMessageClass(UserReply.Purchased.class);
    world.takeSent();

    world.tell(world.giveUp(code));

    world.expectRejected(Reason.ALREADY_PURCHASED);
    world.expectNothingSent();
  }

  @Test
  void canBeBoughtUntilTheLastMillisecond() {
    UUID code = world.checkedOut(3);
    world.clock.set(EXPIRY.minusNanos(1));

    world.tell(world.purchase(code));

    world.expect(new UserReply.Purchased(code, List.of(3)));
  }

  @Test
  void r1ExpiryIsWrittenByWhoeverHearsOfItFirst() {
    UUID code = world.checkedOut(3);
    long hold = world.lastCheckedOut().holdId();
    world.clock.set(EXPIRY);

    world.tell(world.purchase(code));

    world.expectRejected(Reason.CHECKOUT_EXPIRED);
    assertThat(world.events().getLast())
        .isEqualTo(new UserEvent.Released(code, UserEvent.Cause.EXPIRED, null));
    assertThat(world.takeSent()).isEqualTo(releases(hold, 3));
    world.tell(world.giveUp(code));
    world.expectRejected(Reason.CHECKOUT_EXPIRED);
    world.tell(world.add(code, 4));
    world.expectRejected(Reason.CHECKOUT_EXPIRED);
    assertThat(world.events()).hasSize(2);
    world.expectNothingSent();
  }

  @Test
  void r1GivingUpAndAddingToWhatIsOverdueWriteTheExpiryToo() {
    UUID code = world.checkedOut(3);
    UUID other = world.checkedOut(4);
    world.clock.set(EXPIRY);

    world.tell(world.giveUp(code));
    world.expectRejected(Reason.CHECKOUT_EXPIRED);
    world.tell(world.add(other, 5));
    world.expectRejected(Reason.CHECKOUT_EXPIRED);

    assertThat(world.events().subList(2, 4))
        .containsExactly(
            new UserEvent.Released(code, UserEvent.Cause.EXPIRED, null),
            new UserEvent.Released(other, UserEvent.Cause.EXPIRED, null));
  }

  @Test
  void r8AClockThatIsSetBackBringsNothingBack() {
    UUID code = world.checkedOut(3);
    world.clock.set(EXPIRY);
    world.tell(world.purchase(code));
    world.expectRejected(Reason.CHECKOUT_EXPIRED);

    world.clock.set(NOON);

    world.tell(world.purchase(code));
    world.expectRejected(Reason.CHECKOUT_EXPIRED);
    world.kit().restart();
    world.tell(world.purchase(code));
    world.expectRejected(Reason.CHECKOUT_EXPIRED);
    assertThat(world.events()).hasSize(2);
  }

  @Test
  void r8AClockThatIsSetForwardTakesNoPurchaseBack() {
    UUID code = world.checkedOut(3);
    long hold = world.lastCheckedOut().holdId();
    world.tell(world.purchase(code));
    world.client.expectMessageClass(UserReply.Purchased.class);
    world.takeSent();

    world.clock.set(EXPIRY.plus(Duration.ofDays(999)));

    world.tell(askOutcome(code, hold, 3));
    assertThat(world.takeSent()).isEqualTo(confirms(hold, 3));
    world.tell(world.show(code));
    world.expect(new UserReply.Shown(code, Checkout.Status.PURCHASED, List.of(3), EXPIRY));
    assertThat(world.events()).hasSize(2);
  }

  /** By the clock it is overdue, and then it is not; the journal alone decides. */
  @Test
  void r8AnAdditionIsDecidedByTheJournalWhateverTheClockSays() {
    UUID code = world.checkedOut(3);
    List<Sent> asked = world.asking(world.add(code, 4));
    world.clock.set(EXPIRY.plus(TTL));

    world.hold(asked);

    world.expect(new UserReply.CheckedOut(code, List.of(3, 4), EXPIRY));
    world.tell(world.purchase(code));
    world.expectRejected(Reason.CHECKOUT_EXPIRED);
    assertThat(world.takeSent()).hasSize(2);
  }

  @Test
  void showsTheCheckoutAsItIs() {
    UUID code = world.checkedOut(3, 4);

    world.tell(world.show(code));
    world.expect(new UserReply.Shown(code, Checkout.Status.OPEN, List.of(3, 4), EXPIRY));
    world.tell(world.giveUp(code));
    world.expect(new UserReply.Released(code));
    world.tell(world.show(code));
    world.expect(new UserReply.Shown(code, Checkout.Status.GIVEN_UP, List.of(3, 4), EXPIRY));
  }
}
