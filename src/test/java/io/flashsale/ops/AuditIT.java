package io.flashsale.ops;

import static io.flashsale.ops.TestJournal.checkedOut;
import static io.flashsale.ops.TestJournal.gaveUp;
import static io.flashsale.ops.TestJournal.hour;
import static io.flashsale.ops.TestJournal.purchased;
import static io.flashsale.ops.TestJournal.refused;
import static io.flashsale.ops.TestJournal.released;
import static io.flashsale.ops.TestJournal.reserved;
import static io.flashsale.ops.TestJournal.sold;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.flashsale.ops.AuditReport.Breaches;
import io.flashsale.ops.AuditReport.SaleAudit;
import io.flashsale.sale.Sale;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sale 1 has 6 items and a limit of 3; sale 2 comes an hour later. */
class AuditIT {

  private static EmbeddedPostgres postgres;

  private Connection connection;
  private TestJournal journal;

  @BeforeAll
  static void start() throws Exception {
    postgres = EmbeddedPostgres.start();
    Flyway.configure()
        .dataSource(postgres.getPostgresDatabase())
        .locations("classpath:db/migration")
        .load()
        .migrate();
  }

  @AfterAll
  static void stop() throws Exception {
    postgres.close();
  }

  @BeforeEach
  void begin() throws SQLException {
    connection = postgres.getPostgresDatabase().getConnection();
    connection.createStatement().execute("TRUNCATE event_journal CASCADE");
    journal = new TestJournal(connection);
    journal.opened(hour(1, 6, 3));
  }

  @AfterEach
  void end() throws SQLException {
    connection.close();
  }

  @Test
  void passesACleanJournalWithItsCounts() throws Exception {
    journal.user(1, 7, checkedOut(1, 11, 0, 1), purchased(1), checkedOut(4, 15, 4));
    journal.item(1, 0, reserved(1, 11, 7), sold(1, 11, 7));
    journal.item(1, 1, reserved(1, 11, 7)); // its Confirm is on its way
    journal.user(1, -8, checkedOut(2, 12, 2), checkedOut(2, 13, 3), purchased(2));
    journal.item(1, 2, reserved(2, 12, -8), sold(2, 12, -8));
    journal.item(1, 3, reserved(2, 13, -8), sold(2, 13, -8));
    journal.user(1, 9, checkedOut(3, 14, 4), gaveUp(3));
    journal.item(1, 4, reserved(3, 14, 9), released(14), reserved(4, 15, 7));
    journal.user(1, Long.MIN_VALUE, refused(16));
    journal.item(1, 5, reserved(5, 16, Long.MIN_VALUE), released(16));
    journal.closed(1);
    journal.announced(hour(2, 4, 3));
    journal.opened(hour(2, 4, 3));
    journal.announced(hour(3, 4, 3));

    AuditReport report = all();

    assertThat(told(report)).isEmpty();
    assertThat(report.clean()).isTrue();
    assertThat(report.sales())
        .containsExactly(
            new SaleAudit(1, AuditReport.State.CLOSED, 6, 3, 2, 1, 1, 4, 2, 1, 1, Breaches.NONE),
            new SaleAudit(2, AuditReport.State.OPEN, 4, 0, 0, 4, 0, 0, 0, 0, 0, Breaches.NONE),
            new SaleAudit(
                3, AuditReport.State.ANNOUNCED, 4, 0, 0, 4, 0, 0, 0, 0, 0, Breaches.NONE));
  }

  @Test
  void findsAnItemThatIsSoldTwice() throws Exception {
    buysItem0(7);
    journal.item(1, 0, sold(1, 11, 7));

    assertThat(told(all())).containsExactly("I1 Item|1-0", "history Item|1-0");
  }

  @Test
  void findsAnItemThatIsSoldWithoutAPurchase() throws Exception {
    journal.user(1, -7, checkedOut(1, 11, 0));
    journal.item(1, 0, reserved(1, 11, -7), sold(1, 11, -7));

    assertThat(told(all())).containsExactly("I1 Item|1-0 User|1--7", "I9 User|1--7 Item|1-0");
  }

