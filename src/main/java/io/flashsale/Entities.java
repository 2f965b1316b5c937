package io.flashsale;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import akka.cluster.sharding.typed.ClusterShardingSettings;
import akka.cluster.sharding.typed.ShardingEnvelope;
import akka.cluster.sharding.typed.javadsl.ClusterSharding;
import akka.cluster.sharding.typed.javadsl.Entity;
import akka.cluster.sharding.typed.javadsl.EntityTypeKey;
import akka.persistence.typed.PersistenceId;
import io.flashsale.http.CheckoutRoutes;
import io.flashsale.item.Item;
import io.flashsale.item.ItemId;
import io.flashsale.item.ItemState;
import io.flashsale.journal.JournalHead;
import io.flashsale.journal.JournalSearch;
import io.flashsale.readside.OrderQueries;
import io.flashsale.sale.LiveHolds;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import io.flashsale.tracing.Tracing;
import io.flashsale.user.OrderWatch;
import io.flashsale.user.RepeatedLeave;
import io.flashsale.user.User;
import io.flashsale.user.UserCommand;
import io.flashsale.user.UserEvent;
import io.flashsale.user.UserId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongPredicate;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;

/**
 * The users and items of the cluster, and what they need of this node.
 *
 * @param kind the real ones, or others beside them
 * @param tracing follows some of what they are asked
 * @param losesMessages whether some live on other nodes, or may move there
 */
record Entities(
    Kind kind,
    ClusterSharding sharding,
    InstantSource clock,
    SaleBoard board,
    JournalHead journal,
    JournalSearch search,
    RandomGenerator random,
    LiveHolds holds,
    Tracing tracing,
    boolean losesMessages)
    implements Item.Surroundings, User.Surroundings {

  /** A user of whom nothing is heard leaves memory; an item that has a question brings it back. */
  private static final Duration USER_IDLE = Duration.ofMinutes(2);

  /** In memory on this node, at some 3 KB each; beyond it the one that was quiet longest goes. */
  private static final int MOST_USERS = 100_000;

  /** A request with a key that was used by another one in this time is not done again. */
  private static final Duration KEEP_KEYS = Duration.ofHours(24);

  /** Longer than an attempt takes, and twice within the time of a request. */
  private static final Duration SEND_AGAIN_AFTER = Duration.ofSeconds(1);

  private static final long FEWEST_KEPT_SALES = 50;

  /** As far back as a code names its sale, with some room. */
  private static final long MOST_KEPT_SALES = 900;

  /** An order ends within half of it while its user can be reached. */
  private static final Duration RECENT = Duration.ofMinutes(1);

  /** Sales in which pending orders are looked for after a start, and now and then. */
  private static final long FAR_SALES = 100;

  /**
   * Which shard regions they live in, and which journal they write.
   *
   * @param journalPlugin "" for the configured one
   * @param settings of the shard regions
   * @param nodes where their shards are placed
   */
  record Kind(
      EntityTypeKey<Item.Command> items,
      EntityTypeKey<UserCommand> users,
      String journalPlugin,
      ClusterShardingSettings settings,
      ReadyNodes nodes) {

    static Kind real(ActorSystem<?> system, ReadyNodes nodes) {
      return new Kind(Item.TYPE, User.TYPE, "", ClusterShardingSettings.create(system), nodes);
    }
  }

  /** Whose users are nobody. */
  private static final long NO_SALE = Long.MAX_VALUE;

  void init() {
    sharding.init(
        Entity.of(
                kind.items,
                entity -> Item.create(ItemId.parse(entity.getEntityId()), this, entity.getShard()))
            .withSettings(kind.settings)
            .withAllocationStrategy(kind.nodes.strategy(kind.settings)));
    Entity<UserCommand, ShardingEnvelope<UserCommand>> users =
        Entity.of(
            kind.users,
            entity -> {
              Behavior<UserCommand> user = User.create(UserId.parse(entity.getEntityId()), this);
              return losesMessages ? RepeatedLeave.to(user) : user;
            });
    sharding.init(
        // On a node that is alone no shard moves, and only users leave of whom nothing is heard.
        (losesMessages ? users.withStopMessage(RepeatedLeave.MESSAGE) : users)
            .withSettings(
                kind.settings.withPassivationStrategy(
                    ClusterShardingSettings.PassivationStrategySettings$.MODULE$
                        .defaults()
                        .withIdleEntityPassivation(USER_IDLE)
                        .withActiveEntityLimit(MOST_USERS)
                        .withLeastRecentlyUsedReplacement()))
            .withAllocationStrategy(kind.nodes.strategy(kind.settings)));
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
        sharding.entityRefFor(kind.users, user.toString()).tell(new UserCommand.Wake(0));
      }
    }
  }

  /**
   * What the routes know of the users.
   *
   * @param within an answer comes
   */
  CheckoutRoutes.Users users(ActorSystem<?> system, Duration within) {
    return new UserRequests(
        user -> sharding.entityRefFor(kind.users, user.toString()),
        system.scheduler(),
        within,
        losesMessages ? SEND_AGAIN_AFTER : null);
  }

  /** What the watch of orders knows of users and of sales. */
  OrderWatch.Surroundings orders(OrderQueries queries) {
    return new OrderWatch.Surroundings() {
      @Override
      public CompletionStage<Map<UserId, Long>> pending(boolean far) {
        long newest = board.newestId();
        return newest == 0
            ? CompletableFuture.failedFuture(new IllegalStateException("No sale is known yet"))
            : queries.pending(Math.max(1, newest - (far ? FAR_SALES : recentSales())), newest);
      }

      @Override
      public void tell(UserId user, UserCommand command) {
        sharding.entityRefFor(kind.users, user.toString()).tell(command);
      }
    };
  }

  /** So many sales before the newest one may have been open while an order can be pending. */
  private long recentSales() {
    Sale open = board.open();
    return open == null ? FAR_SALES : Math.min(FAR_SALES, sales(RECENT, open) + 1);
  }

  private static long sales(Duration in, Sale sale) {
    return in.toMillis() / Math.max(1, Duration.between(sale.slot(), sale.endsAt()).toMillis()) + 1;
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
  public CompletionStage<List<UserEvent>> earlier(UserId user, UUID key) {
    List<String> streams =
        LongStream.range(Math.max(1, user.saleId() - keptSales(user.saleId())), user.saleId())
            .mapToObj(sale -> User.persistenceId(new UserId(sale, user.number())).id())
            .toList();
    return search.streamWith(streams, key, UserEvent.class);
  }

  /** So many sales that went before it are looked through for a key. */
  private long keptSales(long saleId) {
    Sale sale = board.find(saleId);
    return sale == null
        ? FEWEST_KEPT_SALES
        : Math.clamp(sales(KEEP_KEYS, sale), FEWEST_KEPT_SALES, MOST_KEPT_SALES);
  }

  @Override
  public void sold(ItemId item) {
    board.sold().add(item);
    holds.sold(item);
  }

  @Override
  public void held(ItemId item, Instant expiresAt) {
    holds.held(item, expiresAt);
  }

  @Override
  public void released(ItemId item) {
    holds.released(item);
  }

  @Override
  public void gone(ItemId item) {
    holds.gone(item);
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
