package io.flashsale.sale;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import akka.persistence.typed.PersistenceId;
import io.flashsale.TestClock;
import io.flashsale.TestNode;
import io.flashsale.sale.SaleCoordinator.CloseSale;
import io.flashsale.sale.SaleCoordinator.Command;
import io.flashsale.sale.SaleCoordinator.OpenSale;
import io.flashsale.sale.SaleEvent.SaleClosed;
import io.flashsale.sale.SaleEvent.SaleOpened;
import io.flashsale.sale.SaleEvent.SaleScheduled;
import io.flashsale.sale.SaleEvent.SaleShortened;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What operators ask of the coordinator. */
class SaleCoordinatorAdminTest {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Instant ONE = NOON.plusSeconds(3_600);
  private static final Duration TTL = Duration.ofSeconds(60);
  private static final SaleSchedule HOURLY =
      new SaleSchedule(Duration.ofHours(1), Duration.ofSeconds(30), 100, 10, TTL);
  private static final Sale FIRST = new Sale(1, NOON, NOON, ONE, 100, 10, TTL);

  private final TestNode node = new TestNode();
  private final TestClock clock = new TestClock(NOON);
  private final TestProbe<ItemStarter.Command> starter = node.probe();
  private final EventSourcedBehaviorTestKit<Command, SaleEvent, SaleState> kit =
      node.tested(SaleCoordinator.create(HOURLY, clock, starter.getRef(), this::head));

  private volatile boolean readable = true;

  @AfterEach
  void stop() {
    node.close();
  }

  @Test
  void closesTheOpenSaleWithNotice() {
    settle();
    clock.advance(Duration.ofMinutes(20));
    Instant end = clock.instant().plus(SaleSchedule.NOTICE);

    SaleDecision decision = close(1);

    assertThat(decision).isEqualTo(new SaleDecision.Closing(FIRST.endingAt(end)));
    assertThat(events()).containsExactly(new SaleOpened(FIRST), new SaleShortened(1, end, null));
    assertThat(close(1)).isEqualTo(decision); // once more does nothing
    assertThat(events()).hasSize(2);
    passTo(end);
    assertThat(events()).endsWith(new SaleClosed(1)).hasSize(3);
    assertThat(close(1)).isInstanceOf(SaleDecision.Refused.class);
    assertThat(sales())
        .isEqualTo(new SaleCoordinator.Sales(null, null, List.of(FIRST.endingAt(end))));
  }

  @Test
  void closesNothingElse() {
    settle();
    assertThat(reason(close(2))).isEqualTo(SaleDecision.Reason.UNKNOWN);
    assertThat(reason(close(0))).isEqualTo(SaleDecision.Reason.UNKNOWN);
    assertThat(events()).hasSize(1);
  }

  @Test
  void opensAnExtraSaleAtOnceAndWritesItOnce() {
    settle();
    close(1);
    passTo(NOON.plus(SaleSchedule.NOTICE));

    SaleDecision decision = open(null);

    Instant now = clock.instant();
    Sale second = new Sale(2, now, now, ONE, 7, 10, TTL);
    assertThat(decision).isEqualTo(new SaleDecision.Planned(second, SaleDecision.Status.OPEN));
    assertThat(events()).contains(new SaleOpened(second)).hasSize(5);
    assertThat(sales().open()).isEqualTo(second);
    kit.restart();
    assertThat(sales().open()).isEqualTo(second);
  }

  @Test
  void keepsAScheduledSaleOverARestart() {
    settle();
    Instant start = ONE.plusSeconds(600);

    SaleDecision decision = open(start);

    ExtraSale extra = new ExtraSale(start, ONE.plusSeconds(3_600), 7, ONE.plusSeconds(3_600));
    assertThat(decision).isEqualTo(new SaleDecision.Scheduled(extra));
    assertThat(open(start)).isEqualTo(decision); // asked again, done once
    assertThat(events()).containsExactly(new SaleOpened(FIRST), new SaleScheduled(extra, null));
    kit.restart();
    assertThat(kit.<SaleCoordinator.Plans>runCommand(SaleCoordinator.GetPlans::new).reply())
        .isEqualTo(new SaleCoordinator.Plans(null, List.of(extra)));
    passTo(ONE);
    assertThat(sales().open())
        .isEqualTo(new Sale(2, ONE, ONE, start, 100, 10, TTL)); // ends where the extra one begins
    passTo(start);
    assertThat(sales().open())
        .isEqualTo(new Sale(3, start, start, ONE.plusSeconds(3_600), 7, 10, TTL));
  }