  @Test
  void findsAnItemThatIsSoldUnderAHoldThatIsNotPurchased() throws Exception {
    buysItem0(7);
    journal.item(1, 1, reserved(1, 11, 7), sold(1, 11, 7)); // item 1 is not in the purchase
    journal.item(1, 2, reserved(1, 19, 7), sold(1, 19, 7)); // hold 19 is not

    assertThat(told(all())).containsExactly("I1 Item|1-1 User|1-7", "I1 Item|1-2 User|1-7");
  }

  @Test
  void findsAnItemThatIsSoldToSomeoneElse() throws Exception {
    journal.user(1, 7, checkedOut(1, 11, 0), purchased(1));
    journal.item(1, 0, reserved(1, 11, 8), sold(1, 11, 8));

    assertThat(told(all())).containsExactly("I1 Item|1-0 User|1-8", "I2 User|1-7 Item|1-0");
  }

  @Test
  void findsAPurchasedItemThatIsReleased() throws Exception {
    journal.user(1, 7, checkedOut(1, 11, 0), purchased(1));
    journal.item(1, 0, reserved(1, 11, 7), released(11));

    assertThat(told(all())).containsExactly("I2 User|1-7 Item|1-0");
  }

  @Test
  void findsAPurchasedItemThatIsHeldByAnother() throws Exception {
    journal.user(1, 7, checkedOut(1, 11, 0), purchased(1));
    journal.item(1, 0, reserved(1, 11, 7), released(11), reserved(2, 12, 8));

    assertThat(told(all())).containsExactly("I2 User|1-7 Item|1-0");
    assertThat(all().sales().getFirst().settling()).isZero();
  }

  @Test
  void findsAPurchasedItemThatNobodyEverHeld() throws Exception {
    journal.user(1, 7, checkedOut(1, 11, 0), purchased(1));

    assertThat(told(all())).containsExactly("I2 User|1-7");
  }

  @Test
  void findsAnItemThatTwoUsersPurchased() throws Exception {
    buysItem0(7);
    journal.user(1, 8, checkedOut(2, 12, 0), purchased(2));

    assertThat(told(all())).containsExactly("I1 User|1-7 User|1-8", "I2 User|1-8 Item|1-0");
  }

  @Test
  void findsTheLimitPassedInTheMiddleOfAStream() throws Exception {
    journal.user(1, 7, checkedOut(1, 11, 0, 1), checkedOut(2, 12, 2, 3), gaveUp(2), gaveUp(1));
    journal.user(1, 8, checkedOut(3, 13, 0, 1, 2), gaveUp(3), checkedOut(4, 14, 0), gaveUp(4));

    AuditReport report = all();

    assertThat(told(report)).containsExactly("I3 User|1-7");
    assertThat(report.toText()).contains("user 7 has 4 of at most 3 items at sequence number 2");
  }

  @Test
  void countsPurchasesInTheLimit() throws Exception {
    journal.user(1, 7, checkedOut(1, 11, 0, 1, 2), purchased(1), checkedOut(2, 12, 3));
    for (int number : List.of(0, 1, 2)) {
      journal.item(1, number, reserved(1, 11, 7), sold(1, 11, 7));
    }
    journal.item(1, 3, reserved(2, 12, 7));

    assertThat(told(all())).containsExactly("I3 User|1-7");
  }

  @Test
  void findsAnItemNumberThatIsOutOfRange() throws Exception {
    journal.item(1, 5, reserved(1, 11, 7));
    journal.item(1, 6, reserved(1, 12, 7), released(12));
    journal.append("Item|1--1", released(13));

    assertThat(told(all())).containsExactly("I4 Item|1--1", "I4 Item|1-6", "history Item|1--1");
  }

