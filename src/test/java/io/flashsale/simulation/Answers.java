package io.flashsale.simulation;

import io.flashsale.item.ItemId;
import io.flashsale.user.UserCommand.CheckOut;
import io.flashsale.user.UserCommand.GiveUp;
import io.flashsale.user.UserCommand.Purchase;
import io.flashsale.user.UserCommand.Request;
import io.flashsale.user.UserCommand.Show;
import io.flashsale.user.UserCommand.ShowAll;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Whether what a client is told is true, at the moment at which it is said. */
final class Answers {

  private final Ledger ledger;
  private final Map<UUID, UUID> checkedOutByKey = new HashMap<>();
  private final Set<UUID> purchasedByKey = new HashSet<>();

  Answers(Ledger ledger) {
    this.ledger = ledger;
  }

  /** Whether a request with this key has checked something out, durably. */
  boolean isDone(UserId user, @Nullable UUID key) {
    return key != null && ledger.account(user).codesByKey.containsKey(key);
  }

  /**
   * The answer must be true.
   *
   * @param doneBefore whether the journal knew the key before the request was sent
   */
  void check(UserId user, Request request, UserReply reply, boolean doneBefore) {
    Ledger.Account account = ledger.account(user);
    switch (reply) {
      case UserReply.CheckedOut said -> {
        Ledger.Bill bill = account.bills.get(said.code());
        require(bill != null && bill.items().containsAll(said.items()), "I5", request, reply);
        require(request instanceof CheckOut, "I5", request, reply);
        CheckOut asked = (CheckOut) request;
        require(said.items().containsAll(asked.items()), "I5", request, reply);
        UUID before =
            asked.key() == null ? null : checkedOutByKey.putIfAbsent(asked.key(), said.code());
        require(before == null || before.equals(said.code()), "R9", request, reply);
      }
      case UserReply.Purchased said -> {
        Ledger.Bill bill = account.bills.get(said.code());
        require(
            bill != null && bill.purchased && bill.items().equals(said.items()),
            "I5",
            request,
            reply);
        if (request instanceof Purchase asked && asked.key() != null) {
          purchasedByKey.add(asked.key());
        }
      }
      case UserReply.Released said -> {
        Ledger.Bill bill = account.bills.get(said.code());
        require(bill != null && bill.released, "I5", request, reply);
      }
      case UserReply.Shown said -> checkShown(account.bills.get(said.code()), request, said);
      case UserReply.ShownAll said -> {
        said.open().forEach(one -> checkShown(account.bills.get(one.code()), request, one));
        said.purchased().forEach(one -> checkShown(account.bills.get(one.code()), request, one));
      }
      case UserReply.Rejected said -> checkRejected(user, account, request, said, doneBefore);
    }
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
      boolean doneBefore) {
    UUID code = codeOf(request);
    Ledger.Bill bill = code == null ? null : account.bills.get(code);
    switch (said.reason()) {
      // Nobody asks about a code that he was not given, and it was durable then.
      case CHECKOUT_UNKNOWN -> require(false, "R2", request, said);
      case CHECKOUT_EXPIRED -> require(bill != null && bill.released, "R1", request, said);
      case ALREADY_PURCHASED -> {
        require(bill != null && bill.purchased, "I5", request, said);
        boolean byThis =
            request instanceof Purchase p
                && p.key() != null
                && (p.key().equals(bill.closedBy) || purchasedByKey.contains(p.key()));
        require(!byThis, "R9", request, said);
      }
      case ITEM_SOLD ->
          require(
              request instanceof CheckOut c
                  && c.items().stream()
                      .anyMatch(item -> ledger.isSoldOrBought(new ItemId(user.saleId(), item))),
              "I5",
              request,
              said);
      // Nobody uses a key for anything else.
      case KEY_REUSED -> require(false, "R9", request, said);
      case ITEM_RESERVED, LIMIT_REACHED -> {}
      case KEY_IN_USE, OVERLOADED, OUTCOME_UNKNOWN -> {
        return; // all of these mean: ask again
      }
    }
    if (doneBefore && request instanceof CheckOut c && c.key() != null) {
      // It was done. "No" is not a lie only if nothing is left of it.
      UUID done = account.codesByKey.get(c.key());
      Ledger.Bill left = done == null ? null : account.bills.get(done);
      require(left != null && left.released, "R9", request, said);
    }
  }

  private static @Nullable UUID codeOf(Request request) {
    return switch (request) {
      case CheckOut c -> c.addTo();
      case Purchase c -> c.code();
      case GiveUp c -> c.code();
      case Show c -> c.code();
      case ShowAll _ -> null;
    };
  }

  private static void require(boolean isTrue, String promise, Request request, UserReply reply) {
    if (!isTrue) {
      throw new Breach(promise, List.of(reply, "was the answer to", request).toString());
    }
  }
}
