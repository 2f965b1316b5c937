package io.flashsale;

import akka.actor.ActorSystem;
import akka.actor.Address;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.receptionist.Receptionist;
import akka.actor.typed.receptionist.ServiceKey;
import akka.cluster.sharding.ShardCoordinator;
import akka.cluster.sharding.ShardCoordinator.ShardAllocationStrategy;
import akka.cluster.sharding.typed.ClusterShardingSettings;
import java.util.HashSet;
import java.util.Set;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Map;
import scala.collection.immutable.Map$;
import scala.concurrent.Future;

/**
 * Which nodes of the cluster take requests. Shards are placed there and nowhere else while there is
 * one: entities on a node that still warms up would answer slowly, and whoever asked would hear
 * {@code overloaded}.
 */
final class ReadyNodes {

  /** What the actor hears besides the Receptionist. */
  enum Message {
    READY
  }

  private static final ServiceKey<Object> KEY = ServiceKey.create(Object.class, "ready-nodes");

  /** Those of other nodes; without host and port if it is this one. At most one per node. */
  private volatile Set<Address> ready = Set.of();

  /** The actor that keeps it, and that tells the others once this node is ready. */
  Behavior<Object> keeper() {
    return Behaviors.setup(
        context -> {
          var receptionist = context.getSystem().receptionist();
          receptionist.tell(Receptionist.subscribe(KEY, context.getSelf().narrow()));
          return Behaviors.receive(Object.class)
              .onMessageEquals(
                  Message.READY,
                  () -> {
                    // Not the actor itself: the Receptionist cannot watch one as both.
                    ActorRef<Object> sign = context.spawn(Behaviors.ignore(), "ready");
                    receptionist.tell(Receptionist.register(KEY, sign));
                    return Behaviors.same();
                  })
              .onMessage(
                  Receptionist.Listing.class,
                  listing -> {
                    Set<Address> found = new HashSet<>();
                    // Also those that cannot be reached: whether they are gone others decide.
                    listing
                        .getAllServiceInstances(KEY)
                        .forEach(node -> found.add(node.path().address()));
                    ready = Set.copyOf(found);
                    return Behaviors.same();
                  })
              .build();
        });
  }

  /** As the one that is configured, among the nodes that are ready. */
  ShardAllocationStrategy strategy(ClusterShardingSettings settings) {
    var limits = settings.tuningParameters();
    return new ReadyFirst(
        ShardCoordinator.ShardAllocationStrategy$.MODULE$.leastShardAllocationStrategy(
            limits.leastShardAllocationAbsoluteLimit(),
            limits.leastShardAllocationRelativeLimit()));
  }

  private final class ReadyFirst
      implements ShardCoordinator.ActorSystemDependentAllocationStrategy {

    private final ShardAllocationStrategy among;

    private ReadyFirst(ShardAllocationStrategy among) {
      this.among = among;
    }

    @Override
    public void start(ActorSystem system) {
      if (among instanceof ShardCoordinator.ActorSystemDependentAllocationStrategy dependent) {
        dependent.start(system);
      }
    }

    @Override
    public Future<akka.actor.ActorRef> allocateShard(
        akka.actor.ActorRef requester,
        String shard,
        Map<akka.actor.ActorRef, IndexedSeq<String>> regions) {
      return among.allocateShard(requester, shard, ofReady(regions));
    }

    @Override
    public Future<scala.collection.immutable.Set<String>> rebalance(
        Map<akka.actor.ActorRef, IndexedSeq<String>> regions,
        scala.collection.immutable.Set<String> inProgress) {
      return among.rebalance(ofReady(regions), inProgress);
    }

    private Map<akka.actor.ActorRef, IndexedSeq<String>> ofReady(
        Map<akka.actor.ActorRef, IndexedSeq<String>> regions) {
      Set<Address> now = ready;
      Map<akka.actor.ActorRef, IndexedSeq<String>> found =
          Map$.MODULE$.from(
              regions.iterator().filter(region -> now.contains(region._1.path().address())));
      return found.isEmpty() ? regions : found;
    }
  }
}
