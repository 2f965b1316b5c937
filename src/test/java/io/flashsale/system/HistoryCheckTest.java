package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.flashsale.item.ItemEvent;
import io.flashsale.system.History.Call;
import io.flashsale.system.History.Kind;
import io.flashsale.system.JournalStory.Entry;
import io.flashsale.user.UserEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The judge of histories finds what it is there to find. */
class HistoryCheckTest {

  private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
  private static final Duration TTL = Duration.ofSeconds(60);
  private static final UUID A = new UUID(0, 1);
  private static final UUID B = new UUID(0, 2);

  private final History history = new History();
  private final JournalStory journal = new JournalStory(new HashMap<>(), new HashMap<>());

  private static Instant at(long second) {
    return NOON.plusSeconds(second);
  }

  /** A call that lasts two seconds. */
  private void call(Kind kind, long user, UUID code, long second, int status, String body) {
    String named = kind == Kind.CHECK_OUT ? "" : code.toString();
    String key = user + "-" + kind;
    var answer = new Shop.Answer(status, body);
    history.add(new Call(kind, user, List.of(5), named, key, at(second), at(second + 2), answer));
  }

  private void checkedOut(long user, UUID code, long second) {
    call(Kind.CHECK_OUT, user, code, second, 200, code.toString());
  }

  private void purchased(long user, UUID code, long second) {
    call(Kind.PURCHASE, user, code, second, 200, "purchased");
  }

  private void refused(Kind kind, long user, UUID code, long second, String problem) {
    call(kind, user, code, second, 409, "{\"code\":\"" + problem + "\"}");
  }

  /** In the journal a second after the call. */
  private void journaledCheckOut(long user, UUID code, long second) {
    journal.add(
        5, new Entry(at(second), new ItemEvent.Reserved(code, user, user, at(second).plus(TTL))));
    journal.add(
        user,
        new Entry(
            at(second),
            new UserEvent.CheckedOut(code, user, List.of(5), at(second).plus(TTL), null)));
  }

  private void journaledPurchase(long user, UUID code, long second) {
    journal.add(user, new Entry(at(second), new UserEvent.Purchased(code, null)));
    journal.add(5, new Entry(at(second), new ItemEvent.Sold(code, user, user)));
  }

  private void aPurchaseOfA() {
    checkedOut(1, A, 0);
    journaledCheckOut(1, A, 1);
    purchased(1, A, 3);
    journaledPurchase(1, A, 4);
  }

  private void expectBreach(String what) {
    assertThat(HistoryCheck.breaches(history, journal, TTL)).anyMatch(b -> b.startsWith(what));
  }

  private void expectNone() {
    assertThat(HistoryCheck.breaches(history, journal, TTL)).isEmpty();
  }

  @Test
  void findsNothingInAHistoryThatCanBe() {
    refused(Kind.CHECK_OUT, 2, B, 1, "item-reserved");
    aPurchaseOfA();
    refused(Kind.CHECK_OUT, 3, B, 10, "item-sold");
    refused(Kind.PURCHASE, 1, A, 10, "already-purchased");
    call(Kind.CHECK_OUT, 4, B, 10, 503, "{\"code\":\"outcome-unknown\"}");

    expectNone();
  }

  @Test
  void anAcknowledgedPurchaseThatIsNotInTheJournal() {
    checkedOut(1, A, 0);
    journaledCheckOut(1, A, 1);
    purchased(1, A, 3);

    expectBreach("acknowledged, and 0 times in the journal");
  }

  @Test
  void anAcknowledgementBeforeTheEvent() {
    checkedOut(1, A, 0);
    journaledCheckOut(1, A, 3);

    expectBreach("acknowledged, and written at another time");
  }

  @Test
  void anItemThatIsSoldTwice() {
    aPurchaseOfA();
    checkedOut(2, B, 100);
    journaledCheckOut(2, B, 101);
    purchased(2, B, 103);
    journaledPurchase(2, B, 104);

    expectBreach("two have one item");
  }

