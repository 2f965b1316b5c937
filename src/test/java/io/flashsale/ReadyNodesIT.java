package io.flashsale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.actor.typed.javadsl.Behaviors;
import akka.cluster.MemberStatus;
import akka.cluster.sharding.ShardRegion.CurrentShardRegionState;
import akka.cluster.sharding.typed.ClusterShardingSettings;
import akka.cluster.sharding.typed.GetShardRegionState;
import akka.cluster.sharding.typed.javadsl.ClusterSharding;
import akka.cluster.sharding.typed.javadsl.Entity;
import akka.cluster.sharding.typed.javadsl.EntityTypeKey;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.Join;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two nodes of one cluster, with the program's own configuration. */
class ReadyNodesIT {

  private static final EntityTypeKey<String> TYPE = EntityTypeKey.create(String.class, "Thing");
  private static final Duration SOON = Duration.ofSeconds(20);

  /** Time for three rounds of rebalancing. */
  private static final Duration ROUNDS = Duration.ofSeconds(3);

  private final List<Node> nodes = new ArrayList<>();

  private static final class Node {
    private final ActorTestKit kit =
        ActorTestKit.create(
            "ready-it",
            ConfigFactory.parseString(
                    "akka { remote.artery.canonical.port = 0, cluster.roles = [entities] }")
                .withFallback(ConfigFactory.load()));
    private final ClusterSharding sharding = ClusterSharding.get(kit.system());
    private final ClusterShardingSettings settings = ClusterShardingSettings.create(kit.system());
    private final ReadyNodes ready = new ReadyNodes();
    private final ActorRef<Object> keeper = kit.spawn(ready.keeper());
    private final Cluster cluster = Cluster.get(kit.system());

    private void own() {
      sharding.init(
          Entity.of(TYPE, _ -> Behaviors.<String>receiveMessage(_ -> Behaviors.same()))
              .withSettings(settings)
              .withAllocationStrategy(ready.strategy(settings)));
    }

    private void isReady() {
      keeper.tell(ReadyNodes.Message.READY);
    }

    private int shards() {
      TestProbe<CurrentShardRegionState> probe = kit.createTestProbe();
      sharding.shardState().tell(new GetShardRegionState(TYPE, probe.ref()));
      return probe.receiveMessage(SOON).getShards().size();
    }

    /**
     * An entity in each shard: names that end with one letter after the other have hashes so, too.
     */
    private void placeAll() {
      for (int i = 0; i < settings.numberOfShards(); i++) {
        sharding.entityRefFor(TYPE, "thing-" + (char) ('A' + i)).tell("wake");
      }
    }
  }

  @AfterEach
  void stop() {
    nodes.reversed().forEach(node -> node.kit.shutdownTestKit());
  }

  @Test
  void shardsArePlacedOnNodesThatAreReadyAndMoveToOthersOnceTheyAre() {
    Node first = joined();
    first.isReady();
    Node warming = joined();
    first.placeAll();
    int all = first.settings.numberOfShards();

    await().atMost(SOON).until(() -> first.shards() == all);
    await().during(ROUNDS).atMost(SOON).until(() -> warming.shards() == 0);

    warming.isReady();
    await().atMost(SOON).until(() -> warming.shards() > 2);
  }

  @Test
  void whileNoNodeIsReadyAllAreUsed() {
    Node first = joined();
    Node other = joined();

    first.placeAll();

    int all = first.settings.numberOfShards();
    await().atMost(SOON).until(() -> first.shards() + other.shards() == all);
    assertThat(List.of(first.shards(), other.shards())).allMatch(shards -> shards > all / 4);
  }

  private Node joined() {
    Node node = new Node();
    nodes.add(node);
    node.cluster.manager().tell(Join.create(nodes.getFirst().cluster.selfMember().address()));
    await().atMost(SOON).until(() -> node.cluster.selfMember().status().equals(MemberStatus.up()));
    node.own();
    return node;
  }
}
