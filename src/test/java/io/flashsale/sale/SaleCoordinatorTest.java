package io.flashsale.sale;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.javadsl.Behaviors;
import akka.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import io.flashsale.TestClock;
import io.flashsale.TestNode;
import io.flashsale.sale.SaleCoordinator.Command;
import io.flashsale.sale.SaleEvent.SaleAnnounced;
import io.flashsale.sale.SaleEvent.SaleClosed;
import io.flashsale.sale.SaleEvent.SaleOpened;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SaleCoordinatorTest {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration AHEAD = Duration.ofSeconds(30);
  private static final Duration TTL = Duration.ofSeconds(60);
  private static final int ITEMS = 10_000;
  private static final SaleSchedule HOURLY = new SaleSchedule(HOUR, AHEAD, ITEMS, 10, TTL);

  /** It looks at the clock at least so often: a jump of the timers would also end the writes. */
  private static final Duration TICK = Duration.ofSeconds(1);

  private static final Instant END = NOON.plus(HOUR);

  private final TestNode node = new TestNode();
  private final TestClock clock = new TestClock(NOON);
  private final TestProbe<ItemStarter.Command> starter = node.probe();

  @AfterEach
  void stop() {
    node.close();
  }

  @Test
  void opensTheFirstSaleAtOnce() {
    clock.set(NOON.plusSeconds(1234));
    var kit = start();

    expectKept();
    expectKept(new Sale(1, NOON, NOON.plusSeconds(1234), END, ITEMS, 10, TTL));
    assertThat(sales(kit))
        .isEqualTo(
            new SaleCoordinator.Sales(
                new Sale(1, NOON, NOON.plusSeconds(1234), END, ITEMS, 10, TTL), null, List.of()));
  }

  @Test
  void announcesTheNextSaleAndStartsItsItemsBeforeItOpens() {
    var kit = opened();

    pass(kit, HOUR.minus(AHEAD).minusMillis(1));
    assertThat(sales(kit).announced()).isNull();
    pass(kit, Duration.ofMillis(1));

    expectKept(sale(1, NOON), sale(2, END));
    assertThat(sales(kit))
        .isEqualTo(new SaleCoordinator.Sales(sale(1, NOON), sale(2, END), List.of()));
  }

  @Test
  void opensTheAnnouncedSaleOnTheSlot() {
    var kit = opened();
    pass(kit, HOUR.minus(AHEAD));
    pass(kit, AHEAD.minusMillis(1));
    assertThat(sales(kit).open()).isEqualTo(sale(1, NOON));

    pass(kit, Duration.ofMillis(1));

    assertThat(sales(kit))
        .isEqualTo(new SaleCoordinator.Sales(sale(2, END), null, List.of(sale(1, NOON))));
    assertThat(events())
        .containsExactly(
            new SaleOpened(sale(1, NOON)),
            new SaleAnnounced(sale(2, END)),
            new SaleClosed(1),
            new SaleOpened(sale(2, END)));
  }

  @Test
  void closesAndOpensInOneWrite() {
    var kit = opened();
    pass(kit, HOUR.minus(AHEAD));
    TestNode.Gate gate = node.holdNextWrite(SaleCoordinator.PERSISTENCE_ID);
    clock.advance(AHEAD);
    node.pass(TICK);
    gate.awaitWrite();
    gate.open();
    kit.getState();

    assertThat(gate.events()).containsExactly(new SaleClosed(1), new SaleOpened(sale(2, END)));
  }

  @Test
  void aRestartAtTheVerySecondGivesNoSecondSale() {
    var kit = opened();
    pass(kit, HOUR.minus(AHEAD));
    pass(kit, AHEAD);
    List<Object> written = events();

    kit.restart();
    settle(kit);

    assertThat(events()).isEqualTo(written).hasSize(4);
  }

  @Test
  void aRestartInsteadOfTheOpeningOpensTheSaleThatWasAnnounced() {
    var kit = opened();
    pass(kit, HOUR.minus(AHEAD));
    clock.set(END.plusSeconds(3));

    kit.restart();
    settle(kit);

    assertThat(sales(kit).open()).isEqualTo(sale(2, END));
  }

  @Test
  void aSecondCoordinatorWhoseWriteConflictsTakesOverWhatTheFirstHasWritten() {
    node.failNextWrite(SaleCoordinator.PERSISTENCE_ID); // because of:
    node.write(SaleCoordinator.PERSISTENCE_ID, new SaleOpened(sale(1, NOON)));
    clock.set(NOON.plusSeconds(5));
    var coordinator =
        node.spawn(SaleCoordinator.create(HOURLY, clock, starter.getRef(), node::head));
    TestProbe<SaleCoordinator.Sales> asker = node.probe();

    coordinator.tell(new SaleCoordinator.GetSales(asker.getRef()));

    assertThat(asker.receiveMessage().open()).isEqualTo(sale(1, NOON));
    assertThat(events()).hasSize(1);
  }

  @Test
  void itemsOfOpenClosedAndAnnouncedSalesAreStartedAfterARecovery() {
    var kit = opened();
    pass(kit, HOUR.minus(AHEAD));
    pass(kit, AHEAD);
    pass(kit, HOUR.minus(AHEAD));
    expectKept(sale(1, NOON), sale(2, END));
    expectKept(sale(2, END), sale(1, NOON)); // its holds may live
    expectKept(sale(2, END), sale(3, END.plus(HOUR))); // now they cannot

    kit.restart();

    expectKept(sale(2, END), sale(3, END.plus(HOUR)), sale(1, NOON)); // or could they?
  }

  @Test
  void anOutageSkipsSlotsAndKeepsTheSaleWhoseHoldsNobodyHasEnded() {
    var kit = opened();
    clock.set(NOON.plus(HOUR.multipliedBy(9)));

    kit.restart();
    settle(kit);

    assertThat(sales(kit))
        .isEqualTo(
            new SaleCoordinator.Sales(
                sale(2, NOON.plus(HOUR.multipliedBy(9))), null, List.of(sale(1, NOON))));
  }

  @Test
  void theItemStarterGoesOnWhenAWriteOfTheCoordinatorHasFailed() {
    node.failNextWrite(SaleCoordinator.PERSISTENCE_ID);
    node.spawn(
        Behaviors.<SaleCoordinator.Command>setup(
            context ->
                SaleCoordinator.create(
                    HOURLY,
                    clock,
                    context.spawn(
                        Behaviors.<ItemStarter.Command>receiveMessage(
                            message -> {
                              starter.getRef().tell(message);
                              return Behaviors.same();
                            }),
                        "item-starter"),
                    node::head)));
    expectKept();

    node.passUntil(() -> events().size() == 1);

    expectKept(); // after the recovery
    expectKept(sale(1, NOON));
  }

  /** Timers run by another clock than the one that is set. */
  @Test
  void aClockThatIsSetForwardIsSeenWithinASecond() {
    var kit = opened();
    clock.set(END);

    node.pass(TICK);
    settle(kit);

    assertThat(sales(kit).open()).isEqualTo(sale(2, END));
  }

  @Test
  void aClockThatIsSetBackOpensNothing() {
    var kit = opened();
    clock.set(NOON.minus(HOUR.multipliedBy(3)));

    for (int i = 0; i < 5; i++) {
      pass(kit, Duration.ofSeconds(1));
    }

    assertThat(events()).hasSize(1);
  }

  private EventSourcedBehaviorTestKit<Command, SaleEvent, SaleState> start() {
    return node.tested(SaleCoordinator.create(HOURLY, clock, starter.getRef(), node::head));
  }

  private EventSourcedBehaviorTestKit<Command, SaleEvent, SaleState> opened() {
    var kit = start();
    expectKept();
    expectKept(sale(1, NOON));
    settle(kit);
    return kit;
  }

  private void expectKept(Sale... sales) {
    starter.expectMessage(new ItemStarter.Keep(List.of(sales)));
  }

  private void pass(
      EventSourcedBehaviorTestKit<Command, SaleEvent, SaleState> kit, Duration duration) {
    clock.advance(duration);
    node.pass(duration.compareTo(TICK) < 0 ? duration : TICK);
    settle(kit);
  }

  /** It tells itself that something may be due, up to twice in a row. */
  private static void settle(EventSourcedBehaviorTestKit<Command, SaleEvent, SaleState> kit) {
    for (int i = 0; i < 4; i++) {
      kit.getState();
    }
  }

  private static SaleCoordinator.Sales sales(
      EventSourcedBehaviorTestKit<Command, SaleEvent, SaleState> kit) {
    return kit.<SaleCoordinator.Sales>runCommand(SaleCoordinator.GetSales::new).reply();
  }

  private List<Object> events() {
    return node.events(SaleCoordinator.PERSISTENCE_ID);
  }

  private static Sale sale(long id, Instant slot) {
    return new Sale(id, slot, slot, slot.plus(HOUR), ITEMS, 10, TTL);
  }
}