  @Test
  void anItemThatIsHeldTwice() {
    checkedOut(1, A, 0);
    journaledCheckOut(1, A, 1);
    checkedOut(2, B, 10);
    journaledCheckOut(2, B, 11);

    expectBreach("two have one item");
  }

  @Test
  void anItemThatIsHeldAgainAfterItsTimeIsFine() {
    checkedOut(1, A, 0);
    journaledCheckOut(1, A, 1);
    checkedOut(2, B, 70);
    journaledCheckOut(2, B, 71);

    expectNone();
  }

  @Test
  void anItemThatIsHeldAgainWhenItWasGivenUpIsFine() {
    checkedOut(1, A, 0);
    journaledCheckOut(1, A, 1);
    call(Kind.GIVE_UP, 1, A, 5, 200, "given up");
    journal.add(1L, new Entry(at(6), new UserEvent.Released(A, UserEvent.Cause.GIVEN_UP, null)));
    checkedOut(2, B, 7);
    journaledCheckOut(2, B, 8);

    expectNone();
  }

  @Test
  void aRefusalOfAnItemThatNobodyHas() {
    refused(Kind.CHECK_OUT, 2, B, 1, "item-reserved");
    refused(Kind.CHECK_OUT, 3, B, 1, "item-sold");

    assertThat(HistoryCheck.breaches(history, journal, TTL))
        .hasSize(2)
        .allMatch(b -> b.startsWith("refused without the reason"));
  }

  @Test
  void aRefusalBecauseOfAnItemThatWasSoldOnlyLater() {
    refused(Kind.CHECK_OUT, 2, B, 0, "item-sold");
    checkedOut(1, A, 10);
    journaledCheckOut(1, A, 11);
    purchased(1, A, 13);
    journaledPurchase(1, A, 14);

    expectBreach("refused without the reason");
  }

  @Test
  void aCheckoutThatIsRefusedAfterItWasDone() {
    call(Kind.CHECK_OUT, 1, A, 0, 503, "{\"code\":\"outcome-unknown\"}");
    journaledCheckOut(1, A, 1);
    refused(Kind.CHECK_OUT, 1, A, 3, "item-reserved");

    expectBreach("refused, although it was done");
  }

  @Test
  void aCheckoutThatIsDoneAfterItsRepeatWasRefusedIsFine() {
    call(Kind.CHECK_OUT, 1, A, 0, 503, "{\"code\":\"outcome-unknown\"}");
    refused(Kind.CHECK_OUT, 1, A, 3, "item-reserved");
    journaledCheckOut(1, A, 4);

    expectNone();
  }

  @Test
  void aRepeatThatHearsOfItsCheckoutWhenAnotherHasTheItemIsFine() {
    call(Kind.CHECK_OUT, 2, B, 0, 503, "{\"code\":\"outcome-unknown\"}");
    journaledCheckOut(2, B, 1);
    checkedOut(1, A, 70);
    journaledCheckOut(1, A, 71);
    purchased(1, A, 73);
    journaledPurchase(1, A, 74);
    checkedOut(2, B, 80);

    expectNone();
  }

  @Test
  void aPurchaseThatNobodyHasAskedFor() {
    checkedOut(1, A, 0);
    journaledCheckOut(1, A, 1);
    journaledPurchase(1, A, 4);

    expectBreach("bought, and nobody had asked");
  }

  @Test
  void anExpiryThatWasBought() {
    checkedOut(1, A, 0);
    journaledCheckOut(1, A, 1);
    refused(Kind.PURCHASE, 1, A, 70, "checkout-expired");
    journaledPurchase(1, A, 71);

    expectBreach("told that it was not bought");
  }

  @Test
  void a500() {
    call(Kind.CHECK_OUT, 1, A, 0, 500, "");

    expectBreach("an answer that must not be");
  }
}
