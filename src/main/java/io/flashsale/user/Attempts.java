package io.flashsale.user;

import io.flashsale.tracing.Step;
import io.flashsale.user.UserCommand.CheckOut;
import io.flashsale.user.UserReply.Reason;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a user has asked items for and not decided yet. Volatile: gone with the incarnation (rule
 * R5). Bounded by the limit, which counts it (rule R7).
 */
final class Attempts {

  /**
   * One try to reserve some items at once, under a hold id of its own.
   *
   * @param request null for an order, which has the code
   * @param step from its beginning to the answer
   */
  record Attempt(
      UUID code,
      Instant expiresAt,
      List<Integer> items,
      @Nullable CheckOut request,
      Set<Integer> unanswered,
      Step step) {

    boolean isAddition() {
      return request != null && request.addTo() != null;
    }

    @Nullable UUID key() {
      return request == null ? null : request.key();
    }

    /** Whether this request is the one that it is made for, sent once more. */
    boolean isOf(CheckOut repeat) {
      return request != null
          && Set.copyOf(items).equals(Set.copyOf(repeat.items()))
          && Objects.equals(request.addTo(), repeat.addTo());
    }
  }

  private final Map<Long, Attempt> byHold = new HashMap<>();

  void begin(long holdId, UUID code, Instant expiresAt, CheckOut request, Step step) {
    List<Integer> items = request.items();
    begin(holdId, new Attempt(code, expiresAt, items, request, new HashSet<>(items), step));
  }

  /** For this order. */
  void begin(long holdId, Instant expiresAt, Order order) {
    List<Integer> items = List.of(order.item());
    begin(
        holdId, new Attempt(order.code(), expiresAt, items, null, new HashSet<>(items), Step.NONE));
  }

  private void begin(long holdId, Attempt attempt) {
    byHold.put(holdId, attempt);
  }

  boolean isEmpty() {
    return byHold.isEmpty();
  }

  /** Whether one is made for this order. */
  boolean areFor(Order order) {
    return byHold.values().stream()
        .anyMatch(attempt -> attempt.request() == null && attempt.code().equals(order.code()));
  }

  @Nullable Attempt get(long holdId) {
    return byHold.get(holdId);
  }

  @Nullable Attempt remove(long holdId) {
    return byHold.remove(holdId);
  }

  /** Nobody will hear of them. */
  void clear() {
    byHold.values().forEach(attempt -> attempt.step().failed());
    byHold.clear();
  }

  /** Whether a request with this key is being decided. */
  boolean use(@Nullable UUID key) {
    return key != null && byHold.values().stream().anyMatch(attempt -> key.equals(attempt.key()));
  }

  /** Whether one is made for this very request, which its node has sent again. */
  boolean areFor(CheckOut request) {
    return request.key() != null
        && byHold.values().stream().anyMatch(attempt -> request.equals(attempt.request()));
  }

  /** Why no attempt for this request may begin, or null if it may. */
  @Nullable Reason refusal(UserState state, CheckOut wanted) {
    for (Attempt attempt : byHold.values()) {
      if (wanted.key() != null && wanted.key().equals(attempt.key())) {
        return attempt.isOf(wanted) ? Reason.KEY_IN_USE : Reason.KEY_REUSED;
      }
    }
    return refusal(state, wanted.items(), wanted.terms().limit());
  }

  /** Why no attempt for these items may begin, or null if it may. */
  @Nullable Reason refusal(UserState state, List<Integer> wanted, int limit) {
    int pending = 0;
    for (Attempt attempt : byHold.values()) {
      if (attempt.items().stream().anyMatch(wanted::contains)) {
        return Reason.ITEM_RESERVED;
      }
      pending += attempt.items().size();
    }
    for (int item : wanted) {
      var owning = state.owning(item);
      if (owning.isPresent()) {
        return owning.get().isOpen() ? Reason.ITEM_RESERVED : Reason.ITEM_SOLD;
      }
    }
    boolean tooMany = state.count() + pending + wanted.size() > limit;
    return tooMany ? Reason.LIMIT_REACHED : null;
  }
}
