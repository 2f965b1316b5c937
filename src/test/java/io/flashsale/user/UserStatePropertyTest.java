package io.flashsale.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.flashsale.user.UserEvent.Cause;
import io.flashsale.user.UserEvent.CheckedOut;
import io.flashsale.user.UserEvent.OrderPlaced;
import io.flashsale.user.UserEvent.OrderRejected;
import io.flashsale.user.UserEvent.Purchased;
import io.flashsale.user.UserEvent.Refused;
import io.flashsale.user.UserEvent.Released;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/** The state against a model of plain maps, over random sequences of events. */
class UserStatePropertyTest {

  private static final int ITEMS = 8;
  private static final int HOLDS = 12;
  private static final int KEYS = 3;
  private static final Instant EXPIRES_AT = Instant.parse("2026-03-01T12:01:00Z");

  /** Few codes, holds and items, so that they meet: most sequences have impossible events. */
  @Property
  void whateverComesIsImpossibleOrDoesWhatTheRulesSay(@ForAll("events") List<UserEvent> events) {
    UserState state = UserState.EMPTY;
    Model model = new Model();
    for (UserEvent event : events) {
      if (model.allows(event)) {
        state = state.apply(event);
        model.apply(event);
        model.assertSameAs(state, ITEMS);
      } else {
        UserState before = state;
        assertThatIllegalStateException().isThrownBy(() -> before.apply(event));
        model.assertSameAs(before, ITEMS);
      }
    }
  }

  private enum Step {
    CHECK_OUT,
    ADD_TO_NEWEST,
    RELEASE_OLDEST,
    RELEASE_NEWEST,
    PURCHASE_OLDEST,
    REFUSE
  }

  /** Long lives, in which more is released and refused than is remembered. */
  @Property(tries = 200)
  void remembersTheLastReleasedAndRefusedAndAllThatIsLive(@ForAll("steps") List<Step> steps) {
    UserState state = UserState.EMPTY;
    Model model = new Model();
    int n = 0;
    for (Step step : steps) {
      n++;
      List<UUID> open = model.open();
      boolean none = open.isEmpty();
      UserEvent event =
          switch (step) {
            case CHECK_OUT -> checkedOut(uuid(n), n);
            case ADD_TO_NEWEST -> checkedOut(none ? uuid(n) : open.getLast(), n);
            case RELEASE_OLDEST ->
                none ? new Refused(n) : new Released(open.getFirst(), Cause.EXPIRED, null);
            case RELEASE_NEWEST ->
                none ? new Refused(n) : new Released(open.getLast(), Cause.GIVEN_UP, null);
            case PURCHASE_OLDEST -> none ? new Refused(n) : new Purchased(open.getFirst(), uuid(n));
            case REFUSE -> new Refused(n);
          };
      state = state.apply(event);
      model.apply(event);
      assertThat(state.count()).isEqualTo(model.liveItems().size());
    }
    model.assertSameAs(state, n);
  }

  @Provide
  Arbitrary<List<UserEvent>> events() {
    Arbitrary<UUID> codes = Arbitraries.longs().between(1, 4).map(UserStatePropertyTest::uuid);
    Arbitrary<Optional<UUID>> keys =
        Arbitraries.longs()
            .between(0, KEYS)
            .map(n -> n == 0 ? Optional.empty() : Optional.of(uuid(n)));
    Arbitrary<Long> holds = Arbitraries.longs().between(1, HOLDS);
    Arbitrary<List<Integer>> items =
        Arbitraries.integers().between(0, ITEMS - 1).list().ofMinSize(1).ofMaxSize(3);
    Arbitrary<UserEvent> checkedOut =
        Combinators.combine(codes, holds, items, keys)
            .as(
                (code, hold, of, key) ->
                    new CheckedOut(code, hold, of, EXPIRES_AT, key.orElse(null)));
    Arbitrary<UserEvent> purchased =
        Combinators.combine(codes, keys).as((code, key) -> new Purchased(code, key.orElse(null)));
    Arbitrary<UserEvent> released =
        Combinators.combine(codes, Arbitraries.of(Cause.class), keys)
            .as((code, cause, key) -> new Released(code, cause, key.orElse(null)));
    Arbitrary<UserEvent> refused = holds.map(Refused::new);
    return Arbitraries.frequencyOf(
            Tuple.of(5, checkedOut),
            Tuple.of(1, purchased),
            Tuple.of(2, released),
            Tuple.of(1, refused))
        .list()
        .ofMaxSize(50);
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    return Arbitraries.frequency(
            Tuple.of(4, Step.CHECK_OUT),
            Tuple.of(1, Step.ADD_TO_NEWEST),
            Tuple.of(2, Step.RELEASE_OLDEST),
            Tuple.of(2, Step.RELEASE_NEWEST),
            Tuple.of(1, Step.PURCHASE_OLDEST),
            Tuple.of(3, Step.REFUSE))
        .list()
        .ofMinSize(300)
        .ofMaxSize(500);
  }

