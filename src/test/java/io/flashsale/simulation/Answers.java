package io.flashsale.simulation;

import io.flashsale.item.ItemId;
import io.flashsale.user.UserCommand.Buy;
import io.flashsale.user.UserCommand.CheckOut;
import io.flashsale.user.UserCommand.GiveUp;
import io.flashsale.user.UserCommand.Purchase;
import io.flashsale.user.UserCommand.Request;
import io.flashsale.user.UserCommand.Show;
import io.flashsale.user.UserCommand.ShowAll;
import io.flashsale.user.UserCommand.ShowOrder;
import io.flashsale.user.UserCommand.ShowOrders;
import io.flashsale.user.UserEvent;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Whether what a client is told is true, at the moment at which it is said. */
final class Answers {

  private final Ledger ledger;
  private final Map<List<UUID>, UserReply> firstAnswers = new HashMap<>();
  private final Set<UUID> reused = new HashSet<>();

  Answers(Ledger ledger) {
    this.ledger = ledger;
  }

  /**
   * What the key of this request has done, durably, in this sale. Who names no code may have done
   * it in a sale before.
   */
  @Nullable UserEvent done(UserId user, Request request) {
    UUID key = keyOf(request);
    if (key == null) {
      return null;
    }
    return codeOf(request) == null ? ledger.doneBy(user, key) : ledger.account(user).byKey.get(key);
  }

  /** Somebody uses the key for more than one request. */
  void isReused(UUID key) {
    reused.add(key);
  }

  /**
   * The answer must be true.
   *
   * @param doneBefore what the key had done when the request was sent
   */
  void check(UserId user, Request request, UserReply reply, @Nullable UserEvent doneBefore) {
    Ledger.Account account = ledger.account(user);
    switch (reply) {
      case UserReply.CheckedOut said -> {
        Ledger.Bill bill = ledger.bill(user, said.code());
        require(bill != null && bill.items().containsAll(said.items()), "I5", request, reply);
        require(request instanceof CheckOut, "I5", request, reply);
        CheckOut asked = (CheckOut) request;
        require(said.items().containsAll(asked.items()), "I5", request, reply);
        checkKey(user, request, asked.key(), said.code(), said, doneBefore);
      }
      case UserReply.Purchased said -> {
        Ledger.Bill bill = account.bills.get(said.code());
        require(
            bill != null && bill.purchased && bill.items().equals(said.items()),
            "I5",
            request,
            reply);
        require(request instanceof Purchase, "I5", request, reply);
        checkKey(user, request, keyOf(request), said.code(), said, doneBefore);
      }
      case UserReply.Released said -> {
        Ledger.Bill bill = account.bills.get(said.code());
        require(bill != null && bill.released, "I5", request, reply);
        require(
            doneBefore == null || isOf(user, request, doneBefore),
            "R9",
            request,
            said); // or once more
      }
      case UserReply.OrderTaken said -> {
        Ledger.Order order = ledger.order(user, said.code());
        require(request instanceof Buy, "I5", request, reply);
        require(order != null && order.item == said.item(), "I5", request, reply);
        require(order.item == ((Buy) request).item(), "I5", request, reply);
        checkKey(user, request, keyOf(request), said.code(), said, doneBefore);
      }
      case UserReply.OrderShown said -> checkOrder(user, request, said);
      case UserReply.OrdersShown said ->
          said.orders().forEach(one -> checkOrder(user, request, one));
      case UserReply.Shown said -> checkShown(account.bills.get(said.code()), request, said);
      case UserReply.ShownAll said -> {
        said.open().forEach(one -> checkShown(account.bills.get(one.code()), request, one));
        said.purchased().forEach(one -> checkShown(account.bills.get(one.code()), request, one));
      }
      case UserReply.Rejected said -> checkRejected(user, account, request, said, doneBefore);
    }
  }

  private void checkOrder(UserId user, Request request, UserReply.OrderShown said) {
    Ledger.Order order = ledger.order(user, said.code());
    boolean isTrue =
        order != null
            && switch (said.status()) {
              case PENDING -> true; // it may have ended a moment ago
              case CONFIRMED -> order.confirmed;
              case REJECTED -> order.rejection == said.rejection();
            };
    require(isTrue, "I5", request, said);
  }

  /** A key has done one thing, and whoever repeats the request is answered as the first time. */
  private void checkKey(
      UserId user,
      Request request,
      @Nullable UUID key,
      UUID code,
      UserReply said,
      @Nullable UserEvent doneBefore) {
    if (key != null) {
      UserEvent done =
          ledger.doneBy(user, key, event -> codeOf(event).equals(code)); // in whatever sale
      require(done != null && isOf(user, request, done), "R9", request, said);
      // A sale may have opened since, and the request have been done there too while it was on its
      // way; not if it was done before it was sent.
      require(doneBefore == null || codeOf(doneBefore).equals(code), "R9", request, said);
      UserReply first = firstAnswers.putIfAbsent(List.of(key, code), said);
      require(first == null || first.equals(said), "R9", request, said);
    }
  }

