package io.flashsale.simulation;

import akka.actor.Address;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.cluster.ClusterEvent;
import akka.cluster.Member;
import akka.cluster.MemberStatus;
import akka.cluster.UniqueAddress;
import akka.persistence.typed.PersistenceId;
import akka.util.Version;
import io.flashsale.item.Item;
import io.flashsale.item.ItemId;
import io.flashsale.sale.Coordinators;
import io.flashsale.sale.ItemStarter;
import io.flashsale.sale.SaleCoordinator;
import io.flashsale.sale.SaleSchedule;
import io.flashsale.user.OrderWatch;
import io.flashsale.user.RepeatedLeave;
import io.flashsale.user.User;
import io.flashsale.user.UserCommand;
import io.flashsale.user.UserId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import scala.jdk.javaapi.CollectionConverters;

/** The entities of a run, on nodes that crash, part and meet again. */
final class Cluster {

  private static final int NODES = 3;
  private static final long SECOND = 1_000_000;

  /** Whoever subscribes to members hears this when one has crashed, and when all are back. */
  private static final ClusterEvent.MemberEvent CHANGE =
      new ClusterEvent.MemberUp(
          new Member(
              UniqueAddress.apply(new Address("akka", "simulation", "127.0.0.1", 1), 1L),
              1,
              MemberStatus.up(),
              CollectionConverters.asScala(Set.of("dc-default")).toSet(),
              Version.Zero()));

  private final World world;
  private final Journal journal;
  private final Ledger ledger;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<ItemId, Place<Item.Command>> items = new LinkedHashMap<>();
  private final Map<UserId, Place<UserCommand>> users = new LinkedHashMap<>();
  private final Place<SaleCoordinator.Command> coordinator;
  private final List<ActorRef<ClusterEvent.MemberEvent>> subscribers = new ArrayList<>();
  private PlainActor<OrderWatch.Message> watch;

  Cluster(World world, Ledger ledger, SaleSchedule schedule) {
    this.world = world;
    this.ledger = ledger;
    this.journal = new Journal(world, ledger::append);
    RandomGenerator random = world.chance.split();
    for (int i = 0; i < NODES; i++) {
      nodes.add(new Node(world, this, random));
    }
    coordinator =
        new Place<>(
            world,
            journal,
            "coordinator",
            nodes,
            null,
            (node, tenancy) -> createCoordinator(schedule, node, tenancy));
    coordinator.ensureStarted();
    watch = startWatch();
    nodes.forEach(this::askForSales);
    if (world.faults.pause != Long.MAX_VALUE) {
      scheduleTrouble();
    }
  }

  Journal journal() {
    return journal;
  }

  Ledger ledger() {
    return ledger;
  }

  Node someNode() {
    return world.chance.one(nodes);
  }

  // ---------------------------------------------------------------- messages

  void tell(ItemId item, Item.Command command) {
    world.send(command, () -> place(item).deliver(command));
  }

  void tell(UserId user, UserCommand command) {
    world.send(command, () -> place(user).deliver(command));
  }

  /** To the coordinator, wherever it runs. */
  void tell(SaleCoordinator.Request request) {
    world.send(request, () -> coordinator.deliver(request));
  }

  private Place<Item.Command> place(ItemId id) {
    return items.computeIfAbsent(
        id,
        _ ->
            new Place<>(
                world,
                journal,
                "item-" + id,
                nodes,
                null,
                (node, tenancy) ->
                    Item.create(id, node, World.ref("shard", _ -> tenancy.passivate()))));
  }

  private Place<UserCommand> place(UserId id) {
    return users.computeIfAbsent(
        id,
        _ ->
            new Place<>(
                world,
                journal,
                "user-" + id,
                nodes,
                RepeatedLeave.MESSAGE,
                (node, _) -> User.create(id, node)));
  }

  // ---------------------------------------------------------------- sales

  /** With the starter of items, which is its child. */
  private Behavior<SaleCoordinator.Command> createCoordinator(
      SaleSchedule schedule, Node node, Place.Tenancy tenancy) {
    PlainActor<ItemStarter.Command> starter =
        new PlainActor<>(
            world, "starter", ItemStarter.create(new Starting(), subscribers::add, () -> {}));
    tenancy.atEnd(starter::kill);
    return Coordinators.create(schedule, node.clock(), starter.self(), node::highestSequenceNr);
  }

  private final class Starting implements ItemStarter.Surroundings {