  private static CheckedOut checkedOut(UUID code, int n) {
    return new CheckedOut(code, n, List.of(n), EXPIRES_AT, uuid(n));
  }

  private static UUID uuid(long n) {
    return new UUID(1, n);
  }

  /** The rules once more, without a thought for speed. */
  private static final class Model {
    private final Map<UUID, List<CheckedOut>> holds = new LinkedHashMap<>();
    private final Set<UUID> purchased = new HashSet<>();
    private final List<UUID> released = new ArrayList<>();
    private final List<Long> refused = new ArrayList<>();

    List<UUID> open() {
      return holds.keySet().stream().filter(this::isOpen).toList();
    }

    boolean isOpen(UUID code) {
      return holds.containsKey(code) && !purchased.contains(code) && !released.contains(code);
    }

    List<Integer> liveItems() {
      return holds.entrySet().stream()
          .filter(entry -> !released.contains(entry.getKey()))
          .flatMap(entry -> entry.getValue().stream())
          .flatMap(hold -> hold.items().stream())
          .toList();
    }

    Set<Long> knownHolds() {
      return holds.values().stream()
          .flatMap(List::stream)
          .map(CheckedOut::holdId)
          .collect(Collectors.toSet());
    }

    boolean allows(UserEvent event) {
      return switch (event) {
        case CheckedOut e ->
            (isOpen(e.code()) || !holds.containsKey(e.code()))
                && !refused.contains(e.holdId())
                && !knownHolds().contains(e.holdId())
                && new HashSet<>(e.items()).size() == e.items().size()
                && liveItems().stream().noneMatch(e.items()::contains);
        case Purchased e -> isOpen(e.code());
        case Released e -> isOpen(e.code());
        case Refused e -> !knownHolds().contains(e.holdId());
        case OrderPlaced _, OrderRejected _ ->
            throw new IllegalStateException("See UserOrderStateTest");
      };
    }

    void apply(UserEvent event) {
      switch (event) {
        case CheckedOut e -> holds.computeIfAbsent(e.code(), code -> new ArrayList<>()).add(e);
        case Purchased e -> purchased.add(e.code());
        case OrderPlaced _, OrderRejected _ ->
            throw new IllegalStateException("See UserOrderStateTest");
        case Released e -> {
          released.add(e.code());
          if (released.size() > UserState.REMEMBERED) {
            holds.remove(released.removeFirst());
          }
        }
        case Refused e -> {
          refused.add(e.holdId());
          if (refused.size() > UserState.REMEMBERED) {
            refused.removeFirst();
          }
        }
      }
    }

    void assertSameAs(UserState state, int itemsAndHolds) {
      assertThat(state.checkouts().keySet()).containsExactlyInAnyOrderElementsOf(holds.keySet());
      holds.forEach((code, of) -> assertSameAs(state.checkout(code), code, of));
      assertThat(state.refused()).isEqualTo(refused);
      assertThat(state.count()).isEqualTo(liveItems().size());
      Set<Integer> live = new HashSet<>(liveItems());
      for (int item = 0; item <= itemsAndHolds; item++) {
        assertThat(state.owning(item).isPresent()).isEqualTo(live.contains(item));
      }
      Set<Long> known = knownHolds();
      for (long hold = 0; hold <= Math.max(HOLDS, itemsAndHolds); hold++) {
        assertThat(state.byHold(hold).isPresent()).isEqualTo(known.contains(hold));
      }
    }

    private void assertSameAs(@Nullable Checkout checkout, UUID code, List<CheckedOut> of) {
      if (checkout == null) {
        throw new AssertionError("No checkout " + code);
      }
      assertThat(checkout.code()).isEqualTo(code);
      assertThat(checkout.isOpen()).isEqualTo(isOpen(code));
      assertThat(checkout.isReleased()).isEqualTo(released.contains(code));
      assertThat(checkout.status() == Checkout.Status.PURCHASED)
          .isEqualTo(purchased.contains(code));
      assertThat(checkout.holds())
          .isEqualTo(
              of.stream()
                  .map(hold -> new Checkout.Hold(hold.holdId(), hold.items(), hold.key()))
                  .toList());
    }
  }
}