  private boolean isOf(UserId user, Request request, UserEvent done) {
    return switch (done) {
      case UserEvent.CheckedOut e ->
          request instanceof CheckOut c
              && Set.copyOf(c.items()).equals(Set.copyOf(e.items()))
              && Objects.equals(c.addTo(), ledger.isAddition(user, e) ? e.code() : null);
      case UserEvent.Purchased e -> request instanceof Purchase p && p.code().equals(e.code());
      case UserEvent.Released e -> request instanceof GiveUp g && g.code().equals(e.code());
      case UserEvent.OrderPlaced e -> request instanceof Buy b && b.item() == e.item();
      case UserEvent.Refused _, UserEvent.OrderRejected _ -> false;
    };
  }

  private static UUID codeOf(UserEvent done) {
    return switch (done) {
      case UserEvent.CheckedOut e -> e.code();
      case UserEvent.Purchased e -> e.code();
      case UserEvent.Released e -> e.code();
      case UserEvent.OrderPlaced e -> e.code();
      case UserEvent.Refused _, UserEvent.OrderRejected _ ->
          throw new IllegalStateException("It has no key: " + done);
    };
  }

  /** What is shown as open may have been closed a moment ago; what is closed stays so. */
  private static void checkShown(
      Ledger.@Nullable Bill bill, Request request, UserReply.Shown said) {
    boolean isTrue =
        bill != null
            && switch (said.status()) {
              case OPEN -> true;
              case PURCHASED -> bill.purchased;
              case EXPIRED, GIVEN_UP -> bill.released;
            };
    require(isTrue, "I5", request, said);
  }

  private void checkRejected(
      UserId user,
      Ledger.Account account,
      Request request,
      UserReply.Rejected said,
      @Nullable UserEvent doneBefore) {
    UUID code = codeOf(request);
    Ledger.Bill bill = code == null ? null : account.bills.get(code);
    switch (said.reason()) {
      // Nobody asks about a code that he was not given, and it was durable then.
      case CHECKOUT_UNKNOWN -> require(false, "R2", request, said);
      case CHECKOUT_EXPIRED -> require(bill != null && bill.released, "R1", request, said);
      case ALREADY_PURCHASED -> {
        require(bill != null && bill.purchased, "I5", request, said);
        UserEvent done = done(user, request);
        boolean byThis = done instanceof UserEvent.Purchased && isOf(user, request, done);
        require(!byThis, "R9", request, said);
      }
      case ITEM_SOLD ->
          require(
              (request instanceof Buy b && b.sold()) // the client said so itself
                  || (request instanceof CheckOut c
                      && c.items().stream()
                          .anyMatch(
                              item -> ledger.isSoldOrBought(new ItemId(user.saleId(), item)))),
              "I5",
              request,
              said);
      case KEY_REUSED -> {
        UUID key = keyOf(request);
        require(key != null && reused.contains(key), "R9", request, said);
        require(doneBefore == null || !isOf(user, request, doneBefore), "R9", request, said);
        return;
      }
      // Nobody asks about an order that he was not told of.
      case ORDER_UNKNOWN -> require(false, "R2", request, said);
      case ITEM_RESERVED, LIMIT_REACHED, TOO_MANY_ORDERS -> {}
      case KEY_IN_USE, OVERLOADED, OUTCOME_UNKNOWN -> {
        return; // all of these mean: ask again
      }
    }
    require(
        !(doneBefore instanceof UserEvent.OrderPlaced) || !isOf(user, request, doneBefore),
        "R9",
        request,
        said);
    if (doneBefore instanceof UserEvent.CheckedOut done && isOf(user, request, done)) {
      // It was done. "No" is not a lie only if nothing is left of it, and only a stale twin says
      // it.
      Ledger.Bill left = ledger.bill(user, done.code());
      require(left != null && left.released, "R9", request, said);
    }
  }

  private static @Nullable UUID keyOf(Request request) {
    return switch (request) {
      case CheckOut c -> c.key();
      case Purchase c -> c.key();
      case GiveUp c -> c.key();
      case Buy c -> c.key();
      case Show _, ShowAll _, ShowOrder _, ShowOrders _ -> null;
    };
  }

  private static @Nullable UUID codeOf(Request request) {
    return switch (request) {
      case CheckOut c -> c.addTo();
      case Purchase c -> c.code();
      case GiveUp c -> c.code();
      case Show c -> c.code();
      case ShowOrder c -> c.code();
      case Buy _, ShowAll _, ShowOrders _ -> null;
    };
  }

  private static void require(boolean isTrue, String promise, Request request, UserReply reply) {
    if (!isTrue) {
      throw new Breach(promise, List.of(reply, "was the answer to", request).toString());
    }
  }
}
