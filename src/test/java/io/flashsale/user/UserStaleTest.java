package io.flashsale.user;

import static io.flashsale.user.UserWorld.EXPIRY;
import static io.flashsale.user.UserWorld.SALE;
import static io.flashsale.user.UserWorld.UNKNOWN;
import static io.flashsale.user.UserWorld.holdId;
import static io.flashsale.user.UserWorld.reserve;
import static org.assertj.core.api.Assertions.assertThat;

import io.flashsale.TestNode;
import io.flashsale.item.Item;
import io.flashsale.user.UserCommand.Request;
import io.flashsale.user.UserCommand.ShowAll;
import io.flashsale.user.UserReply.Reason;
import io.flashsale.user.UserWorld.Sent;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Rule R2: an incarnation may be a stale twin that has not seen what the journal has. */
class UserStaleTest {

  private static final TestNode NODE = new TestNode();
  private static final UUID CODE = CheckoutCode.create(new UserId(SALE, 1), new Random(42));
  private static final UserEvent CHECKED_OUT =
      new UserEvent.CheckedOut(CODE, 11, List.of(3), EXPIRY, null);

  private final UserWorld world = UserWorld.free(NODE);
  private final CompletableFuture<Long> reading = new CompletableFuture<>();

  @AfterAll
  static void stop() {
    NODE.close();
  }

  @Test
  void r2UnknownIsSaidOnlyAfterReadingTheJournal() {
    world.journalIsRead(reading);
    for (Request request : aboutCode(UNKNOWN)) {
      world.tell(request);
    }
    world.settle();
    world.expectClientHeardNothing();

    reading.complete(0L);

    for (int i = 0; i < 4; i++) {
      world.expectRejected(Reason.CHECKOUT_UNKNOWN);
    }
    assertThat(world.events()).isEmpty();
    world.expectNothingSent();
    assertThat(world.stops).hasValue(0);
  }

  @Test
  void r2BehindTheJournalItSaysThatItDoesNotKnowAndStops() {
    for (Request request : aboutCode(CODE)) {
      UserWorld stale = UserWorld.free(NODE);
      NODE.write(stale.persistenceId, CHECKED_OUT);

      stale.tell(request);

      world.expectRejected(Reason.OUTCOME_UNKNOWN);
      stale.settle();
      assertThat(stale.stops).hasValue(1);
      stale.expectNothingSent();
    }
  }

  @Test
  void r2TheNextIncarnationServesTheRepeatedRequest() {
    NODE.write(world.persistenceId, CHECKED_OUT);
    world.tell(world.purchase(CODE));
    world.expectRejected(Reason.OUTCOME_UNKNOWN);
    world.settle();

    world.tell(world.purchase(CODE));

    world.expect(new UserReply.Purchased(CODE, List.of(3)));
  }

  /** The write of its checkout was slow, and the client asks again with its key. */
  @Test
  void r2AnItemThatIsItsOwnIsRefusedOnlyAfterReadingTheJournal() {
    UUID key = new UUID(0, 5);
    List<Sent> asked = world.asking(world.checkOut(key, 3));
    NODE.write(world.persistenceId, new UserEvent.CheckedOut(CODE, 11, List.of(3), EXPIRY, key));

    world.refuse(asked.getFirst(), Item.Reason.RESERVED, true);

    world.expectRejected(Reason.OUTCOME_UNKNOWN);
    world.settle();
    world.tell(world.checkOut(key, 3));
    world.expect(new UserReply.CheckedOut(CODE, List.of(3), EXPIRY));
  }

  /** The limit is reached in an old log; in the journal the first checkout has made room. */
  @Test
  void r2ARepeatIsRefusedForTheLimitOnlyAfterReadingTheJournal() {
    repeatIsNotDenied(11);
  }

  /** The item is held in an old log; in the journal it is held by what is asked for again. */
  @Test
  void r2ARepeatIsRefusedForAnItemOfItsOwnOnlyAfterReadingTheJournal() {
    repeatIsNotDenied(1);
  }