  @Test
  void opensNoneWhileOneIsOpen() {
    settle();

    assertThat(reason(open(null))).isEqualTo(SaleDecision.Reason.OVERLAPS);
    assertThat(events()).hasSize(1);
  }

  /** Asked again after an answer was lost, be it by another coordinator, and long after. */
  @Test
  void doesOnceWhatIsAskedAgainWithItsKey() {
    settle();
    Asked closing = new Asked(new UUID(0, 1), new UUID(1, 1));
    SaleDecision closed = close(1, closing);
    passTo(NOON.plus(SaleSchedule.NOTICE));
    Asked opening = new Asked(new UUID(0, 2), new UUID(1, 2));
    SaleDecision opened = open(null, opening);
    int written = events().size();

    kit.restart();
    settle();

    assertThat(close(1, closing)).isEqualTo(closed).isInstanceOf(SaleDecision.Closing.class);
    assertThat(open(null, opening)).isEqualTo(opened).isInstanceOf(SaleDecision.Planned.class);
    close(2, null);
    passTo(clock.instant().plus(SaleSchedule.NOTICE));
    assertThat(((SaleDecision.Planned) open(null, opening)).status())
        .isEqualTo(SaleDecision.Status.ENDED);
    assertThat(events()).hasSize(written + 2);
    assertThat(reason(close(3, new Asked(opening.key(), closing.what()))))
        .isEqualTo(SaleDecision.Reason.KEY_REUSED);
  }

  /** Its time is over, and it does not know: the next one may have done what is asked again. */
  @Test
  void refusesNothingWhenTheJournalHasMoreThanItKnows() {
    settle();
    Asked closing = new Asked(new UUID(0, 1), new UUID(1, 1));
    Instant end = NOON.plusSeconds(60);
    node.write(SaleCoordinator.PERSISTENCE_ID, new SaleShortened(1, end, closing));

    assertThat(decision(replyTo -> new OpenSale(null, null, 7, null, replyTo)))
        .isEqualTo(new SaleDecision.OutcomeUnknown());

    node.pass(Duration.ofSeconds(1)); // it recovers
    assertThat(close(1, closing)).isEqualTo(new SaleDecision.Closing(FIRST.endingAt(end)));
  }

  @Test
  void refusesNothingWhenTheJournalCannotBeRead() {
    settle();
    readable = false;

    assertThat(open(null)).isEqualTo(new SaleDecision.OutcomeUnknown());
    readable = true;
    assertThat(reason(open(null))).isEqualTo(SaleDecision.Reason.OVERLAPS);
  }

  private CompletionStage<Long> head(PersistenceId id) {
    return readable
        ? node.head(id)
        : CompletableFuture.failedFuture(new IOException("The connection was lost"));
  }

  private SaleDecision close(long id) {
    return close(id, null);
  }

  private SaleDecision close(long id, @Nullable Asked asked) {
    return decision(replyTo -> new CloseSale(id, asked, replyTo));
  }

  /** What is refused is compared with the journal first. */
  private SaleDecision decision(Function<ActorRef<SaleDecision>, Command> command) {
    TestProbe<SaleDecision> operator = node.probe();
    kit.runCommand(command.apply(operator.getRef()));
    return operator.receiveMessage();
  }

  private SaleDecision open(@Nullable Instant start) {
    return open(start, null);
  }

  private SaleDecision open(@Nullable Instant start, @Nullable Asked asked) {
    SaleDecision decision = decision(replyTo -> new OpenSale(start, null, 7, asked, replyTo));
    settle();
    return decision;
  }

  private static SaleDecision.Reason reason(SaleDecision decision) {
    return ((SaleDecision.Refused) decision).reason();
  }

  private SaleCoordinator.Sales sales() {
    return kit.<SaleCoordinator.Sales>runCommand(SaleCoordinator.GetSales::new).reply();
  }

  /** It looks at the clock at least every second. */
  private void passTo(Instant time) {
    clock.set(
        time.minus(Duration.ofSeconds(30)).isAfter(clock.instant()) ? time.minusSeconds(30) : time);
    node.pass(Duration.ofSeconds(1));
    settle();
    clock.set(time);
    node.pass(Duration.ofSeconds(1));
    settle();
  }

  /** It tells itself that something may be due, up to twice in a row. */
  private void settle() {
    for (int i = 0; i < 4; i++) {
      kit.getState();
    }
  }

  private List<Object> events() {
    return node.events(SaleCoordinator.PERSISTENCE_ID);
  }
}
