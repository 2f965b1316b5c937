package io.flashsale.user;

import static io.flashsale.user.UserWorld.EXPIRY;
import static io.flashsale.user.UserWorld.SALE;
import static io.flashsale.user.UserWorld.TERMS;
import static io.flashsale.user.UserWorld.askOutcome;
import static io.flashsale.user.UserWorld.holdId;
import static io.flashsale.user.UserWorld.releases;
import static io.flashsale.user.UserWorld.reserve;
import static org.assertj.core.api.Assertions.assertThat;

import akka.serialization.SerializationExtension;
import akka.serialization.jackson.JacksonCborSerializer;
import io.flashsale.TestNode;
import io.flashsale.item.Item;
import io.flashsale.item.ItemEvent;
import io.flashsale.journal.EventSerializer;
import io.flashsale.user.UserCommand.AttemptTimedOut;
import io.flashsale.user.UserCommand.CheckOut;
import io.flashsale.user.UserReply.Reason;
import io.flashsale.user.UserWorld.Sent;
import java.io.NotSerializableException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Checkouts: attempts, the limit, restarts. */
class UserTest {

  private static final TestNode NODE = new TestNode();
  private static final UUID KEY = new UUID(5, 1);

  private final UserWorld world = UserWorld.tested(NODE);

  @AfterAll
  static void stop() {
    NODE.close();
  }

  @Test
  void messagesAndEventsAreWrittenByTheConfiguredSerializers() throws NotSerializableException {
    var serialization = SerializationExtension.get(NODE.system());

    for (Class<?> message :
        List.of(CheckOut.class, UserReply.CheckedOut.class, Item.Reserve.class)) {
      assertThat(serialization.serializerFor(message)).isInstanceOf(JacksonCborSerializer.class);
    }
    for (Class<?> event : UserEvent.class.getPermittedSubclasses()) {
      assertThat(serialization.serializerFor(event)).isInstanceOf(EventSerializer.class);
    }
    for (Class<?> event : ItemEvent.class.getPermittedSubclasses()) {
      assertThat(serialization.serializerFor(event)).isInstanceOf(EventSerializer.class);
    }
  }

  @Test
  void asksEachItemUnderOneHoldOfItsOwn() {
    List<Sent> asked = world.asking(world.checkOut(3, 5));

    assertThat(asked).extracting(sent -> sent.item().number()).containsExactly(3, 5);
    assertThat(asked).extracting(sent -> sent.item().saleId()).containsOnly(SALE);
    Item.Reserve first = reserve(asked.getFirst());
    Item.Reserve second = reserve(asked.getLast());
    assertThat(first.holdId()).isEqualTo(second.holdId());
    assertThat(first.code()).isEqualTo(second.code());
    assertThat(first.userId()).isEqualTo(world.id.number());
    assertThat(first.expiresAt()).isEqualTo(EXPIRY).isEqualTo(second.expiresAt());
    assertThat(CheckoutCode.user(first.code(), SALE)).contains(world.id);
  }

  @Test
  void answersWhenAllItemsHold() {
    List<Sent> asked = world.asking(world.checkOut(3, 5));
    Item.Reserve reserve = reserve(asked.getFirst());

    world.hold(asked.subList(0, 1));
    world.settle();
    assertThat(world.events()).isEmpty();
    world.expectClientHeardNothing();

    world.hold(asked.subList(1, 2));
    world.expect(new UserReply.CheckedOut(reserve.code(), List.of(3, 5), EXPIRY));
    assertThat(world.events())
        .containsExactly(
            new UserEvent.CheckedOut(
                reserve.code(), reserve.holdId(), List.of(3, 5), EXPIRY, null));
    world.expectNothingSent();
  }

  @Test
  void oneItemThatAnswersTwiceDoesNotStandForTwo() {
    List<Sent> asked = world.asking(world.checkOut(3, 5));

    world.hold(asked.subList(0, 1));
    world.hold(asked.subList(0, 1));
    world.settle();

    assertThat(world.events()).isEmpty();
    world.expectClientHeardNothing();
  }