  @Test
  void findsASumThatIsNotTheItems() throws Exception {
    journal.item(1, 6, reserved(1, 11, 7));

    AuditReport report = all();

    assertThat(told(report)).containsExactly("I4", "I4 Item|1-6");
    assertThat(report.toText()).contains("0 sold, 1 held and 6 available items are not the 6");
  }

  @Test
  void findsGapsInSequenceNumbers() throws Exception {
    journal.skip("Item|1-0");
    journal.item(1, 0, reserved(1, 11, 7));
    journal.user(1, -7, refused(11));
    journal.skip("User|1--7");
    journal.user(1, -7, refused(12), refused(13));

    assertThat(told(all())).containsExactly("history Item|1-0", "history User|1--7");
  }

  @Test
  void findsAGapInTheStreamOfTheCoordinatorWhicheverSaleIsAudited() throws Exception {
    journal.skip("SaleCoordinator");
    journal.closed(1);

    assertThat(told(all())).containsExactly("history SaleCoordinator");
    assertThat(told(sale(1))).containsExactly("history SaleCoordinator");
  }

  @Test
  void findsAnItemReservedWhileItIsHeld() throws Exception {
    journal.item(1, 0, reserved(1, 11, 7), reserved(2, 12, 8));
    journal.item(1, 1, reserved(3, 13, 7), released(14));

    assertThat(told(all())).containsExactly("history Item|1-0", "history Item|1-1");
  }

  @Test
  void allowsALateReserveOfTheSameHold() throws Exception {
    journal.item(1, 0, reserved(1, 11, 7), released(11), reserved(1, 11, 7), released(11));
    journal.user(1, 7, refused(11), refused(11));

    assertThat(told(all())).isEmpty();
  }

  @Test
  void findsACheckoutThatIsClosedTwice() throws Exception {
    buysItem0(7);
    journal.user(1, 7, gaveUp(1));
    journal.user(1, 8, checkedOut(2, 12, 1), gaveUp(2), gaveUp(2));
    journal.user(1, 9, purchased(3));

    assertThat(told(all()))
        .containsExactly("history User|1-7", "history User|1-8", "history User|1-9");
  }

  @Test
  void findsItemsThatJoinedACheckoutAfterItWasClosed() throws Exception {
    buysItem0(7);
    journal.user(1, 7, checkedOut(1, 12, 1));
    journal.item(1, 1, reserved(1, 12, 7), sold(1, 12, 7));

    assertThat(told(all())).containsExactly("I1 Item|1-1 User|1-7", "history User|1-7");
  }

  @Test
  void findsAHoldThatIsRefusedAndCheckedOut() throws Exception {
    journal.user(1, 7, refused(11), checkedOut(1, 11, 0));
    journal.item(1, 0, reserved(1, 11, 7));
    journal.user(1, 8, checkedOut(2, 12, 1), gaveUp(2), refused(12));

    assertThat(told(all())).containsExactly("history User|1-7", "history User|1-8");
  }

  @Test
  void allowsTheRefusalOfAHoldThatTheUserHasForgotten() throws Exception {
    for (int checkout = 0; checkout < 65; checkout++) {
      journal.user(1, 7, checkedOut(checkout, 100 + checkout, 0), gaveUp(checkout));
    }
    journal.user(1, 7, refused(100)); // 64 others were released since
    assertThat(told(all())).isEmpty();

    journal.user(1, 7, refused(101));
    assertThat(told(all())).containsExactly("history User|1-7");
  }

  @Test
  void findsAHoldIdThatIsUsedTwice() throws Exception {
    journal.user(1, 7, checkedOut(1, 11, 0), gaveUp(1));
    journal.user(1, 8, checkedOut(2, 11, 1), gaveUp(2));
    journal.item(1, 0, reserved(1, 12, 7), released(12), reserved(2, 12, 8));

    assertThat(told(all())).containsExactly("history Item|1-0", "history User|1-7 User|1-8");
  }

