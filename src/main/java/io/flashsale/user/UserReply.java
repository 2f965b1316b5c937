package io.flashsale.user;

import io.flashsale.wire.CborSerializable;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** What a {@link User} answers. Whatever is not {@link Rejected} is durable. */
public sealed interface UserReply extends CborSerializable {

  record CheckedOut(UUID code, List<Integer> items, Instant expiresAt) implements UserReply {}

  record Purchased(UUID code, List<Integer> items) implements UserReply {}

  record Released(UUID code) implements UserReply {}

  record Shown(UUID code, Checkout.Status status, List<Integer> items, Instant expiresAt)
      implements UserReply {}

  /**
   * What the user holds and has bought, each in the order of its first checkout. The limit of the
   * sale bounds both together.
   */
  record ShownAll(List<Shown> open, List<Shown> purchased) implements UserReply {
    public ShownAll {
      open = List.copyOf(open);
      purchased = List.copyOf(purchased);
    }
  }

  record Rejected(Reason reason) implements UserReply {}

  /** Why a request is refused. Nothing has changed when it is, but for OUTCOME_UNKNOWN. */
  enum Reason {
    ITEM_RESERVED,
    ITEM_SOLD,
    LIMIT_REACHED,
    CHECKOUT_UNKNOWN,
    CHECKOUT_EXPIRED,
    ALREADY_PURCHASED,
    KEY_REUSED,
    KEY_IN_USE,
    OVERLOADED,
    OUTCOME_UNKNOWN
  }
}