  @Test
  void everyAttemptHasANewHoldAndANewCode() {
    Item.Reserve first = reserve(world.asking(world.checkOut(3)).getFirst());
    Item.Reserve second = reserve(world.asking(world.checkOut(4)).getFirst());

    assertThat(second.holdId()).isNotEqualTo(first.holdId());
    assertThat(second.code()).isNotEqualTo(first.code());
  }

  @Test
  void oneItemThatRefusesReleasesAllUnderTheirHold() {
    List<Sent> asked = world.asking(world.checkOut(3, 4, 5));
    world.hold(asked.subList(0, 1));

    world.refuse(asked.get(1), Item.Reason.SOLD);

    world.expectRejected(Reason.ITEM_SOLD);
    assertThat(world.takeSent())
        .containsExactlyInAnyOrderElementsOf(releases(holdId(asked), 3, 4, 5));
    assertThat(world.events()).isEmpty();
  }

  @Test
  void anItemThatAnotherHoldsIsReserved() {
    List<Sent> asked = world.asking(world.checkOut(3));

    world.refuse(asked.getFirst(), Item.Reason.RESERVED);

    world.expectRejected(Reason.ITEM_RESERVED);
  }

  @Test
  void theSecondRefusalOfAnAttemptSaysNothing() {
    List<Sent> asked = world.asking(world.checkOut(3, 4));
    world.refuse(asked.getFirst(), Item.Reason.RESERVED);
    world.expectRejected(Reason.ITEM_RESERVED);
    world.takeSent();

    world.refuse(asked.getLast(), Item.Reason.SOLD);
    world.settle();

    world.expectClientHeardNothing();
    world.expectNothingSent();
  }

  @Test
  void heldAfterTheAttemptWasDroppedIsIgnored() {
    List<Sent> asked = world.asking(world.checkOut(3, 4));
    world.refuse(asked.getFirst(), Item.Reason.RESERVED);
    world.expectRejected(Reason.ITEM_RESERVED);

    world.hold(asked);
    world.settle();

    world.expectClientHeardNothing();
    assertThat(world.events()).isEmpty();
  }

  @Test
  void anAttemptThatTakesTooLongReleasesAllItsItems() {
    List<Sent> asked = world.asking(world.checkOut(3, 4));
    world.hold(asked.subList(0, 1));

    world.pass(User.ATTEMPT_TIMEOUT.minusMillis(1));
    world.expectClientHeardNothing();
    world.expectNothingSent();

    world.pass(Duration.ofMillis(1));
    world.expectRejected(Reason.OVERLOADED);
    assertThat(world.takeSent()).isEqualTo(releases(holdId(asked), 3, 4));
    world.hold(asked);
    world.settle();
    assertThat(world.events()).isEmpty();
    world.expectClientHeardNothing();
  }

  @Test
  void betweenNodesAnItemThatDoesNotAnswerIsAskedOnceMore() {
    world.lossy = true;
    List<Sent> asked = world.asking(world.checkOut(3, 4));
    world.hold(asked.subList(0, 1));
    world.settle();
    world.takeSent();

    world.pass(User.ASK_AGAIN);

    assertThat(world.takeSent()).isEqualTo(asked.subList(1, 2));
    world.hold(asked.subList(1, 2));
    world.client.expectMessageClass(UserReply.CheckedOut.class);
    world.pass(User.ATTEMPT_TIMEOUT);
    world.expectNothingSent();
  }

  @Test
  void anAttemptTakesLessThanASecond() {
    assertThat(User.ATTEMPT_TIMEOUT).isLessThan(Duration.ofSeconds(1));
  }

  @Test
  void theTimeLimitOfAnAttemptEndsWithIt() {
    List<Sent> asked = world.asking(world.checkOut(3));
    world.hold(asked);
    world.client.expectMessageClass(UserReply.CheckedOut.class);

    world.pass(User.ATTEMPT_TIMEOUT);
    world.tell(new AttemptTimedOut(holdId(asked)));

    world.expectClientHeardNothing();
    world.expectNothingSent();
  }

  @Test
  void itemsThatTheUserHasAreRefusedWithoutAskingThem() {
    UUID code = world.checkedOut(3);

    world.tell(world.checkOut(4, 3));
    world.expectRejected(Reason.ITEM_RESERVED);

    world.tell(world.purchase(code));
    world.client.expectMessageClass(UserReply.Purchased.class);
    world.takeSent();
    world.tell(world.checkOut(4, 3));
    world.expectRejected(Reason.ITEM_SOLD);
    world.expectNothingSent();
  }

