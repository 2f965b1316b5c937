package io.flashsale.simulation;

import static io.flashsale.simulation.Ledger.mustBe;

import akka.persistence.typed.PersistenceId;
import io.flashsale.item.Item;
import io.flashsale.item.ItemId;
import io.flashsale.item.ItemState;
import io.flashsale.sale.Boards;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import io.flashsale.sale.SaleCoordinator;
import io.flashsale.tracing.Tracing;
import io.flashsale.user.User;
import io.flashsale.user.UserCommand;
import io.flashsale.user.UserEvent;
import io.flashsale.user.UserId;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongPredicate;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** A node with a clock of its own, and what users and items need of it. */
final class Node implements Item.Surroundings, User.Surroundings {

  final SaleBoard board = Boards.empty(clock());
  private final World world;
  private final Cluster cluster;
  private final RandomGenerator random;
  private long clockIsOffBy;

  Node(World world, Cluster cluster, RandomGenerator random) {
    this.world = world;
    this.cluster = cluster;
    this.random = random;
    setClock();
  }

  /**
   * An answer of the coordinator, which may be an old one. The node never goes back: neither to an
   * earlier sale, nor to the end that a sale had before it was closed.
   */
  void hear(SaleCoordinator.Sales sales) {
    long newest = board.newestId();
    List<Sale> known =
        LongStream.rangeClosed(1, newest)
            .mapToObj(board::find)
            .flatMap(Stream::ofNullable)
            .toList();
    Boards.put(board, sales);
    mustBe(board.newestId() >= newest, "ClosedStaysClosed", known, sales);
    for (Sale before : known) {
      Sale now = board.find(before.id());
      boolean later = now != null && now.endsAt().isAfter(before.endsAt());
      mustBe(!later, "ClosedStaysClosed", before, sales);
    }
  }

  void setClock() {
    clockIsOffBy = world.chance.between(-world.faults.skew, world.faults.skew);
  }

  private Instant now() {
    return world.time().plusNanos(clockIsOffBy * 1_000);
  }

  @Override
  public InstantSource clock() {
    return this::now;
  }

  @Override
  public Tracing tracing() {
    return Tracing.OFF;
  }

  @Override
  public RandomGenerator random() {
    return random;
  }

  @Override
  public void tell(ItemId item, Item.Command command) {
    cluster.tell(item, command);
  }

  @Override
  public boolean losesMessages() {
    return true;
  }

  @Override
  public void askOutcome(ItemId item, ItemState.Held held) {
    cluster.tell(
        new UserId(item.saleId(), held.userId()),
        new UserCommand.AskOutcome(held.code(), held.holdId(), item.number()));
  }

  @Override
  public CompletionStage<Long> highestSequenceNr(PersistenceId id) {
    CompletableFuture<Long> highest = new CompletableFuture<>();
    cluster
        .journal()
        .read(
            id.id(),
            events -> {
              if (events == null) {
                highest.completeExceptionally(new IOException("The connection was lost"));
              } else {
                highest.complete((long) events.size());
              }
            });
    return highest;
  }

  /** By the time of the read; of this very user, in whatever sale came before. */
  @Override
  public CompletionStage<List<UserEvent>> earlier(UserId user, UUID key) {
    CompletableFuture<List<UserEvent>> earlier = new CompletableFuture<>();
    cluster
        .journal()
        .query(
            () -> cluster.ledger().earlier(user, key),
            events -> {
              if (events == null) {
                earlier.completeExceptionally(new IOException("The connection was lost"));
              } else {
                earlier.complete(events);
              }
            });
    return earlier;
  }

  @Override
  public void sold(ItemId item) {
    cluster.ledger().saidToBeSold(item);
  }

  @Override
  public LongPredicate saleIsOver() {
    return board::isOver;
  }

  @Override
  public String journalPlugin() {
    return "";
  }
}
