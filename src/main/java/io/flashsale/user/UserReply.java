package io.flashsale.user;

import io.flashsale.wire.CborSerializable;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a {@link User} answers. Whatever is not {@link Rejected} is durable. */
public sealed interface UserReply extends CborSerializable {

  record CheckedOut(UUID code, List<Integer> items, Instant expiresAt) implements UserReply {
    static CheckedOut of(@Nullable Checkout checkout) {
      if (checkout == null) {
        throw new IllegalStateException("A checkout has just been journaled and is not there");
      }
      return new CheckedOut(checkout.code(), checkout.items(), checkout.expiresAt());
    }
  }

  record Purchased(UUID code, List<Integer> items) implements UserReply {}

  record Released(UUID code) implements UserReply {}

  record Shown(UUID code, Checkout.Status status, List<Integer> items, Instant expiresAt)
      implements UserReply {
    static Shown of(Checkout checkout) {
      return new Shown(checkout.code(), checkout.status(), checkout.items(), checkout.expiresAt());
    }
  }

  /**
   * What the user holds and has bought, each in the order of its first checkout. The limit of the
   * sale bounds both together.
   */
  record ShownAll(List<Shown> open, List<Shown> purchased) implements UserReply {
    public ShownAll {
      open = List.copyOf(open);
      purchased = List.copyOf(purchased);
    }

    static ShownAll of(UserState state) {
      return new ShownAll(
          those(state, Checkout.Status.OPEN), those(state, Checkout.Status.PURCHASED));
    }

    private static List<Shown> those(UserState state, Checkout.Status status) {
      return state.checkouts().values().stream()
          .filter(checkout -> checkout.status() == status)
          .map(Shown::of)
          .toList();
    }
  }

  /** The order is journaled, and will end. */
  record OrderTaken(UUID code, int item) implements UserReply {}

  record OrderShown(UUID code, int item, Order.Status status, Order.@Nullable Rejection rejection)
      implements UserReply {}

  /** All orders of the sale, at most {@link UserOrders#MOST}. */
  record OrdersShown(List<OrderShown> orders) implements UserReply {
    public OrdersShown {
      orders = List.copyOf(orders);
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
    ORDER_UNKNOWN,
    TOO_MANY_ORDERS,
    KEY_REUSED,
    KEY_IN_USE,
    OVERLOADED,
    OUTCOME_UNKNOWN
  }
}
