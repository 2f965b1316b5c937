package io.flashsale.user;

import static io.flashsale.user.UserWorld.EXPIRY;
import static io.flashsale.user.UserWorld.NOON;
import static io.flashsale.user.UserWorld.TERMS;
import static io.flashsale.user.UserWorld.TTL;
import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.TestProbe;
import io.flashsale.TestNode;
import io.flashsale.item.Item;
import io.flashsale.user.UserCommand.CheckOut;
import io.flashsale.user.UserCommand.GiveUp;
import io.flashsale.user.UserCommand.Purchase;
import io.flashsale.user.UserEvent.CheckedOut;
import io.flashsale.user.UserEvent.Purchased;
import io.flashsale.user.UserReply.Reason;
import io.flashsale.user.UserWorld.Sent;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Rule R9: a key does one thing, and whoever repeats the request hears what it has done. */
class UserKeyTest {

  private static final TestNode NODE = new TestNode();
  private static final UUID KEY = new UUID(5, 1);
  private static final UUID OTHER_KEY = new UUID(5, 2);

  /** Of the sale before. */
  private static final UUID EARLIER = CheckoutCode.create(new UserId(6, 1), new Random(42));

  private final UserWorld world = UserWorld.tested(NODE);
  private final TestProbe<UserReply> another = NODE.probe();

  @AfterAll
  static void stop() {
    NODE.close();
  }

  private CheckOut checkOutOfAnother(UUID key, Integer... items) {
    return new CheckOut(List.of(items), null, key, UserWorld.TERMS, another.getRef());
  }

  // ---------------------------------------------------------------- the same request

  @Test
  void r9KeyIsInTheEventAndFindsTheCheckoutAgain() {
    UUID code = world.checkedOut(world.checkOut(KEY, 3, 5));
    assertThat(world.lastCheckedOut().key()).isEqualTo(KEY);
    world.kit().restart();

    world.tell(world.checkOut(KEY, 5, 3));

    world.expect(new UserReply.CheckedOut(code, List.of(3, 5), EXPIRY));
    world.expectNothingSent();
    assertThat(world.events()).hasSize(1);
  }

  @Test
  void aRepeatedCheckoutIsAnsweredAsTheFirstTimeWhateverHasJoinedIt() {
    UUID code = world.checkedOut(world.checkOut(KEY, 3));
    world.checkedOut(add(code, OTHER_KEY, 4));
    world.checkedOut(world.add(code, 5));
    world.clock.set(NOON.plusSeconds(30));

    world.tell(world.checkOut(KEY, 3));
    world.expect(new UserReply.CheckedOut(code, List.of(3), EXPIRY));
    world.tell(add(code, OTHER_KEY, 4));
    world.expect(new UserReply.CheckedOut(code, List.of(3, 4), EXPIRY));
  }

  @Test
  void aRepeatedCheckoutIsAnsweredAsTheFirstTimeAlsoWhenItHasEnded() {
    UUID code = world.checkedOut(world.checkOut(KEY, 3));
    world.checkedOut(add(code, OTHER_KEY, 4));
    world.tell(world.giveUp(code));
    world.expect(new UserReply.Released(code));

    world.tell(world.checkOut(KEY, 3));
    world.expect(new UserReply.CheckedOut(code, List.of(3), EXPIRY));
    world.tell(add(code, OTHER_KEY, 4));
    world.expect(new UserReply.CheckedOut(code, List.of(3, 4), EXPIRY));
    assertThat(world.events()).hasSize(3);
  }

  @Test
  void aRepeatedPurchaseAndARepeatedEndAreAnsweredAsTheFirstTime() {
    UUID bought = world.checkedOut(3);
    UUID ended = world.checkedOut(4);
    world.tell(new Purchase(bought, KEY, world.client.getRef()));
    world.expect(new UserReply.Purchased(bought, List.of(3)));
    world.tell(new GiveUp(ended, OTHER_KEY, world.client.getRef()));
    world.expect(new UserReply.Released(ended));
    world.kit().restart();
    world.clock.set(EXPIRY.plus(TTL));

    world.tell(new Purchase(bought, KEY, world.client.getRef()));
    world.expect(new UserReply.Purchased(bought, List.of(3)));
    world.tell(new GiveUp(ended, OTHER_KEY, world.client.getRef()));
    world.expect(new UserReply.Released(ended));
    assertThat(world.events()).hasSize(4);
  }