    @Override
    public void tell(ItemId item, Item.Command command) {
      Cluster.this.tell(item, command);
    }

    @Override
    public boolean isSold(ItemId item) {
      return false; // not all nodes know what is
    }

    @Override
    public CompletionStage<Map<String, Long>> highestSequenceNrs(Collection<PersistenceId> items) {
      CompletableFuture<Map<String, Long>> heads = new CompletableFuture<>();
      journal.heads(
          items.stream().map(PersistenceId::id).toList(),
          read -> {
            if (read == null) {
              heads.completeExceptionally(new IOException("The connection was lost"));
            } else {
              heads.complete(read);
            }
          });
      return heads;
    }
  }

  // ---------------------------------------------------------------- orders

  private PlainActor<OrderWatch.Message> startWatch() {
    return new PlainActor<>(world, "watch", OrderWatch.create(new Watching()));
  }

  private final class Watching implements OrderWatch.Surroundings {

    @Override
    public CompletionStage<Map<UserId, Long>> pending(boolean far) {
      CompletableFuture<Map<UserId, Long>> pending = new CompletableFuture<>();
      journal.query(
          ledger::withPendingOrders,
          read -> {
            if (read == null) {
              pending.completeExceptionally(new IOException("The connection was lost"));
            } else {
              pending.complete(read);
            }
          });
      return pending;
    }

    @Override
    public void tell(UserId user, UserCommand command) {
      Cluster.this.tell(user, command);
    }
  }

  /** As the keeper of the node's board does. */
  private void askForSales(Node node) {
    ActorRef<SaleCoordinator.Sales> board =
        World.ref(
            "board",
            sales -> {
              ledger.plan().saidToBeOpen(sales);
              world.send(sales, () -> node.hear(sales));
            });
    SaleCoordinator.GetSales question = new SaleCoordinator.GetSales(board);
    world.send(question, () -> coordinator.deliver(question));
    world.timeline.after(SECOND / 2, () -> askForSales(node));
  }

  // ---------------------------------------------------------------- trouble

  private void scheduleTrouble() {
    world.timeline.after(
        world.chance.between(0, 2 * world.faults.pause),
        () -> {
          if (!world.faults.areOver()) {
            trouble();
            scheduleTrouble();
          }
        });
  }

  private void trouble() {
    switch (world.chance.below(10)) {
      case 0 -> crash(someNode());
      case 1, 2 -> someUser().crash();
      case 3 -> {
        someItem().crash(); // stands for a node with nothing else on it
        nodesChanged();
      }
      case 4, 5 -> part(someUser());
      case 6 -> part(someItem());
      case 7 -> {
        if (!users.isEmpty()) { // a coordinator does not leave because it is idle
          someUser().passivate();
        }
      }
      case 8 -> someNode().setClock();
      default -> {
        if (world.chance.once(0.5)) {
          part(coordinator);
        } else {
          coordinator.crash();
          world.timeline.after(world.chance.between(0, 3 * SECOND), coordinator::ensureStarted);
        }
      }
    }
  }

  /** All nodes are there again. */
  void unite() {
    items.values().forEach(Place::heal);
    users.values().forEach(Place::heal);
    coordinator.heal();
    nodesChanged();
  }

  /** After the last fault, and when the last late write has come: nothing else will happen. */
  void settle() {
    coordinator.ensureStarted();
    nodesChanged();
  }

  private void crash(Node node) {
    items.values().forEach(item -> item.crashOn(node));
    users.values().forEach(user -> user.crashOn(node));
    coordinator.crashOn(node);
    watch.kill();
    watch = startWatch();
    nodesChanged();
    world.timeline.after(world.chance.between(0, 3 * SECOND), coordinator::ensureStarted);
  }

  /** Noticed after a while. */
  private void nodesChanged() {
    world.timeline.after(
        world.chance.between(0, 2 * SECOND),
        () -> subscribers.forEach(subscriber -> subscriber.tell(CHANGE)));
  }

  private void part(Place<?> place) {
    place.duplicate();
    world.timeline.after(world.chance.between(0, 5 * SECOND), place::heal);
  }

  private Place<?> someItem() {
    return items.isEmpty() ? coordinator : world.chance.one(List.copyOf(items.values()));
  }

  private Place<?> someUser() {
    return users.isEmpty() ? coordinator : world.chance.one(List.copyOf(users.values()));
  }
}
