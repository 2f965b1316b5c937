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

import io.flashsale.ops.AuditReport.Breaches;
import io.flashsale.ops.AuditReport.SaleAudit;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The streams of items and users: what is clean, and what is caught. */
class AuditIT extends WithJournal {

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
            new SaleAudit(
                1, AuditReport.State.CLOSED, 6, 3, 2, 1, 1, 4, 2, 1, 1, 0, 0, Breaches.NONE),
            new SaleAudit(
                2, AuditReport.State.OPEN, 4, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, Breaches.NONE),
            new SaleAudit(
                3, AuditReport.State.ANNOUNCED, 4, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, Breaches.NONE));
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
  void findsAnItemThatIsSoldUnderAnotherHoldOfItsBuyer() throws Exception {
    journal.user(1, 7, checkedOut(1, 11, 0), purchased(1));
    journal.item(1, 0, reserved(1, 19, 7), sold(1, 19, 7));

    assertThat(told(all())).containsExactly("I1 Item|1-0 User|1-7", "I2 User|1-7 Item|1-0");
  }

  @Test
  void findsAnItemThatIsSoldToAnotherClaimThanHeldIt() throws Exception {
    journal.user(1, 7, checkedOut(1, 11, 0), purchased(1));
    journal.item(1, 0, reserved(2, 12, 8), sold(1, 11, 7));

    assertThat(told(all())).containsExactly("history Item|1-0");
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
  void findsEventsThatTheProgramHasNotWritten() throws Exception {
    journal.append("Item|1-0", "item-stolen", "{}");
    journal.append("User|1-7", reserved(1, 11, 7));
    journal.item(1, 1, reserved(2, 12, 8));
    execute("UPDATE event_journal SET deleted = true WHERE persistence_id = 'Item|1-1'");

    assertThat(told(all()))
        .containsExactly("history Item|1-0", "history Item|1-1", "history User|1-7");
  }

  @Test
  void auditsASoldOutSaleOfTenThousandItemsInSeconds() throws Exception {
    journal.closed(1);
    journal.soldOut(hour(2, 10_000, 10));

    long start = System.nanoTime();
    AuditReport report = sale(2);
    Duration elapsed = Duration.ofNanos(System.nanoTime() - start);

    assertThat(told(report)).isEmpty();
    assertThat(report.sales().getFirst().sold()).isEqualTo(10_000);
    assertThat(elapsed).isLessThan(Duration.ofSeconds(10)); // 0.3 s on two cores
  }
}