  @Test
  void findsAnOpenCheckoutThatHasLostAnItem() throws Exception {
    journal.user(1, 7, checkedOut(1, 11, 0, 1));
    journal.item(1, 0, reserved(1, 11, 7), released(11));
    journal.item(1, 1, reserved(1, 11, 7));
    journal.user(1, 8, checkedOut(2, 12, 2));

    assertThat(told(all())).containsExactly("I9 User|1-7 Item|1-0", "I9 User|1-8");
  }

  @Test
  void findsTwoSalesInASlot() throws Exception {
    Sale first = hour(1, 6, 3);
    journal.closed(1);
    journal.opened(
        new Sale(2, first.slot(), first.endsAt(), first.endsAt().plusSeconds(60), 6, 3, MINUTE));

    assertThat(told(all())).containsExactly("I6 SaleCoordinator", "I6 SaleCoordinator");
    assertThat(all().toText()).contains("sale 1: I6: ", "sale 2: I6: ", "is the slot of sale 1");
  }

  @Test
  void findsSalesThatOverlap() throws Exception {
    Sale second = hour(2, 6, 3);
    journal.closed(1);
    journal.opened(
        new Sale(
            2,
            second.slot().minusSeconds(1),
            second.slot().minusSeconds(1),
            second.endsAt(),
            6,
            3,
            MINUTE));

    assertThat(told(sale(1))).containsExactly("I6 SaleCoordinator");
    assertThat(sale(2).toText()).contains("sale 2 opens before sale 1 has ended");
  }

  @Test
  void findsSalesThatAreOpenedOrClosedTwice() throws Exception {
    journal.closed(1);
    journal.closed(1);
    journal.opened(hour(1, 6, 3));
    assertThat(told(all())).containsExactly("I6 SaleCoordinator", "I6 SaleCoordinator");
  }

  @Test
  void findsASaleOpenedOnOtherTermsThanAnnounced() throws Exception {
    journal.closed(1);
    journal.announced(hour(2, 6, 3));
    journal.opened(hour(2, 7, 3));
    journal.opened(hour(3, 6, 3)); // while sale 2 is open
    journal.closed(4);

    AuditReport report = all();

    assertThat(report.sales()).extracting(s -> s.breaches().count()).containsExactly(0L, 1L, 1L);
    assertThat(report.journal().told()).singleElement().asString().contains("sale 4: closed");
  }

  @Test
  void findsStreamsOfASaleThatNeverWas() throws Exception {
    journal.item(9, 0, reserved(1, 11, 7));
    journal.user(10, -7, refused(11));

    assertThat(told(all())).containsExactly("history Item|9-", "history User|10-");
    assertThat(sale(1).clean()).isTrue();
  }

  @Test
  void findsEventsThatTheProgramHasNotWritten() throws Exception {
    journal.append("Item|1-0", "item-stolen", "{}");
    journal.append("User|1-7", reserved(1, 11, 7));
    journal.item(1, 1, reserved(2, 12, 8));
    execute("UPDATE event_journal SET deleted = true WHERE persistence_id = 'Item|1-1'");

    assertThat(told(all()))
        .containsExactly("history Item|1-0", "history Item|1-1", "history User|1-7");
  }

  @Test
  void looksAtNoOtherSale() throws Exception {
    journal.closed(1);
    journal.opened(hour(2, 6, 3));
    for (long id : List.of(2L, 10L, 11L)) { // ids that start with 1 are other sales too
      journal.item(id, 0, reserved(1, 11, 7), sold(1, 11, 7));
      journal.user(id, 7, purchased(2));
    }

    assertThat(sale(1).clean()).isTrue();
    assertThat(sale(1).sales()).extracting(SaleAudit::users).containsExactly(0L);
    assertThat(told(sale(2))).containsExactly("I1 Item|2-0 User|2-7", "history User|2-7");
  }

