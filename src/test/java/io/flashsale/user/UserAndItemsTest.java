package io.flashsale.user;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.cluster.sharding.typed.javadsl.ClusterSharding;
import akka.persistence.typed.PersistenceId;
import io.flashsale.TestClock;
import io.flashsale.TestNode;
import io.flashsale.item.Item;
import io.flashsale.item.ItemEvent;
import io.flashsale.item.ItemId;
import io.flashsale.item.ItemState;
import io.flashsale.user.UserCommand.AskOutcome;
import io.flashsale.user.UserCommand.CheckOut;
import io.flashsale.user.UserCommand.Purchase;
import io.flashsale.user.UserCommand.Terms;
import io.flashsale.user.UserReply.Reason;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongPredicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Users and items together, as they are but for the cluster between them. */
class UserAndItemsTest {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Duration TTL = Duration.ofSeconds(60);
  private static final UserId ALICE = new UserId(7, 1L << 40);
  private static final UserId BOB = new UserId(7, -1);
  private static final ItemId ITEM = new ItemId(7, 3);

  private final TestNode node = new TestNode();
  private final TestClock clock = new TestClock(NOON);
  private final Map<UserId, ActorRef<UserCommand>> users = new ConcurrentHashMap<>();
  private final TestProbe<UserReply> client = node.probe();
  private final TestProbe<ClusterSharding.ShardCommand> shard = node.probe();
  private volatile boolean confirmsAreLost;
  private volatile @Nullable ActorRef<Item.Command> theItem;

  @AfterEach
  void stop() {
    node.close();
  }

  @Test
  void twoUsersNeverGetTheSameItem() {
    start(ALICE);
    start(BOB);
    UUID code = checkedOut(ALICE);

    tell(BOB, checkOut());
    client.expectMessage(new UserReply.Rejected(Reason.ITEM_RESERVED));
    tell(ALICE, new Purchase(code, null, client.getRef()));
    client.expectMessage(new UserReply.Purchased(code, List.of(3)));
    awaitLast(ItemEvent.Sold.class);

    tell(BOB, checkOut());
    client.expectMessage(new UserReply.Rejected(Reason.ITEM_SOLD));
  }

  @Test
  void aCodeWhoseHoldExpiredBuysNothingOfWhatAnotherHasReservedSince() {
    start(ALICE);
    start(BOB);
    UUID late = checkedOut(ALICE);
    clock.set(NOON.plus(TTL));
    node.pass(TTL);
    awaitLast(ItemEvent.Released.class);
    UUID code = checkedOut(BOB);

    tell(ALICE, new Purchase(late, null, client.getRef()));
    client.expectMessage(new UserReply.Rejected(Reason.CHECKOUT_EXPIRED));
    tell(BOB, new Purchase(code, null, client.getRef()));
    client.expectMessage(new UserReply.Purchased(code, List.of(3)));

    awaitLast(ItemEvent.Sold.class);
    assertThat(((ItemEvent.Sold) node.events("Item|" + ITEM).getLast()).userId())
        .isEqualTo(BOB.number());
  }

  @Test
  void aLostConfirmIsMadeUpForWhenTheItemAsks() {
    start(ALICE);
    UUID code = checkedOut(ALICE);
    confirmsAreLost = true;
    tell(ALICE, new Purchase(code, null, client.getRef()));
    client.expectMessage(new UserReply.Purchased(code, List.of(3)));
    confirmsAreLost = false;

    clock.set(NOON.plus(TTL));
    node.pass(TTL);

    awaitLast(ItemEvent.Sold.class);
    assertThat(node.events("Item|" + ITEM)).hasSize(2);
  }

  /** The user died between reserving and CheckedOut: its hold is of no use to anybody. */
  @Test
  void anOrphanIsReleasedAtTheNextTryOfItsUser() {
    node.write(
        "Item|" + ITEM, new ItemEvent.Reserved(new UUID(0, 1), 99, ALICE.number(), NOON.plus(TTL)));
    start(ALICE);

    tell(ALICE, checkOut());
    client.expectMessage(new UserReply.Rejected(Reason.ITEM_RESERVED));
    awaitLast(ItemEvent.Released.class);
    UUID code = checkedOut(ALICE);

    tell(ALICE, new Purchase(code, null, client.getRef()));
    client.expectMessage(new UserReply.Purchased(code, List.of(3)));
    assertThat(node.events("User|" + ALICE)).contains(new UserEvent.Refused(99));
  }

  /** With the item, which by now finds in its journal what the test has written there. */
  private void start(UserId user) {
    if (theItem == null) {
      theItem = node.spawn(Item.create(ITEM, aroundItem, shard.getRef()));
    }
    users.put(user, node.spawn(User.create(user, new AroundUser(user))));
  }

  private void tell(UserId user, UserCommand command) {
    ActorRef<UserCommand> ref = users.get(user);
    if (ref != null) {
      ref.tell(command);
    }
  }

  private CheckOut checkOut() {
    return new CheckOut(List.of(3), null, null, new Terms(10, TTL), client.getRef());
  }

  private UUID checkedOut(UserId user) {
    tell(user, checkOut());
    return client.expectMessageClass(UserReply.CheckedOut.class).code();
  }

  private void awaitLast(Class<? extends ItemEvent> event) {
    TestProbe<Object> patience = node.probe();
    patience.awaitAssert(
        () -> {
          assertThat(node.events("Item|" + ITEM).getLast()).isInstanceOf(event);
          return true;
        });
  }

  private final class AroundUser implements User.Surroundings {
    private final RandomGenerator random;

    private AroundUser(UserId user) {
      random = new SplittableRandom(user.number());
    }

    @Override
    public InstantSource clock() {
      return clock;
    }

    @Override
    public RandomGenerator random() {
      return random;
    }

    @Override
    public void tell(ItemId item, Item.Command command) {
      if (command instanceof Item.Confirm && confirmsAreLost) {
        return;
      }
      assertThat(item).isEqualTo(ITEM);
      requireNonNull(theItem).tell(command);
    }

    @Override
    public CompletionStage<Long> highestSequenceNr(PersistenceId id) {
      return CompletableFuture.completedFuture((long) node.events(id.id()).size());
    }

    @Override
    public CompletionStage<List<UserEvent>> earlier(UserId user, UUID key) {
      return CompletableFuture.completedFuture(List.of());
    }
  }

  private final Item.Surroundings aroundItem =
      new Item.Surroundings() {
        @Override
        public InstantSource clock() {
          return clock;
        }

        @Override
        public void askOutcome(ItemId item, ItemState.Held held) {
          UserCommand question = new AskOutcome(held.code(), held.holdId(), item.number());
          UserAndItemsTest.this.tell(new UserId(item.saleId(), held.userId()), question);
        }

        @Override
        public void sold(ItemId item) {}

        @Override
        public LongPredicate saleIsOver() {
          return _ -> false;
        }
      };
}