  @Test
  void itemsThatThePendingAttemptAsksForAreRefused() {
    world.asking(world.checkOut(3, 4));

    world.tell(world.checkOut(4, 5));

    world.expectRejected(Reason.ITEM_RESERVED);
    world.expectNothingSent();
  }

  @Test
  void itemsThatWereGivenUpMayBeCheckedOutAgain() {
    UUID code = world.checkedOut(3);
    world.tell(world.giveUp(code));
    world.expect(new UserReply.Released(code));
    world.takeSent();

    assertThat(world.checkedOut(3)).isNotEqualTo(code);
  }

  @Test
  void r7LimitCountsWhatIsPending() {
    List<Sent> asked = world.asking(world.checkOut(1, 2, 3, 4, 5, 6));

    world.tell(world.checkOut(11, 12, 13, 14, 15));
    world.expectRejected(Reason.LIMIT_REACHED);
    world.expectNothingSent();

    List<Sent> more = world.asking(world.checkOut(11, 12, 13, 14));
    world.hold(asked);
    world.hold(more);
    world.client.expectMessageClass(UserReply.CheckedOut.class);
    world.client.expectMessageClass(UserReply.CheckedOut.class);
    assertThat(world.kit().getState().count()).isEqualTo(TERMS.limit());
  }

  @Test
  void r7TwoFirstCheckoutsAtOnceNeverPassTheLimit() {
    List<Sent> asked = world.asking(world.checkOut(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));

    world.tell(world.checkOut(11));
    world.expectRejected(Reason.LIMIT_REACHED);

    world.hold(asked);
    world.client.expectMessageClass(UserReply.CheckedOut.class);
    assertThat(world.events()).hasSize(1);
  }

  @Test
  void theLimitCountsHoldsAndPurchasesButNotWhatEndedUnbought() {
    UUID bought = world.checkedOut(1, 2, 3, 4);
    world.tell(world.purchase(bought));
    world.client.expectMessageClass(UserReply.Purchased.class);
    UUID open = world.checkedOut(5, 6, 7, 8);
    world.takeSent();

    world.tell(world.checkOut(9, 10, 11));
    world.expectRejected(Reason.LIMIT_REACHED);

    world.tell(world.giveUp(open));
    world.expect(new UserReply.Released(open));
    world.takeSent();
    world.checkedOut(9, 10, 11, 12, 13, 14);
    assertThat(world.kit().getState().count()).isEqualTo(10);
  }

  @Test
  void aDroppedAttemptNoLongerCounts() {
    List<Sent> asked = world.asking(world.checkOut(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
    world.refuse(asked.getFirst(), Item.Reason.SOLD);
    world.expectRejected(Reason.ITEM_SOLD);
    world.takeSent();

    world.checkedOut(11, 12, 13, 14, 15, 16, 17, 18, 19, 20);
  }

  // ---------------------------------------------------------------- restarts

  @Test
  void aRestartForgetsThePendingAttempt() {
    List<Sent> asked = world.asking(world.checkOut(KEY, 3, 4));
    world.hold(asked.subList(0, 1));
    world.kit().restart();

    world.hold(asked);
    world.settle();
    world.expectClientHeardNothing();
    world.expectNothingSent();
    assertThat(world.events()).isEmpty();

    // The items are free again once they have asked; the client may try again at once.
    world.tell(askOutcome(reserve(asked.getFirst()).code(), holdId(asked), 3));
    assertThat(world.takeSent()).isEqualTo(releases(holdId(asked), 3));
    world.checkedOut(world.checkOut(KEY, 3, 4));
  }

  @Test
  void aRestartKeepsTheCheckoutForItsPurchase() {
    UUID code = world.checkedOut(3, 4);
    long hold = world.lastCheckedOut().holdId();
    world.kit().restart();

    world.tell(world.purchase(code));

    world.expect(new UserReply.Purchased(code, List.of(3, 4)));
    assertThat(world.takeSent()).isEqualTo(UserWorld.confirms(hold, 3, 4));
  }
}
