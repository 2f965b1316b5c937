package io.flashsale.sale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.Behaviors;
import akka.cluster.MemberStatus;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.Join;
import com.typesafe.config.ConfigFactory;
import io.flashsale.item.ItemId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nodes of one cluster, with the program's own configuration, tell each other what is sold. */
class SoldItemsReplicatorIT {

  private static final int ITEMS = 10_000;
  private static final Duration SOON = Duration.ofSeconds(20);

  private final List<Node> nodes = new ArrayList<>();

  private static final class Node {
    private final SoldItems sold = new SoldItems();
    private final ActorTestKit kit =
        ActorTestKit.create(
            "sold-it",
            ConfigFactory.parseString("akka.remote.artery.canonical.port = 0")
                .withFallback(ConfigFactory.load()));
    private final Cluster cluster = Cluster.get(kit.system());

    private void replicate() {
      kit.spawn(replicator(sold));
    }

    private void add(int item) {
      sold.add(new ItemId(1, item));
    }

    private boolean refuses(int item) {
      return sold.contains(new ItemId(1, item));
    }
  }

  /** As the program has it. */
  private static Behavior<SoldItemsReplicator.Message> replicator(SoldItems sold) {
    return Behaviors.supervise(SoldItemsReplicator.create(sold))
        .onFailure(SupervisorStrategy.restart());
  }

  @AfterEach
  void stop() {
    nodes.reversed().forEach(node -> node.kit.shutdownTestKit());
  }

  @Test
  void whatIsSoldOnOneNodeIsRefusedByTheOther() {
    Node one = joined();
    Node other = joined();

    one.add(7);
    other.add(9_999);

    await().atMost(SOON).until(() -> other.refuses(7) && one.refuses(9_999));
    assertThat(soldOn(one)).containsExactly(7, 9_999);
    assertThat(soldOn(other)).containsExactly(7, 9_999);
  }

  @Test
  void aNodeThatJoinsLateLearnsWhatWasSoldBefore() {
    Node one = joined();
    IntStream.range(0, 5_000).forEach(one::add);
    one.sold.add(new ItemId(2, 3));
    await().atMost(SOON).until(() -> one.sold.takeUnsent(1) == null);

    Node late = joined();

    await().atMost(SOON).until(() -> soldOn(late).size() == 5_000);
    await().atMost(SOON).until(() -> late.sold.contains(new ItemId(2, 3)));
    assertThat(soldOn(late)).isEqualTo(soldOn(one));
  }

  /** Items that recover may tell before the actor is there. */
  @Test
  void whatWasSoldBeforeTheReplicatorStartedIsToldToo() {
    Node other = joined();
    Node one = node();
    one.add(7);
    join(one);

    await().atMost(SOON).until(() -> other.refuses(7));
  }

  /** Both sell at the same time, and neither ever says "sold" of what nobody has sold. */
  @Test
  void nodesThatSellAtOnceEndWithTheSameAndNeverSayTooMuch() {
    Node one = joined();
    Node other = joined();
    for (int item = 0; item < ITEMS; item += 4) {
      one.add(item);
      other.add(item + 1);
      if (item % 100 == 0) {
        assertThat(one.refuses(item + 2) || other.refuses(item + 2)).isFalse();
      }
    }

    await()
        .atMost(SOON)
        .until(
            () -> {
              List<Integer> first = soldOn(one);
              List<Integer> second = soldOn(other);
              assertThat(first).allMatch(item -> item % 4 < 2);
              assertThat(second).allMatch(item -> item % 4 < 2);
              return first.size() == ITEMS / 2 && second.size() == ITEMS / 2;
            });
    assertThat(one.sold.all(sale(ITEMS / 2))).isTrue();
    assertThat(other.sold.all(sale(ITEMS / 2))).isTrue();
  }

  /** All slots are full, of sales as large as can be: more than a frame in all. */
  @Test
  void theLargestSalesAreLearntOf() {
    Node one = node();
    for (long saleId = 1; saleId <= SoldItems.SLOTS; saleId++) {
      for (int item = 0; item < Sale.MOST_ITEMS; item += 2) {
        one.sold.add(new ItemId(saleId, item));
      }
    }
    join(one);
    Node late = joined();

    for (long saleId = 1; saleId <= SoldItems.SLOTS; saleId++) {
      Sale half = new Sale(saleId, NOON, NOON, LATER, Sale.MOST_ITEMS / 2, 1, SOON);
      await().atMost(SOON).until(() -> late.sold.all(half));
    }
  }

  @Test
  void aLaterSaleTakesTheSlotOnEveryNode() {
    Node one = joined();
    Node other = joined();
    one.add(7);
    await().atMost(SOON).until(() -> other.refuses(7));

    one.sold.add(new ItemId(5, 8));

    await().atMost(SOON).until(() -> other.sold.contains(new ItemId(5, 8)));
    assertThat(other.refuses(7)).isFalse();
    assertThat(other.sold.contains(new ItemId(5, 7))).isFalse();
  }

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Instant LATER = NOON.plusSeconds(3_600);

  private static Sale sale(int items) {
    return new Sale(1, NOON, NOON, LATER, items, 10, SOON);
  }

  private static List<Integer> soldOn(Node node) {
    return IntStream.range(0, ITEMS).filter(node::refuses).boxed().toList();
  }

  private Node joined() {
    Node node = node();
    join(node);
    return node;
  }

  private Node node() {
    Node node = new Node();
    nodes.add(node);
    return node;
  }

  /** Waits until it is up, and the others know. */
  private void join(Node node) {
    node.replicate();
    node.cluster.manager().tell(Join.create(nodes.getFirst().cluster.selfMember().address()));
    await().atMost(SOON).until(() -> node.cluster.selfMember().status().equals(MemberStatus.up()));
  }
}
