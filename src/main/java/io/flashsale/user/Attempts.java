package io.flashsale.user;

import io.flashsale.user.UserCommand.CheckOut;
import io.flashsale.user.UserReply.Reason;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
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

  /** One try to reserve some items at once, under a hold id of its own. */
  record Attempt(UUID code, Instant expiresAt, CheckOut request, Set<Integer> unanswered) {
    boolean isAddition() {
      return request.addTo() != null;
    }

    /** Whether this request is the one that it is made for, sent once more. */
    boolean isOf(CheckOut repeat) {
      return Set.copyOf(request.items()).equals(Set.copyOf(repeat.items()))
          && Objects.equals(request.addTo(), repeat.addTo());
    }
  }

  private final Map<Long, Attempt> byHold = new HashMap<>();

  void begin(long holdId, UUID code, Instant expiresAt, CheckOut request) {
    byHold.put(holdId, new Attempt(code, expiresAt, request, new HashSet<>(request.items())));
  }

  @Nullable Attempt get(long holdId) {
    return byHold.get(holdId);
  }

  @Nullable Attempt remove(long holdId) {
    return byHold.remove(holdId);
  }

  void clear() {
    byHold.clear();
  }

  /** Whether a request with this key is being decided. */
  boolean use(@Nullable UUID key) {
    return key != null
        && byHold.values().stream().anyMatch(attempt -> key.equals(attempt.request().key()));
  }

  /** Why no attempt for these items may begin, or null if it may. */
  @Nullable Reason refusal(UserState state, CheckOut wanted) {
    int pending = 0;
    for (Attempt attempt : byHold.values()) {
      if (wanted.key() != null && wanted.key().equals(attempt.request().key())) {
        return attempt.isOf(wanted) ? Reason.KEY_IN_USE : Reason.KEY_REUSED;
      }
      if (attempt.request().items().stream().anyMatch(wanted.items()::contains)) {
        return Reason.ITEM_RESERVED;
      }
      pending += attempt.request().items().size();
    }
    for (int item : wanted.items()) {
      var owning = state.owning(item);
      if (owning.isPresent()) {
        return owning.get().isOpen() ? Reason.ITEM_RESERVED : Reason.ITEM_SOLD;
      }
    }
    boolean tooMany = state.count() + pending + wanted.items().size() > wanted.terms().limit();
    return tooMany ? Reason.LIMIT_REACHED : null;
  }
}
