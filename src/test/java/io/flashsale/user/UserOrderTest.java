package io.flashsale.user;

import static io.flashsale.user.UserWorld.EXPIRY;
import static io.flashsale.user.UserWorld.NOON;
import static io.flashsale.user.UserWorld.TERMS;
import static io.flashsale.user.UserWorld.askOutcome;
import static io.flashsale.user.UserWorld.confirms;
import static io.flashsale.user.UserWorld.holdId;
import static io.flashsale.user.UserWorld.releases;
import static io.flashsale.user.UserWorld.reserve;
import static org.assertj.core.api.Assertions.assertThat;

import io.flashsale.TestNode;
import io.flashsale.item.Item;
import io.flashsale.user.Order.Rejection;
import io.flashsale.user.Order.Status;
import io.flashsale.user.UserCommand.Buy;
import io.flashsale.user.UserCommand.Purchase;
import io.flashsale.user.UserCommand.ShowOrder;
import io.flashsale.user.UserCommand.Wake;
import io.flashsale.user.UserEvent.CheckedOut;
import io.flashsale.user.UserEvent.OrderPlaced;
import io.flashsale.user.UserEvent.OrderRejected;
import io.flashsale.user.UserEvent.Purchased;
import io.flashsale.user.UserReply.OrderShown;
import io.flashsale.user.UserReply.OrderTaken;
import io.flashsale.user.UserReply.Reason;
import io.flashsale.user.UserWorld.Sent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** An order is taken at once, worked off afterwards, and ends once, whatever crashes meanwhile. */
class UserOrderTest {

  private static final TestNode NODE = new TestNode();
  private static final UUID KEY = new UUID(5, 1);
  private static final UUID OTHER_KEY = new UUID(5, 2);
  private static final UUID CODE =
      CheckoutCode.create(new UserId(UserWorld.SALE, 1), new Random(42));
  private static final OrderPlaced PLACED =
      new OrderPlaced(CODE, 3, 10, NOON.plus(UserOrders.TIME), KEY);

  private final UserWorld world = UserWorld.free(NODE);

  @AfterAll
  static void stop() {
    NODE.close();
  }

  // ---------------------------------------------------------------- the straight way

  @Test
  void anOrderIsTakenOnceItIsJournaledAndItsItemIsAskedFor() {
    UUID code = placed(3);

    assertThat(world.events())
        .containsExactly(new OrderPlaced(code, 3, 10, NOON.plus(UserOrders.TIME), null));
    List<Sent> asked = asked(world);
    assertThat(asked).hasSize(1);
    assertThat(reserve(asked.getFirst()).code()).isEqualTo(code);
    assertThat(reserve(asked.getFirst()).expiresAt()).isEqualTo(NOON.plus(UserOrders.HOLD));
    expectShown(code, Status.PENDING, null);
  }

  @Test
  void aHeldItemIsCheckedOutAndBoughtInOneWrite() {
    UUID code = placed(3);
    List<Sent> asked = asked(world);
    TestNode.Gate gate = NODE.holdNextWrite(world.persistenceId);

    world.hold(asked);
    gate.awaitWrite();
    assertThat(gate.events())
        .containsExactly(
            new CheckedOut(code, holdId(asked), List.of(3), NOON.plus(UserOrders.HOLD), null),
            new Purchased(code, null));
    world.expectNothingSent();
    gate.open();
    world.settle();

    assertThat(world.takeSent()).isEqualTo(confirms(holdId(asked), 3));
    expectShown(code, Status.CONFIRMED, null);
    world.tell(world.purchase(code));
    world.expectRejected(Reason.ALREADY_PURCHASED);
  }

  @Test
  void nothingIsToldBeforeTheOrderIsDurable() {
    NODE.failNextWrite(world.persistenceId);

    world.tell(buy(3, null));
    world.settle();

    world.expectClientHeardNothing();
    world.expectNothingSent();
  }