  @Test
  void r9KeyOfAPendingAttemptIsInUse() {
    List<Sent> asked = world.asking(world.checkOut(KEY, 3));

    world.tell(checkOutOfAnother(KEY, 3));
    another.expectMessage(new UserReply.Rejected(Reason.KEY_IN_USE));
    assertThat(world.asking(world.checkOut(OTHER_KEY, 4))).hasSize(1);

    world.hold(asked);
    world.client.expectMessageClass(UserReply.CheckedOut.class);
  }

  /** A refusal has done nothing, and is not remembered. */
  @Test
  void aRefusedRequestMayBeRepeatedAndIsDoneOnce() {
    List<Sent> asked = world.asking(world.checkOut(KEY, 3));
    world.refuse(asked.getFirst(), Item.Reason.RESERVED);
    world.expectRejected(Reason.ITEM_RESERVED);
    assertThat(world.events()).isEmpty();

    UUID code = world.checkedOut(world.checkOut(KEY, 3));

    world.tell(world.checkOut(KEY, 3));
    world.expect(new UserReply.CheckedOut(code, List.of(3), EXPIRY));
    assertThat(world.events()).hasSize(1);
  }

  // ---------------------------------------------------------------- another request

  @Test
  void r9KeyOfAnotherCheckoutIsNotServed() {
    UUID code = world.checkedOut(world.checkOut(KEY, 3));
    world.checkedOut(add(code, OTHER_KEY, 5));

    reused(world.checkOut(KEY, 4));
    reused(world.checkOut(KEY, 3, 4));
    reused(add(UUID.randomUUID(), KEY, 3));
    reused(add(code, KEY, 3));
    reused(world.checkOut(OTHER_KEY, 5));
    reused(add(code, OTHER_KEY, 6));
    assertThat(world.events()).hasSize(2);
  }

  @Test
  void r9KeyOfACheckoutNeitherBuysNorGivesUp() {
    UUID code = world.checkedOut(world.checkOut(KEY, 3));

    reused(new Purchase(code, KEY, world.client.getRef()));
    reused(new GiveUp(code, KEY, world.client.getRef()));

    assertThat(world.events()).hasSize(1);
  }

  @Test
  void r9KeyOfAPurchaseDoesNothingElse() {
    UUID other = world.checkedOut(4);
    UUID code = world.checkedOut(3);
    world.tell(new Purchase(code, KEY, world.client.getRef()));
    world.expect(new UserReply.Purchased(code, List.of(3)));

    reused(new Purchase(other, KEY, world.client.getRef()));
    reused(new GiveUp(code, KEY, world.client.getRef()));
    reused(new GiveUp(other, KEY, world.client.getRef()));
    reused(world.checkOut(KEY, 3));
    reused(add(other, KEY, 5));
    assertThat(world.events()).hasSize(3);
  }

  @Test
  void r9KeyOfAnEndDoesNothingElse() {
    UUID other = world.checkedOut(4);
    UUID code = world.checkedOut(3);
    world.tell(new GiveUp(code, KEY, world.client.getRef()));
    world.expect(new UserReply.Released(code));

    reused(new GiveUp(other, KEY, world.client.getRef()));
    reused(new Purchase(code, KEY, world.client.getRef()));
    reused(new Purchase(other, KEY, world.client.getRef()));
    reused(world.checkOut(KEY, 3));
    assertThat(world.events()).hasSize(3);
  }

  @Test
  void r9KeyOfAPendingAttemptDoesNothingElse() {
    UUID code = world.checkedOut(3);
    List<Sent> asked = world.asking(world.checkOut(KEY, 4));

    reused(world.checkOut(KEY, 5));
    reused(new Purchase(code, KEY, world.client.getRef()));
    reused(new GiveUp(code, KEY, world.client.getRef()));

    world.hold(asked);
    world.client.expectMessageClass(UserReply.CheckedOut.class);
    assertThat(world.events()).hasSize(2);
  }

  // ---------------------------------------------------------------- the sale before