  private void repeatIsNotDenied(int item) {
    UUID key = new UUID(0, 5);
    UUID before = world.checkedOut(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    NODE.write(
        world.persistenceId,
        new UserEvent.Released(before, UserEvent.Cause.GIVEN_UP, null),
        new UserEvent.CheckedOut(CODE, 11, List.of(item), EXPIRY, key));

    world.tell(world.checkOut(key, item));

    world.expectRejected(Reason.OUTCOME_UNKNOWN);
    world.settle();
    world.tell(world.checkOut(key, item));
    world.expect(new UserReply.CheckedOut(CODE, List.of(item), EXPIRY));
  }

  @Test
  void r2ARequestWithAKeyIsRefusedForTheLimitWhenTheJournalHasNothingNew() {
    world.checkedOut(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);

    world.tell(world.checkOut(new UUID(0, 5), 11));

    world.expectRejected(Reason.LIMIT_REACHED);
    assertThat(world.stops).hasValue(0);
  }

  @Test
  void anItemThatIsHeldByItsOrphanIsRefused() {
    List<Sent> asked = world.asking(world.checkOut(3));

    world.refuse(asked.getFirst(), Item.Reason.RESERVED, true);

    world.expectRejected(Reason.ITEM_RESERVED);
  }

  @Test
  void r2WhenTheJournalCannotBeReadTheOutcomeIsUnknown() {
    world.journalIsRead(CompletableFuture.failedFuture(new IOException("No connection")));

    for (Request request : aboutCode(UNKNOWN)) {
      world.tell(request);
      world.expectRejected(Reason.OUTCOME_UNKNOWN);
    }
    assertThat(world.stops).hasValue(0);
  }

  /** The checkout was still being decided when the request for its purchase came. */
  @Test
  void r2WhatCameAboutWhileTheJournalWasReadIsServed() {
    List<Sent> asked = world.asking(world.checkOut(3));
    UUID code = reserve(asked.getFirst()).code();
    world.journalIsRead(reading);
    world.tell(world.purchase(code));
    world.settle();
    world.expectClientHeardNothing();
    world.hold(asked);
    world.expect(new UserReply.CheckedOut(code, List.of(3), EXPIRY));

    reading.complete(1L);

    world.expect(new UserReply.Purchased(code, List.of(3)));
    world.settle();
    assertThat(world.takeSent()).isEqualTo(UserWorld.confirms(holdId(asked), 3));
  }

  @Test
  void r2WhatItKnowsItSaysWithoutReading() {
    UserWorld known =
        UserWorld.free(
            NODE, CHECKED_OUT, new UserEvent.Released(CODE, UserEvent.Cause.EXPIRED, null));
    known.journalIsRead(reading);

    known.tell(known.purchase(CODE));
    known.expectRejected(Reason.CHECKOUT_EXPIRED);
    known.tell(known.show(CODE));
    known.expect(new UserReply.Shown(CODE, Checkout.Status.EXPIRED, List.of(3), EXPIRY));
  }

  /** Guessing the random bits is what protects a checkout: the whole code is compared. */
  @Test
  void aCodeThatDiffersInOneBitIsUnknown() {
    UserWorld owner = UserWorld.free(NODE, CHECKED_OUT);
    UUID guessed = new UUID(CODE.getMostSignificantBits(), CODE.getLeastSignificantBits() ^ 1L);

    owner.tell(owner.purchase(guessed));

    owner.expectRejected(Reason.CHECKOUT_UNKNOWN);
    assertThat(owner.events()).hasSize(1);
  }

  @Test
  void r2WhatIsListedIsComparedWithTheJournalFirst() {
    UserWorld known = UserWorld.free(NODE, CHECKED_OUT);
    known.journalIsRead(reading);
    known.tell(new ShowAll(known.client.getRef()));
    known.settle();
    known.expectClientHeardNothing();

    reading.complete(1L);

    known.expect(
        new UserReply.ShownAll(
            List.of(new UserReply.Shown(CODE, Checkout.Status.OPEN, List.of(3), EXPIRY)),
            List.of()));
  }

  @Test
  void r2AListThatIsBehindTheJournalIsNotTold() {
    UserWorld stale = UserWorld.free(NODE);
    NODE.write(stale.persistenceId, CHECKED_OUT);

    stale.tell(new ShowAll(stale.client.getRef()));

    stale.expectRejected(Reason.OUTCOME_UNKNOWN);
    stale.settle();
    stale.tell(new ShowAll(stale.client.getRef()));
    assertThat(stale.client.expectMessageClass(UserReply.ShownAll.class).open()).hasSize(1);
  }

  @Test
  void aListHasWhatIsOpenAndWhatIsBoughtAndNothingElse() {
    UUID bought = new UUID(CODE.getMostSignificantBits(), CODE.getLeastSignificantBits() ^ 1L);
    UUID ended = new UUID(CODE.getMostSignificantBits(), CODE.getLeastSignificantBits() ^ 2L);
    UserWorld known =
        UserWorld.free(
            NODE,
            new UserEvent.CheckedOut(bought, 12, List.of(4, 5), EXPIRY, null),
            new UserEvent.CheckedOut(ended, 13, List.of(6), EXPIRY, null),
            CHECKED_OUT,
            new UserEvent.Purchased(bought, null),
            new UserEvent.Released(ended, UserEvent.Cause.GIVEN_UP, null));

    known.tell(new ShowAll(known.client.getRef()));

    known.expect(
        new UserReply.ShownAll(
            List.of(new UserReply.Shown(CODE, Checkout.Status.OPEN, List.of(3), EXPIRY)),
            List.of(
                new UserReply.Shown(bought, Checkout.Status.PURCHASED, List.of(4, 5), EXPIRY))));
  }

  private List<Request> aboutCode(UUID code) {
    return List.of(world.purchase(code), world.giveUp(code), world.show(code), world.add(code, 3));
  }
}