  @Test
  void anItemThatIsHeldOrSoldEndsItWithTheReason() {
    UUID held = placed(3);
    world.refuse(asked(world).getFirst(), Item.Reason.RESERVED);
    world.settle();
    UUID sold = placed(4);
    world.refuse(asked(world).getFirst(), Item.Reason.SOLD);
    world.settle();

    expectShown(held, Status.REJECTED, Rejection.ITEM_RESERVED);
    expectShown(sold, Status.REJECTED, Rejection.ITEM_SOLD);
    assertThat(world.events()).contains(new OrderRejected(held, Rejection.ITEM_RESERVED));
  }

  @Test
  void anOrderBeyondTheLimitIsTakenAndRejected() {
    world.checkedOut(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);

    UUID code = placed(11);
    world.settle();

    expectShown(code, Status.REJECTED, Rejection.LIMIT_REACHED);
  }

  @Test
  void anItemOfAnOwnCheckoutIsNotOrdered() {
    UUID open = world.checkedOut(3);
    UUID code = placed(3);
    world.settle();
    expectShown(code, Status.REJECTED, Rejection.ITEM_RESERVED);

    world.tell(world.purchase(open));
    world.client.expectMessageClass(UserReply.Purchased.class);
    UUID again = placed(3);
    world.settle();
    expectShown(again, Status.REJECTED, Rejection.ITEM_SOLD);
  }

  // ---------------------------------------------------------------- what does not answer

  @Test
  void anAttemptThatIsNotAnsweredIsDroppedAndMadeAnew() {
    UUID code = placed(3);
    List<Sent> first = asked(world);

    world.pass(User.ATTEMPT_TIMEOUT.plus(UserOrders.LOOK_AGAIN));

    List<Sent> sent = world.takeSent();
    assertThat(sent).containsAll(releases(holdId(first), 3));
    List<Sent> second = sent.stream().filter(s -> s.command() instanceof Item.Reserve).toList();
    assertThat(holdId(second)).isNotEqualTo(holdId(first));
    world.hold(second);
    world.settle();
    expectShown(code, Status.CONFIRMED, null);
  }

  @Test
  void anOrderThatCannotBeWorkedOffIsRejectedAtItsDeadline() {
    UUID code = placed(3);
    world.takeSent();
    world.clock.advance(UserOrders.TIME);

    world.pass(User.ATTEMPT_TIMEOUT.plus(UserOrders.LOOK_AGAIN));

    expectShown(code, Status.REJECTED, Rejection.TIMED_OUT);
  }

  /** Of an incarnation that has died: its item asks, and then it is free. */
  @Test
  void anOrphanInTheWayIsWaitedFor() {
    UUID code = placed(3);
    world.refuse(asked(world).getFirst(), Item.Reason.RESERVED, true);
    world.settle();
    expectShown(code, Status.PENDING, null);
    world.takeSent();

    world.pass(UserOrders.LOOK_AGAIN);

    world.hold(asked(world));
    world.settle();
    expectShown(code, Status.CONFIRMED, null);
  }

  // ---------------------------------------------------------------- crashes

  @Test
  void whoRecoversGoesOnWithWhatIsPending() {
    UserWorld recovered = UserWorld.free(NODE, PLACED);

    List<Sent> asked = asked(recovered);
    recovered.hold(asked);
    recovered.settle();

    recovered.tell(new ShowOrder(CODE, false, recovered.client.getRef()));
    recovered.expect(new OrderShown(CODE, 3, Status.CONFIRMED, null));
    // What an attempt of the dead one has reserved is released, and nothing else is written for it.
    recovered.takeSent();
    recovered.tell(askOutcome(CODE, 99, 3));
    recovered.settle();
    assertThat(recovered.takeSent()).isEqualTo(releases(99, 3));
  }

  @Test
  void whoRecoversAfterTheDeadlineRejects() {
    UserWorld late = UserWorld.free(NODE, new OrderPlaced(CODE, 3, 10, NOON.minusMillis(1), null));
    late.settle();

    late.tell(new ShowOrder(CODE, false, late.client.getRef()));
    late.expect(new OrderShown(CODE, 3, Status.REJECTED, Rejection.TIMED_OUT));
    late.expectNothingSent();
  }