  @Test
  void tellsTheFirstHundredBreachesAndCountsTheRest() throws Exception {
    for (int user = 0; user < 150; user++) {
      journal.user(1, user, purchased(user));
    }
    journal.item(1, 0, reserved(1, 11, 7), sold(1, 11, 7));

    Breaches breaches = all().sales().getFirst().breaches();

    assertThat(breaches.told()).hasSize(AuditReport.TOLD).extracting("invariant").contains("I1");
    assertThat(breaches.more()).isEqualTo(51);
    assertThat(all().toText()).contains("sale 1: and 51 more\n", "breaches: 151\n");
  }

  @Test
  void rendersAlignedTextAndJson() throws Exception {
    journal.user(1, -7, checkedOut(1, 11, 0));
    AuditReport report = all();

    assertThat(report.toText())
        .startsWith(
            """
            SALE  STATE  ITEMS  SOLD  HELD  AVAILABLE  SETTLING  USERS  PURCHASES  RELEASED  REFUSED  BREACHES
               1   open      6     0     0          6         0      1          0         0        0         1
            sale 1: I9: item 0 is checked out by user -7 under hold 11, but is available [User|1--7]
            breaches: 1
            """);
    JsonNode json = new JsonMapper().readTree(report.toJson());
    assertThat(json.at("/clean").isBoolean()).isTrue();
    assertThat(json.at("/clean").booleanValue()).isFalse();
    assertThat(json.at("/sales/0/sale_id").longValue()).isEqualTo(1);
    assertThat(json.at("/sales/0/state").textValue()).isEqualTo("open");
    assertThat(json.at("/sales/0/breaches/told/0/persistence_ids/0").textValue())
        .isEqualTo("User|1--7");
    assertThat(json.at("/journal/more").isNumber()).isTrue();
  }

  @Test
  void refusesASaleThatIsNotThere() {
    assertThatThrownBy(() -> sale(5))
        .isInstanceOf(AuditException.class)
        .hasMessage("There is no sale 5 in the journal");
  }

  @Test
  void refusesADatabaseWithoutAJournal() throws Exception {
    try (Connection other = postgres.getTemplateDatabase().getConnection()) {
      assertThatThrownBy(() -> Audit.run(other, OptionalLong.empty()))
          .isInstanceOf(AuditException.class)
          .hasMessage("This database has no journal: it was never migrated");
    }
  }

  @Test
  void refusesAnEventThatCannotBeRead() throws Exception {
    journal.append("Item|1-0", "item-reserved", "{\"code\":");

    assertThatThrownBy(this::all)
        .isInstanceOf(AuditException.class)
        .hasMessageStartingWith("The journal has an event that cannot be read: ");
  }

  @Test
  void givesTheConnectionBackAsItWas() throws Exception {
    all();

    assertThat(connection.getAutoCommit()).isTrue();
    assertThat(connection.isReadOnly()).isFalse();
    assertThat(connection.getTransactionIsolation())
        .isEqualTo(Connection.TRANSACTION_READ_COMMITTED);
  }

  private static final Duration MINUTE = Duration.ofMinutes(1);

  private void buysItem0(long user) throws SQLException {
    journal.user(1, user, checkedOut(1, 11, 0), purchased(1));
    journal.item(1, 0, reserved(1, 11, user), sold(1, 11, user));
  }

  private void execute(String sql) throws SQLException {
    connection.createStatement().execute(sql);
  }

  private AuditReport all() throws SQLException {
    return Audit.run(connection, OptionalLong.empty());
  }

  private AuditReport sale(long id) throws SQLException {
    return Audit.run(connection, OptionalLong.of(id));
  }

  /** Every breach as its invariant and its streams. */
  private static List<String> told(AuditReport report) {
    List<AuditReport.Breach> breaches = new java.util.ArrayList<>(report.journal().told());
    report.sales().forEach(sale -> breaches.addAll(sale.breaches().told()));
    return breaches.stream()
        .map(b -> (b.invariant() + " " + String.join(" ", b.persistenceIds())).strip())
        .toList();
  }
}
