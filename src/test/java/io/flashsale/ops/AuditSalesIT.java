package io.flashsale.ops;

import static io.flashsale.ops.TestJournal.checkedOut;
import static io.flashsale.ops.TestJournal.hour;
import static io.flashsale.ops.TestJournal.purchased;
import static io.flashsale.ops.TestJournal.refused;
import static io.flashsale.ops.TestJournal.reserved;
import static io.flashsale.ops.TestJournal.sold;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.flashsale.ops.AuditReport.Breaches;
import io.flashsale.ops.AuditReport.SaleAudit;
import io.flashsale.sale.ExtraSale;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleEvent;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The sales, the report, and what cannot be audited at all. */
class AuditSalesIT extends WithJournal {

  private static final Duration MINUTE = Duration.ofMinutes(1);

  @Test
  void findsAGapInTheStreamOfTheCoordinatorWhicheverSaleIsAudited() throws Exception {
    journal.skip("SaleCoordinator");
    journal.closed(1);

    assertThat(told(all())).containsExactly("history SaleCoordinator");
    assertThat(told(sale(1))).containsExactly("history SaleCoordinator");
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
  void aSaleThatWasClosedEarlyAndAnExtraOneAfterItAreClean() throws Exception {
    Instant early = hour(1, 6, 3).opensAt().plus(MINUTE);
    Instant end = hour(1, 6, 3).endsAt();
    journal.append("SaleCoordinator", new SaleEvent.SaleShortened(1, early, null));
    journal.append(
        "SaleCoordinator", new SaleEvent.SaleScheduled(new ExtraSale(early, end, 6, end), null));
    journal.closed(1);
    journal.opened(new Sale(2, early, early, end, 6, 3, MINUTE));

    assertThat(told(all())).isEmpty();
    assertThat(all().sales()).hasSize(2);
  }

  @Test
  void findsASaleThatIsClosedEarlyWhenItIsNotOpenOrNoEarlier() throws Exception {
    Instant end = hour(1, 6, 3).endsAt();
    journal.append("SaleCoordinator", new SaleEvent.SaleShortened(1, end, null));
    journal.closed(1);
    journal.append("SaleCoordinator", new SaleEvent.SaleShortened(1, end.minus(MINUTE), null));

    assertThat(told(all())).containsExactly("history SaleCoordinator", "history SaleCoordinator");
    assertThat(all().toText()).contains("made to end when it was not open");
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
            SALE  STATE  ITEMS  SOLD  HELD  AVAILABLE  SETTLING  USERS  PURCHASES  RELEASED  REFUSED  ORDERS  PENDING  BREACHES
               1   open      6     0     0          6         0      1          0         0        0       0        0         1
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
        .isInstanceOf(OperatorException.class)
        .hasMessage("There is no sale 5 in the journal");
  }

  @Test
  void refusesADatabaseWithoutAJournal() throws Exception {
    try (Connection other = postgres.connectToAnEmptyOne()) {
      assertThatThrownBy(() -> Audit.run(other, OptionalLong.empty()))
          .isInstanceOf(OperatorException.class)
          .hasMessage("This database has no journal: it was never migrated");
    }
  }

  @Test
  void refusesAnEventThatCannotBeRead() throws Exception {
    journal.append("Item|1-0", "item-reserved", "{\"code\":");

    assertThatThrownBy(this::all)
        .isInstanceOf(OperatorException.class)
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
}