  @Test
  void whatHasEndedIsNotGoneOnWith() {
    UserWorld recovered =
        UserWorld.free(
            NODE,
            PLACED,
            new CheckedOut(CODE, 11, List.of(3), EXPIRY, null),
            new Purchased(CODE, null));

    recovered.pass(UserOrders.LOOK_AGAIN.multipliedBy(4));

    recovered.expectNothingSent();
    assertThat(recovered.events()).hasSize(3);
  }

  @Test
  void aPurchaseWhoseWriteFailedIsTriedAgainByTheNextIncarnation() {
    UUID code = placed(3);
    List<Sent> asked = asked(world);
    NODE.failNextWrite(world.persistenceId);

    world.hold(asked);
    world.settle();

    // The test has woken it: the watch does so in the program.
    List<Sent> again = asked(world);
    assertThat(holdId(again)).isNotEqualTo(holdId(asked));
    world.hold(again);
    world.settle();
    expectShown(code, Status.CONFIRMED, null);
  }

  /** A write that was late, of which this incarnation knows nothing. */
  @Test
  void whoIsToldOfAnOrderThatHeDoesNotKnowLeavesItToTheNextIncarnation() {
    NODE.write(world.persistenceId, PLACED);

    world.tell(new Wake(1));
    world.settle();

    assertThat(world.stops).hasValue(1);
    assertThat(asked(world)).hasSize(1);
    world.tell(new Wake(1));
    world.tell(new Wake(0));
    world.settle();
    assertThat(world.stops).hasValue(1);
  }

  // ---------------------------------------------------------------- keys

  @Test
  void r9ARepeatedOrderIsTheSameOrder() {
    world.tell(buy(3, KEY));
    UUID code = world.client.expectMessageClass(OrderTaken.class).code();
    world.refuse(asked(world).getFirst(), Item.Reason.SOLD);
    world.settle();

    world.tell(buy(3, KEY));
    world.expect(new OrderTaken(code, 3));
    world.tell(new Buy(3, KEY, true, TERMS, world.client.getRef())); // sold meanwhile
    world.expect(new OrderTaken(code, 3));
    world.tell(buy(4, KEY));
    world.expectRejected(Reason.KEY_REUSED);
    world.tell(world.checkOut(KEY, 3));
    world.expectRejected(Reason.KEY_REUSED);
    world.tell(new Purchase(code, KEY, world.client.getRef()));
    world.expectRejected(Reason.KEY_REUSED);
    assertThat(world.events()).hasSize(2);
  }

  @Test
  void r9KeyOfACheckoutPlacesNoOrder() {
    world.checkedOut(world.checkOut(KEY, 3));

    world.tell(buy(3, KEY));
    world.expectRejected(Reason.KEY_REUSED);
    List<Sent> asked = world.asking(world.checkOut(OTHER_KEY, 4));
    world.tell(buy(4, OTHER_KEY));
    world.expectRejected(Reason.KEY_REUSED);
    world.hold(asked);
    world.client.expectMessageClass(UserReply.CheckedOut.class);
  }

  @Test
  void anOrderOfAnEarlierSaleIsAnsweredAsThen() {
    world.earlierIs(java.util.concurrent.CompletableFuture.completedFuture(List.of(PLACED)));

    world.tell(buy(3, KEY));

    world.expect(new OrderTaken(CODE, 3));
    assertThat(world.events()).isEmpty();
  }

  @Test
  void whatIsKnownToBeSoldIsNotTaken() {
    world.tell(new Buy(3, null, true, TERMS, world.client.getRef()));
    world.expectRejected(Reason.ITEM_SOLD);
    world.tell(new Buy(3, KEY, true, TERMS, world.client.getRef()));
    world.expectRejected(Reason.ITEM_SOLD);
    assertThat(world.events()).isEmpty();
  }

  // ---------------------------------------------------------------- bounds

