package io.flashsale.sale;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import io.flashsale.TestNode;
import io.flashsale.item.Item;
import io.flashsale.item.ItemId;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class ItemStarterTest {

  private static final TestNode NODE = new TestNode();

  private record Woken(ItemId item, Item.Wake wake) {}

  private final TestProbe<Woken> items = NODE.probe();
  private final ActorRef<ItemStarter.Command> starter =
      NODE.spawn(ItemStarter.create((item, command) -> items.getRef().tell(woken(item, command))));

  @AfterAll
  static void stop() {
    NODE.close();
  }

  @Test
  void startsAllItemsInBatchesOfWhichOneIsUnderWay() {
    starter.tell(new ItemStarter.Start(1, 250));

    List<Woken> first = batch(1, 0, 100);
    expectNoMore();
    answer(first.subList(0, 99));
    expectNoMore();
    answer(first.subList(99, 100));
    answer(batch(1, 100, 200));
    answer(batch(1, 200, 250));
    expectNoMore();
    NODE.pass(Duration.ofSeconds(10));
    expectNoMore();
  }

  @Test
  void asksAgainThoseThatHaveNotAnswered() {
    starter.tell(new ItemStarter.Start(1, 100));
    List<Woken> batch = batch(1, 0, 100);
    answer(batch.subList(0, 98));

    NODE.pass(Duration.ofSeconds(1));
    batch(1, 98, 100);
    NODE.pass(Duration.ofSeconds(1));
    answer(batch(1, 98, 100));

    expectNoMore();
    NODE.pass(Duration.ofSeconds(10));
    expectNoMore();
  }

  @Test
  void startsTheNextSaleAfterTheOneBefore() {
    starter.tell(new ItemStarter.Start(1, 5));
    starter.tell(new ItemStarter.Start(2, 3));
    List<Woken> first = batch(1, 0, 5);
    expectNoMore();

    answer(first);

    answer(batch(2, 0, 3));
    expectNoMore();
  }

  @Test
  void ignoresRepeatsAndEarlierSales() {
    starter.tell(new ItemStarter.Start(2, 5));
    starter.tell(new ItemStarter.Start(2, 5));
    starter.tell(new ItemStarter.Start(1, 5));
    answer(batch(2, 0, 5));
    starter.tell(new ItemStarter.Start(2, 5));

    expectNoMore();
  }

  @Test
  void aLateAnswerOfAnotherSaleStandsForNothing() {
    starter.tell(new ItemStarter.Start(1, 2));
    List<Woken> first = batch(1, 0, 2);
    answer(first);
    starter.tell(new ItemStarter.Start(2, 2));
    List<Woken> second = batch(2, 0, 2);

    answer(first);
    NODE.pass(Duration.ofSeconds(1));

    batch(2, 0, 2);
    answer(second);
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
