package io.flashsale.ops;

import static io.flashsale.ops.TestJournal.checkedOut;
import static io.flashsale.ops.TestJournal.gaveUp;
import static io.flashsale.ops.TestJournal.placed;
import static io.flashsale.ops.TestJournal.purchased;
import static io.flashsale.ops.TestJournal.rejected;
import static io.flashsale.ops.TestJournal.reserved;
import static io.flashsale.ops.TestJournal.sold;
import static org.assertj.core.api.Assertions.assertThat;

import io.flashsale.user.UserEvent;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** An order is placed, and then confirmed or rejected once. */
class AuditOrdersIT extends WithJournal {

  @Test
  void countsOrdersAndThosePending() throws Exception {
    journal.user(1, 7, placed(1, 0), placed(2, 0), placed(3, 4));
    journal.user(1, 7, checkedOut(1, 11, 0), purchased(1), rejected(2));
    journal.item(1, 0, reserved(1, 11, 7), sold(1, 11, 7));
    journal.user(1, 8, placed(4, 5));

    AuditReport report = all();

    assertThat(told(report)).isEmpty();
    assertThat(report.sales().getFirst().orders()).isEqualTo(4);
    assertThat(report.sales().getFirst().pending()).isEqualTo(2);
    assertThat(report.sales().getFirst().purchases()).isOne();
  }

  @Test
  void findsAnOrderThatIsPlacedTwice() throws Exception {
    finds(placed(1, 0), placed(1, 0));
  }

  @Test
  void findsAnOrderThatIsRejectedTwice() throws Exception {
    finds(placed(1, 0), rejected(1), rejected(1));
  }

  @Test
  void findsAnOrderThatIsRejectedBeforeItIsPlacedOrWithoutThat() throws Exception {
    finds(rejected(1), placed(1, 0));
    journal.user(1, 8, rejected(2));

    assertThat(told(all())).containsExactly("history User|1-7", "history User|1-8");
  }

  @Test
  void findsAnOrderThatIsRejectedAndBought() throws Exception {
    journal.item(1, 0, reserved(1, 11, 7), sold(1, 11, 7));
    finds(placed(1, 0), rejected(1), checkedOut(1, 11, 0), purchased(1));
  }

  @Test
  void findsAnOrderThatIsBoughtAndThenRejected() throws Exception {
    journal.item(1, 0, reserved(1, 11, 7), sold(1, 11, 7));
    finds(placed(1, 0), checkedOut(1, 11, 0), purchased(1), rejected(1));
  }

  @Test
  void findsAnOrderWhoseCheckoutWasLeftOpenOrEndedUnbought() throws Exception {
    journal.item(1, 0, reserved(1, 11, 7));
    finds(placed(1, 0), checkedOut(1, 11, 0));
    journal.user(1, 8, placed(2, 1), checkedOut(2, 12, 1), gaveUp(2));

    assertThat(told(all())).containsExactly("history User|1-7", "history User|1-8");
  }

  @Test
  void findsAnOrderThatBoughtAnotherItem() throws Exception {
    journal.item(1, 1, reserved(1, 11, 7), sold(1, 11, 7));
    finds(placed(1, 0), checkedOut(1, 11, 1), purchased(1));

    assertThat(all().toText()).contains("for item 0 with items {1}");
  }

  private void finds(UserEvent... events) throws SQLException {
    journal.user(1, 7, events);
    assertThat(told(all())).contains("history User|1-7");
  }
}
