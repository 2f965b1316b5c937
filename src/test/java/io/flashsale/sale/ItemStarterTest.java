package io.flashsale.sale;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.Address;
import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.cluster.ClusterEvent;
import akka.cluster.Member;
import akka.cluster.MemberStatus;
import akka.cluster.UniqueAddress;
import akka.persistence.typed.PersistenceId;
import akka.util.Version;
import io.flashsale.TestNode;
import io.flashsale.item.Item;
import io.flashsale.item.ItemId;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import scala.jdk.javaapi.CollectionConverters;

class ItemStarterTest {

  private static final TestNode NODE = new TestNode();

  private record Woken(ItemId item, Item.Wake wake) {}

  private final TestProbe<Woken> items = NODE.probe();
  private final AtomicInteger rounds = new AtomicInteger();
  private final List<ActorRef<ClusterEvent.MemberEvent>> nodes = new CopyOnWriteArrayList<>();
  private final Map<String, Long> journal = new ConcurrentHashMap<>();
  private final Set<ItemId> sold = ConcurrentHashMap.newKeySet();
  private volatile boolean journalIsAway;
  private final ActorRef<ItemStarter.Command> starter =
      NODE.spawn(ItemStarter.create(new Around(), nodes::add, rounds::incrementAndGet));

  private final class Around implements ItemStarter.Surroundings {
    @Override
    public void tell(ItemId item, Item.Command command) {
      items.getRef().tell(woken(item, command));
    }

    @Override
    public boolean isSold(ItemId item) {
      return sold.contains(item);
    }

    @Override
    public CompletionStage<Map<String, Long>> highestSequenceNrs(Collection<PersistenceId> wanted) {
      Map<String, Long> heads = new HashMap<>(journal);
      heads.keySet().retainAll(wanted.stream().map(PersistenceId::id).toList());
      return journalIsAway
          ? CompletableFuture.failedFuture(new IOException("The connection was lost"))
          : CompletableFuture.completedFuture(heads);
    }
  }

  @AfterAll
  static void stop() {
    NODE.close();
  }

  @Test
  void startsAllItemsInBatchesOfWhichOneIsUnderWay() {
    keep(sale(1, 250));

    List<Woken> first = batch(1, 0, 100);
    expectNoMore();
    answer(first.subList(0, 99));
    expectNoMore();
    assertThat(rounds).hasValue(0);
    answer(first.subList(99, 100));
    answer(batch(1, 100, 200));
    answer(batch(1, 200, 250));
    expectNoMore();
    assertThat(rounds).hasValue(1);
  }

  @Test
  void goesOnWithoutThoseThatDoNotAnswer() {
    keep(sale(1, 150));
    answer(batch(1, 0, 100).subList(0, 98));

    NODE.pass(ItemStarter.PATIENCE);

    batch(1, 100, 150);
  }

  @Test
  void beginsAnewAfterAPause() {
    keep(sale(1, 20));
    answer(batch(1, 0, 20));
    expectNoMore();

    NODE.pass(ItemStarter.PAUSE);

    answer(batch(1, 0, 20));
    NODE.pass(ItemStarter.PAUSE);
    batch(1, 0, 20);
  }

  @Test
  void beginsAnewAtOnceWhenNodesComeOrGo() {
    keep(sale(1, 20));
    answer(batch(1, 0, 20));

    nodesChange();

    batch(1, 0, 20);
  }

  @Test
  void aChangeDuringARoundIsFollowedByAnother() {
    keep(sale(1, 150));
    List<Woken> first = batch(1, 0, 100);
    nodesChange();
    expectNoMore();

    answer(first);
    batch(1, 100, 150);
    batch(1, 0, 100);
  }

  @Test
  void keepsWhatItIsToldLast() {
    keep(sale(2, 5), sale(3, 5), sale(1, 3));
    assertThat(items.receiveSeveralMessages(13))
        .extracting(Woken::item)
        .startsWith(new ItemId(2, 0))
        .contains(new ItemId(3, 4))
        .endsWith(new ItemId(1, 2));

    keep(sale(3, 4));
    batch(3, 0, 4);
    NODE.pass(ItemStarter.PAUSE);

    batch(3, 0, 4);
    expectNoMore();
  }

  @Test
  void saysWithEachCallHowFarTheJournalGoes() {
    journal.put("Item|1-3", 7L);

    keep(sale(1, 5));

    assertThat(batch(1, 0, 5))
        .extracting(woken -> woken.wake().highest())
        .containsExactly(0L, 0L, 0L, 7L, 0L);
  }

  @Test
  void looksIntoNoJournalThatHasComeToItsEnd() {
    journal.put("Item|1-3", 7L);
    journal.put("Item|1-4", 3L);
    sold.add(new ItemId(1, 4));

    keep(sale(1, 5));

    assertThat(batch(1, 0, 5))
        .extracting(woken -> woken.wake().highest())
        .containsExactly(0L, 0L, 0L, 7L, 0L);
  }

  @Test
  void callsThemAlsoWhileTheJournalCannotBeRead() {
    journal.put("Item|1-3", 7L);
    journalIsAway = true;

    keep(sale(1, 5));

    assertThat(batch(1, 0, 5)).extracting(woken -> woken.wake().highest()).containsOnly(0L);
  }

  private void keep(Sale... sales) {
    starter.tell(new ItemStarter.Keep(List.of(sales)));
  }

  private static Sale sale(long id, int items) {
    Instant opens = Instant.EPOCH.plus(Duration.ofHours(id));
    return new Sale(
        id, opens, opens, opens.plus(Duration.ofHours(1)), items, 10, Duration.ofSeconds(60));
  }

  private void nodesChange() {
    Member joined =
        new Member(
            UniqueAddress.apply(new Address("akka", "test", "127.0.0.1", 1), 1L),
            1,
            MemberStatus.up(),
            CollectionConverters.asScala(Set.of("dc-default")).toSet(),
            Version.Zero());
    nodes.getFirst().tell(new ClusterEvent.MemberUp(joined));
  }

  private static Woken woken(ItemId item, Item.Command command) {
    assertThat(command).isInstanceOf(Item.Wake.class);
    return new Woken(item, (Item.Wake) command);
  }

  private List<Woken> batch(long saleId, int from, int to) {
    List<Woken> batch = items.receiveSeveralMessages(to - from);
    assertThat(batch)
        .extracting(Woken::item)
        .isEqualTo(IntStream.range(from, to).mapToObj(n -> new ItemId(saleId, n)).toList());
    return batch;
  }

  private void answer(List<Woken> woken) {
    woken.forEach(
        it -> it.wake().replyTo().tell(new Item.Awake(it.item().saleId(), it.item().number())));
  }

  private void expectNoMore() {
    items.expectNoMessage(Duration.ofMillis(50));
  }
}