  @Test
  void whatWasDoneInAnEarlierSaleIsAnsweredAsThen() {
    world.earlierIs(
        CompletableFuture.completedFuture(
            List.of(
                new CheckedOut(EARLIER, 11, List.of(3), NOON, KEY),
                new CheckedOut(EARLIER, 12, List.of(4), NOON, null),
                new Purchased(EARLIER, OTHER_KEY))));

    world.tell(world.checkOut(KEY, 3));

    world.expect(new UserReply.CheckedOut(EARLIER, List.of(3), NOON));
    assertThat(world.asked).containsExactly(KEY);
    world.expectNothingSent();
    reused(world.checkOut(KEY, 4));
    reused(world.checkOut(OTHER_KEY, 3));
    assertThat(world.events()).isEmpty();
  }

  @Test
  void nothingIsBegunBeforeEarlierSalesWereLookedAt() {
    CompletableFuture<List<UserEvent>> reading = new CompletableFuture<>();
    world.earlierIs(reading);
    world.tell(world.checkOut(KEY, 3));
    world.settle();
    world.expectNothingSent();

    reading.complete(List.of());

    world.settle();
    List<Sent> asked = world.takeSent();
    world.hold(asked);
    world.client.expectMessageClass(UserReply.CheckedOut.class);
  }

  @Test
  void whatItsNodeSendsAgainIsAnsweredOnce() {
    List<Sent> asked = world.asking(world.checkOut(KEY, 3));
    world.tell(world.checkOut(KEY, 3));
    world.settle();
    world.expectNothingSent();

    world.hold(asked);

    world.client.expectMessageClass(UserReply.CheckedOut.class);
    world.expectClientHeardNothing();
  }

  @Test
  void aKeyThatANodeHasMadeIsOfNoEarlierSale() {
    UUID made = RequestKey.create();

    world.checkedOut(world.checkOut(made, 3));

    assertThat(world.asked).isEmpty();
    assertThat(world.lastCheckedOut().key()).isEqualTo(made);
  }

  @Test
  void ofTwoThatWaitForEarlierSalesOneIsBegun() {
    CompletableFuture<List<UserEvent>> reading = new CompletableFuture<>();
    world.earlierIs(reading);
    world.tell(world.checkOut(KEY, 3));
    world.tell(checkOutOfAnother(KEY, 3));

    reading.complete(List.of());

    world.expectRejected(
        Reason.KEY_IN_USE); // the last one that waits is the first one that is told
    world.settle();
    assertThat(world.takeSent()).hasSize(1);
  }

  @Test
  void whenEarlierSalesCannotBeReadTheOutcomeIsUnknown() {
    world.earlierIs(CompletableFuture.failedFuture(new IOException("No connection")));

    world.tell(world.checkOut(KEY, 3));

    world.expectRejected(Reason.OUTCOME_UNKNOWN);
    world.expectNothingSent();
  }

  @Test
  void nobodyLooksAtEarlierSalesWithoutNeed() {
    UUID code = world.checkedOut(world.checkOut(KEY, 3));
    world.asked.clear();

    world.tell(world.checkOut(KEY, 3));
    world.client.expectMessageClass(UserReply.CheckedOut.class);
    world.checkedOut(4);
    world.checkedOut(add(code, OTHER_KEY, 5));
    world.tell(new Purchase(code, new UUID(5, 3), world.client.getRef()));
    world.client.expectMessageClass(UserReply.Purchased.class);

    assertThat(world.asked).isEmpty();
  }

  // ---------------------------------------------------------------- the first sending is not over

  /** It may be the first sending that holds it, in an incarnation that may yet commit. */
  @Test
  void r9AnItemOfItsOwnThatItDoesNotKnowIsNoRefusalOfARequestWithAKey() {
    List<Sent> asked = world.asking(world.checkOut(KEY, 3));

    world.refuse(asked.getFirst(), Item.Reason.RESERVED, true);

    world.expectRejected(Reason.OUTCOME_UNKNOWN);
    UUID code = world.checkedOut(world.checkOut(KEY, 3));
    world.tell(world.checkOut(KEY, 3));
    world.expect(new UserReply.CheckedOut(code, List.of(3), EXPIRY));
  }

  @Test
  void anItemOfItsOwnThatAnotherCheckoutHasIsRefused() {
    world.checkedOut(3);

    world.tell(world.checkOut(KEY, 3));

    world.expectRejected(Reason.ITEM_RESERVED);
  }

  private CheckOut add(UUID code, UUID key, Integer... items) {
    return new CheckOut(List.of(items), code, key, TERMS, world.client.getRef());
  }

  private void reused(UserCommand request) {
    world.tell(request);
    world.expectRejected(Reason.KEY_REUSED);
    world.expectClientHeardNothing();
  }
}