  @Test
  void onlySoManyArePendingAtATime() {
    List<UUID> codes = new ArrayList<>();
    for (int item = 0; item < UserOrders.MOST_PENDING; item++) {
      codes.add(placed(item));
    }

    world.tell(buy(50, null));
    world.expectRejected(Reason.TOO_MANY_ORDERS);

    world.refuse(asked(world).getFirst(), Item.Reason.SOLD);
    world.settle();
    placed(50);
    assertThat(codes).doesNotHaveDuplicates();
  }

  @Test
  void onlySoManyAreTakenInASale() {
    List<UserEvent> journal = new ArrayList<>();
    for (int n = 0; n < UserOrders.MOST; n++) {
      UUID code = new UUID(7, n);
      journal.add(new OrderPlaced(code, 3, 10, NOON, null));
      journal.add(new OrderRejected(code, Rejection.ITEM_SOLD));
    }
    UserWorld full = UserWorld.free(NODE, journal.toArray(UserEvent[]::new));

    full.tell(new Buy(3, null, false, TERMS, full.client.getRef()));
    full.expectRejected(Reason.TOO_MANY_ORDERS);
    full.tell(new Buy(3, KEY, false, TERMS, full.client.getRef()));
    full.expectRejected(Reason.TOO_MANY_ORDERS);
    full.tell(new ShowOrder(new UUID(7, 0), false, full.client.getRef()));
    full.client.expectMessageClass(OrderShown.class);
  }

  // ---------------------------------------------------------------- who asks

  @Test
  void whoWaitsIsToldWhenItEnds() {
    UUID code = placed(3);
    List<Sent> asked = asked(world);
    world.tell(new ShowOrder(code, true, world.client.getRef()));
    world.tell(new ShowOrder(code, true, world.client.getRef()));
    world.settle();
    world.expectClientHeardNothing();

    world.hold(asked);

    world.expect(new OrderShown(code, 3, Status.CONFIRMED, null));
    world.expect(new OrderShown(code, 3, Status.CONFIRMED, null));
    world.tell(new ShowOrder(code, true, world.client.getRef()));
    world.expect(new OrderShown(code, 3, Status.CONFIRMED, null));
  }

  @Test
  void onlySoManyWait() {
    UUID code = placed(3);
    for (int i = 0; i < UserOrders.MOST_WAITING; i++) {
      world.tell(new ShowOrder(code, true, world.client.getRef()));
    }
    world.settle();
    world.expectClientHeardNothing();

    world.tell(new ShowOrder(code, true, world.client.getRef()));

    world.expect(new OrderShown(code, 3, Status.PENDING, null));
  }

  @Test
  void r2AnOrderIsUnknownOnlyAfterReadingTheJournal() {
    NODE.write(world.persistenceId, PLACED);

    world.tell(new ShowOrder(CODE, false, world.client.getRef()));
    world.expectRejected(Reason.OUTCOME_UNKNOWN);
    world.settle();
    expectShown(CODE, Status.PENDING, null);
    world.tell(new ShowOrder(UserWorld.UNKNOWN, true, world.client.getRef()));
    world.expectRejected(Reason.ORDER_UNKNOWN);
  }

  private Buy buy(int item, @Nullable UUID key) {
    return new Buy(item, key, false, TERMS, world.client.getRef());
  }

  private UUID placed(int item) {
    world.tell(buy(item, null));
    return world.client.expectMessageClass(OrderTaken.class).code();
  }

  /** What items were asked for since the last time. */
  private static List<Sent> asked(UserWorld of) {
    of.settle();
    List<Sent> sent =
        of.takeSent().stream().filter(s -> s.command() instanceof Item.Reserve).toList();
    assertThat(sent).isNotEmpty();
    return sent;
  }

  private void expectShown(UUID code, Status status, @Nullable Rejection why) {
    world.tell(new ShowOrder(code, false, world.client.getRef()));
    OrderShown shown = world.client.expectMessageClass(OrderShown.class, Duration.ofSeconds(3));
    assertThat(shown.status()).isEqualTo(status);
    assertThat(shown.rejection()).isEqualTo(why);
  }
}
