package io.flashsale;

import akka.actor.typed.ActorSystem;
import akka.cluster.sharding.typed.ClusterShardingSettings;
import akka.cluster.sharding.typed.javadsl.ClusterSharding;
import akka.cluster.sharding.typed.javadsl.Entity;
import akka.cluster.sharding.typed.javadsl.EntityTypeKey;
import akka.persistence.typed.PersistenceId;
import io.flashsale.http.CheckoutRoutes;
import io.flashsale.item.Item;
import io.flashsale.item.ItemId;
import io.flashsale.item.ItemState;
import io.flashsale.journal.JournalHead;
import io.flashsale.sale.SaleBoard;
import io.flashsale.user.User;
import io.flashsale.user.UserCommand;
import io.flashsale.user.UserId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.concurrent.CompletionStage;
import java.util.function.LongPredicate;
import java.util.random.RandomGenerator;

/**
 * The users and items of the cluster, and what they need of this node.
 *
 * @param kind the real ones, or others beside them
 */
record Entities(
    Kind kind,
    ClusterSharding sharding,
    InstantSource clock,
    SaleBoard board,
    JournalHead journal,
    RandomGenerator random)
    implements Item.Surroundings, User.Surroundings {

  /** A user of whom nothing is heard leaves memory; an item that has a question brings it back. */
  private static final Duration USER_IDLE = Duration.ofMinutes(2);

  /** In memory on this node, at some 3 KB each; beyond it the one that was quiet longest goes. */
  private static final int MOST_USERS = 100_000;

  /**
   * Which shard regions they live in, and which journal they write.
   *
   * @param journalPlugin "" for the configured one
   * @param settings of the shard regions
   */
  record Kind(
      EntityTypeKey<Item.Command> items,
      EntityTypeKey<UserCommand> users,
      String journalPlugin,
      ClusterShardingSettings settings) {

    static Kind real(ActorSystem<?> system) {
      return new Kind(Item.TYPE, User.TYPE, "", ClusterShardingSettings.create(system));
    }
  }

  /** Whose users are nobody. */
  private static final long NO_SALE = Long.MAX_VALUE;

  void init() {
    sharding.init(
        Entity.of(
                kind.items,
                entity -> Item.create(ItemId.parse(entity.getEntityId()), this, entity.getShard()))
            .withSettings(kind.settings));
    sharding.init(
        Entity.of(kind.users, entity -> User.create(UserId.parse(entity.getEntityId()), this))
            .withSettings(
                kind.settings.withPassivationStrategy(
                    ClusterShardingSettings.PassivationStrategySettings$.MODULE$
                        .defaults()
                        .withIdleEntityPassivation(USER_IDLE)
                        .withActiveEntityLimit(MOST_USERS)
                        .withLeastRecentlyUsedReplacement())));
  }

  /**
   * Wakes a user in each shard, who soon leaves again: shards are placed when somebody is first
   * sent to them, one after the other, and a sale is not to wait for that. The items of a sale are
   * started before it, and so are their shards.
   */
  void placeUsers() {
    int shards = kind.settings.numberOfShards();
    BitSet placed = new BitSet(shards);
    for (int number = 0; placed.cardinality() < shards; number++) {
      UserId user = new UserId(NO_SALE, number);
      int shard = Math.abs(user.toString().hashCode() % shards); // as HashCodeMessageExtractor
      if (!placed.get(shard)) {
        placed.set(shard);
        sharding.entityRefFor(kind.users, user.toString()).tell(new UserCommand.Wake());
      }
    }
  }

  /** What the routes know of the users. */
  CheckoutRoutes.Users users(Duration timeout) {
    return (user, request) ->
        sharding.entityRefFor(kind.users, user.toString()).ask(request::apply, timeout);
  }

  @Override
  public void tell(ItemId item, Item.Command command) {
    sharding.entityRefFor(kind.items, item.toString()).tell(command);
  }

  @Override
  public void askOutcome(ItemId item, ItemState.Held held) {
    sharding
        .entityRefFor(kind.users, new UserId(item.saleId(), held.userId()).toString())
        .tell(new UserCommand.AskOutcome(held.code(), held.holdId(), item.number()));
  }

  @Override
  public CompletionStage<Long> highestSequenceNr(PersistenceId id) {
    return journal.highestSequenceNr(id);
  }

  @Override
  public void sold(ItemId item) {
    board.sold().add(item);
  }

  @Override
  public String journalPlugin() {
    return kind.journalPlugin;
  }

  @Override
  public LongPredicate saleIsOver() {
    return board::isOver;
  }
}
