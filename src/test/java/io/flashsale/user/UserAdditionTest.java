package io.flashsale.user;

import static io.flashsale.user.UserWorld.EXPIRY;
import static io.flashsale.user.UserWorld.holdId;
import static io.flashsale.user.UserWorld.releases;
import static io.flashsale.user.UserWorld.reserve;
import static org.assertj.core.api.Assertions.assertThat;

import io.flashsale.TestNode;
import io.flashsale.item.Item;
import io.flashsale.user.UserReply.Reason;
import io.flashsale.user.UserWorld.Sent;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Additions to an open checkout. */
class UserAdditionTest {

  private static final TestNode NODE = new TestNode();

  private final UserWorld world = UserWorld.tested(NODE);

  @AfterAll
  static void stop() {
    NODE.close();
  }

  @Test
  void anAdditionJoinsUnderItsCodeWithAHoldOfItsOwnAndNeverResetsTheTimer() {
    UUID code = world.checkedOut(3);
    world.pass(Duration.ofSeconds(20));

    List<Sent> asked = world.asking(world.add(code, 4));

    assertThat(reserve(asked.getFirst()).code()).isEqualTo(code);
    assertThat(reserve(asked.getFirst()).expiresAt()).isEqualTo(EXPIRY);
    assertThat(holdId(asked)).isNotEqualTo(world.lastCheckedOut().holdId());
    world.hold(asked);
    world.expect(new UserReply.CheckedOut(code, List.of(3, 4), EXPIRY));
    assertThat(world.lastCheckedOut())
        .isEqualTo(new UserEvent.CheckedOut(code, holdId(asked), List.of(4), EXPIRY, null));
  }

  @Test
  void additionsCountForTheLimit() {
    UUID code = world.checkedOut(1, 2, 3, 4, 5, 6);

    world.tell(world.add(code, 7, 8, 9, 10, 11));

    world.expectRejected(Reason.LIMIT_REACHED);
  }

  @Test
  void twoAdditionsAtOnceBothJoin() {
    UUID code = world.checkedOut(1);
    List<Sent> second = world.asking(world.add(code, 2));
    List<Sent> third = world.asking(world.add(code, 3));

    world.hold(third);
    world.expect(new UserReply.CheckedOut(code, List.of(1, 3), EXPIRY));
    world.hold(second);
    world.expect(new UserReply.CheckedOut(code, List.of(1, 3, 2), EXPIRY));
  }

  @Test
  void anAdditionThatIsRefusedLeavesItsCheckoutAsItWas() {
    UUID code = world.checkedOut(1);
    List<Sent> asked = world.asking(world.add(code, 2));

    world.refuse(asked.getFirst(), Item.Reason.RESERVED);

    world.expectRejected(Reason.ITEM_RESERVED);
    assertThat(world.takeSent()).isEqualTo(releases(holdId(asked), 2));
    world.tell(world.purchase(code));
    world.expect(new UserReply.Purchased(code, List.of(1)));
  }

  @Test
  void nothingIsAddedToAClosedCheckout() {
    UUID bought = world.checkedOut(1);
    world.tell(world.purchase(bought));
    world.client.expectMessageClass(UserReply.Purchased.class);
    UUID givenUp = world.checkedOut(2);
    world.tell(world.giveUp(givenUp));
    world.expect(new UserReply.Released(givenUp));
    world.takeSent();

    world.tell(world.add(bought, 3));
    world.expectRejected(Reason.ALREADY_PURCHASED);
    world.tell(world.add(givenUp, 3));
    world.expectRejected(Reason.CHECKOUT_EXPIRED);
    world.expectNothingSent();
  }

  @Test
  void r3AdditionToAClosedCheckoutIsReleased() {
    UUID code = world.checkedOut(3);
    List<Sent> asked = world.asking(world.add(code, 4));
    world.tell(world.purchase(code));
    world.expect(new UserReply.Purchased(code, List.of(3)));
    world.takeSent();

    world.hold(asked);

    world.expectRejected(Reason.ALREADY_PURCHASED);
    assertThat(world.takeSent()).isEqualTo(releases(holdId(asked), 4));
    assertThat(world.events()).hasSize(2);
  }

  @Test
  void r3AdditionToACheckoutThatWasGivenUpIsReleased() {
    UUID code = world.checkedOut(3);
    List<Sent> asked = world.asking(world.add(code, 4, 5));
    world.tell(world.giveUp(code));
    world.expect(new UserReply.Released(code));
    world.takeSent();

    world.hold(asked);

    world.expectRejected(Reason.CHECKOUT_EXPIRED);
    assertThat(world.takeSent()).isEqualTo(releases(holdId(asked), 4, 5));
    assertThat(world.events()).hasSize(2);
  }
}
