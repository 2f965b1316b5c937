package io.flashsale.user;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a user has checked out in a sale, as a fold over the journal. Pure: events in, states out.
 *
 * <p>Open and purchased checkouts are bounded by the limit. Of what ended unbought the last {@value
 * #REMEMBERED} are remembered, which is all that an answer needs: a forgotten checkout is unknown,
 * and the question of an item about a forgotten hold is refused once more. Orders are all
 * remembered: {@link UserOrders#MOST} of a sale are taken.
 */
public record UserState(
    SequencedMap<UUID, Checkout> checkouts, List<Long> refused, SequencedMap<UUID, Order> orders) {

  static final int REMEMBERED = 64;
  static final UserState EMPTY =
      new UserState(new LinkedHashMap<>(), List.of(), new LinkedHashMap<>());

  /** A hold with the checkout that it belongs to. */
  record Found(Checkout checkout, Checkout.Hold hold) {}

  /** What a request with an Idempotency-Key has done. */
  sealed interface Done {

    /** It has checked out this hold of the checkout, the first one being number 0. */
    record CheckedOut(Checkout checkout, int number) implements Done {

      /** Whether a request for these items, added to this code or to none, is the same. */
      boolean isOf(List<Integer> items, @Nullable UUID addTo) {
        Checkout.Hold hold = checkout.holds().get(number);
        return (number == 0 ? addTo == null : checkout.code().equals(addTo))
            && Set.copyOf(hold.items()).equals(Set.copyOf(items));
      }
    }

    /** It has placed the order. */
    record Placed(Order order) implements Done {}

    /** It has closed the checkout. */
    record Closed(Checkout checkout) implements Done {

      boolean isOf(UUID code, Checkout.Status how) {
        return checkout.code().equals(code) && checkout.status() == how;
      }
    }
  }

  public UserState {
    checkouts = Collections.unmodifiableSequencedMap(checkouts);
    refused = List.copyOf(refused);
    orders = Collections.unmodifiableSequencedMap(orders);
    Set<Integer> items = new HashSet<>();
    Set<Long> holds = new HashSet<>();
    for (Checkout checkout : checkouts.values()) {
      for (Checkout.Hold hold : checkout.holds()) {
        if (!holds.add(hold.holdId())) {
          throw new IllegalStateException("Hold " + hold.holdId() + " stands twice");
        }
        if (!checkout.isReleased() && !hold.items().stream().allMatch(items::add)) {
          throw new IllegalStateException("An item stands twice in " + checkouts);
        }
      }
    }
  }

  @Nullable Order order(UUID code) {
    return orders.get(code);
  }

  /** Holds and purchases, in items: what the limit counts besides the pending attempts. */
  int count() {
    int n = 0;
    for (Checkout checkout : checkouts.values()) {
      if (!checkout.isReleased()) {
        n += checkout.items().size();
      }
    }
    return n;
  }

  @Nullable Checkout checkout(UUID code) {
    return checkouts.get(code);
  }

  /** The open or purchased checkout that has this item. */
  Optional<Checkout> owning(int item) {
    return checkouts.values().stream()
        .filter(checkout -> !checkout.isReleased() && checkout.items().contains(item))
        .findAny();
  }

  Optional<Found> byHold(long holdId) {
    for (Checkout checkout : checkouts.values()) {
      for (Checkout.Hold hold : checkout.holds()) {
        if (hold.holdId() == holdId) {
          return Optional.of(new Found(checkout, hold));
        }
      }
    }
    return Optional.empty();
  }

  /** What the request with this Idempotency-Key has done, whatever has become of it since. */
  Optional<Done> byKey(@Nullable UUID key) {
    if (key == null) {
      return Optional.empty();
    }
    for (Order order : orders.values()) {
      if (key.equals(order.key())) {
        return Optional.of(new Done.Placed(order));
      }
    }
    for (Checkout checkout : checkouts.values()) {
      if (key.equals(checkout.closedBy())) {
        return Optional.of(new Done.Closed(checkout));
      }
      for (int number = 0; number < checkout.holds().size(); number++) {
        if (key.equals(checkout.holds().get(number).key())) {
          return Optional.of(new Done.CheckedOut(checkout, number));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * The state after this event.
   *
   * @throws IllegalStateException if the journal says what can never follow
   */
  UserState apply(UserEvent event) {
    return switch (event) {
      case UserEvent.CheckedOut e -> onCheckedOut(e);
      case UserEvent.Purchased e -> onPurchased(e);
      case UserEvent.Released e ->
          replacing(
              open(e.code(), e)
                  .closed(
                      switch (e.cause()) {
                        case EXPIRED -> Checkout.Status.EXPIRED;
                        case GIVEN_UP -> Checkout.Status.GIVEN_UP;
                      },
                      e.key()));
      case UserEvent.Refused e -> onRefused(e);
      case UserEvent.OrderPlaced e -> onOrderPlaced(e);
      case UserEvent.OrderRejected e -> {
        if (checkouts.containsKey(e.code())) {
          throw new IllegalStateException(e + " cannot follow its checkout");
        }
        yield replacing(order(e.code(), e).ended(Order.Status.REJECTED, e.reason()));
      }
    };
  }

  private UserState onOrderPlaced(UserEvent.OrderPlaced e) {
    if (orders.containsKey(e.code()) || checkouts.containsKey(e.code())) {
      throw new IllegalStateException(e + " has the code of another");
    }
    return replacing(
        new Order(
            e.code(), e.item(), e.limit(), e.deadline(), Order.Status.PENDING, null, e.key()));
  }

  private UserState onPurchased(UserEvent.Purchased e) {
    UserState bought = replacing(open(e.code(), e).closed(Checkout.Status.PURCHASED, e.key()));
    Order order = orders.get(e.code());
    return order == null ? bought : bought.replacing(order.ended(Order.Status.CONFIRMED, null));
  }

  private Order order(UUID code, UserEvent event) {
    Order order = orders.get(code);
    if (order == null) {
      throw new IllegalStateException(event + " has no order");
    }
    return order;
  }

  private UserState replacing(Order order) {
    SequencedMap<UUID, Order> changed = new LinkedHashMap<>(orders);
    changed.put(order.code(), order);
    return new UserState(checkouts, refused, changed);
  }

  private UserState onCheckedOut(UserEvent.CheckedOut e) {
    if (refused.contains(e.holdId())) {
      throw new IllegalStateException(e + " cannot follow its refusal");
    }
    Order order = orders.get(e.code());
    if (order != null && !order.isPending()) {
      throw new IllegalStateException(e + " cannot follow " + order);
    }
    Checkout.Hold hold = new Checkout.Hold(e.holdId(), e.items(), e.key());
    if (checkouts.containsKey(e.code())) {
      return replacing(open(e.code(), e).with(hold));
    }
    return replacing(
        new Checkout(e.code(), e.expiresAt(), List.of(hold), Checkout.Status.OPEN, null));
  }

  private UserState onRefused(UserEvent.Refused e) {
    if (byHold(e.holdId()).isPresent()) {
      throw new IllegalStateException(e + " cannot follow its checkout");
    }
    List<Long> more = new ArrayList<>(refused);
    more.add(e.holdId());
    return new UserState(
        checkouts, more.subList(Math.max(0, more.size() - REMEMBERED), more.size()), orders);
  }

  private Checkout open(UUID code, UserEvent event) {
    Checkout checkout = checkouts.get(code);
    if (checkout == null || !checkout.isOpen()) {
      throw new IllegalStateException(event + " cannot follow " + checkout);
    }
    return checkout;
  }

  private UserState replacing(Checkout checkout) {
    SequencedMap<UUID, Checkout> changed = new LinkedHashMap<>(checkouts);
    if (checkout.isReleased()) {
      changed.remove(checkout.code()); // to the end: the order of the released ones is by release
    }
    changed.put(checkout.code(), checkout);
    forgetOldest(changed);
    return new UserState(changed, refused, orders);
  }

  private static void forgetOldest(Map<UUID, Checkout> checkouts) {
    long released = checkouts.values().stream().filter(Checkout::isReleased).count();
    if (released > REMEMBERED) {
      checkouts.values().stream()
          .filter(Checkout::isReleased)
          .findFirst()
          .ifPresent(oldest -> checkouts.remove(oldest.code()));
    }
  }
}
