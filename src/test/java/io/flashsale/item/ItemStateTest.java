package io.flashsale.item;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ItemStateTest {

  private static final UUID CODE = new UUID(0, 1);
  private static final UUID OTHER_CODE = new UUID(0, 2);
  private static final Instant EXPIRES_AT = Instant.parse("2026-03-01T12:01:00Z");

  private static final ItemState AVAILABLE = new ItemState.Available();
  private static final ItemState HELD = new ItemState.Held(CODE, 11, 7, EXPIRES_AT);
  private static final ItemState SOLD = new ItemState.Sold(CODE, 11, 7);

  private static final ItemEvent RESERVED = new ItemEvent.Reserved(CODE, 11, 7, EXPIRES_AT);
  private static final ItemEvent RELEASED = new ItemEvent.Released(11);
  private static final ItemEvent BOUGHT = new ItemEvent.Sold(CODE, 11, 7);

  @Test
  void anAvailableItemIsHeldByTheHoldThatReservesIt() {
    assertThat(AVAILABLE.apply(RESERVED)).isEqualTo(HELD);
  }

  @Test
  void isAvailableAgainWhenItsHoldIsReleased() {
    assertThat(HELD.apply(RELEASED)).isEqualTo(AVAILABLE);
  }

  @Test
  void isSoldToTheHoldThatHoldsIt() {
    assertThat(HELD.apply(BOUGHT)).isEqualTo(SOLD);
  }

  @Test
  void canBeHeldBySomebodyElseAfterARelease() {
    ItemEvent.Reserved next = new ItemEvent.Reserved(OTHER_CODE, 12, 8, EXPIRES_AT.plusSeconds(60));

    assertThat(HELD.apply(RELEASED).apply(next))
        .isEqualTo(new ItemState.Held(OTHER_CODE, 12, 8, EXPIRES_AT.plusSeconds(60)));
  }

  @Test
  void whatIsNotHeldCannotBeReleased() {
    impossible(AVAILABLE, RELEASED);
  }

  @Test
  void whatIsNotHeldCannotBeSold() {
    impossible(AVAILABLE, BOUGHT);
  }

  @Test
  void isNeverHeldTwice() {
    impossible(HELD, new ItemEvent.Reserved(OTHER_CODE, 12, 8, EXPIRES_AT));
  }

  @Test
  void isNeverReservedAgainByTheVerySameHold() {
    impossible(HELD, RESERVED);
  }

  @Test
  void isReleasedOnlyByTheHoldThatHoldsIt() {
    impossible(HELD, new ItemEvent.Released(12));
  }

  @Test
  void isSoldOnlyToTheHoldThatHoldsIt() {
    impossible(HELD, new ItemEvent.Sold(CODE, 12, 7));
  }

  @Test
  void isSoldOnlyToTheUserWhoHoldsIt() {
    impossible(HELD, new ItemEvent.Sold(CODE, 11, 8));
  }

  @Test
  void isSoldOnlyUnderTheCodeThatHoldsIt() {
    impossible(HELD, new ItemEvent.Sold(OTHER_CODE, 11, 7));
  }

  @Test
  void anEndedHoldOfTheSameCodeEndsNoLaterOne() {
    ItemState again = HELD.apply(RELEASED).apply(new ItemEvent.Reserved(CODE, 12, 7, EXPIRES_AT));

    impossible(again, RELEASED);
    impossible(again, BOUGHT);
  }

  @Test
  void whatIsSoldIsNeverHeldAgain() {
    impossible(SOLD, RESERVED);
  }

  @Test
  void whatIsSoldIsNeverReleased() {
    impossible(SOLD, RELEASED);
  }

  @Test
  void whatIsSoldIsNeverSoldAgain() {
    impossible(SOLD, BOUGHT);
    impossible(SOLD, new ItemEvent.Sold(OTHER_CODE, 12, 8));
  }

  /** Whatever comes, it is either impossible or does what the rules say. */
  @Property
  void changesOnlyByTheHoldThatHoldsIt(@ForAll("events") List<ItemEvent> events) {
    ItemState state = AVAILABLE;
    ItemEvent.@Nullable Reserved holder = null;
    boolean sold = false;
    for (ItemEvent event : events) {
      boolean byHolder =
          holder != null
              && !sold
              && switch (event) {
                case ItemEvent.Reserved e -> false;
                case ItemEvent.Released e -> e.holdId() == holder.holdId();
                case ItemEvent.Sold e ->
                    e.equals(new ItemEvent.Sold(holder.code(), holder.holdId(), holder.userId()));
              };
      if (event instanceof ItemEvent.Reserved e && holder == null) {
        holder = e;
        state = state.apply(e);
        assertThat(state)
            .isEqualTo(new ItemState.Held(e.code(), e.holdId(), e.userId(), e.expiresAt()));
      } else if (!byHolder) {
        impossible(state, event);
      } else if (event instanceof ItemEvent.Released) {
        holder = null;
        state = state.apply(event);
        assertThat(state).isEqualTo(AVAILABLE);
      } else if (event instanceof ItemEvent.Sold e) {
        sold = true;
        state = state.apply(event);
        assertThat(state).isEqualTo(new ItemState.Sold(e.code(), e.holdId(), e.userId()));
      }
    }
  }

  /** Few codes, holds and users, so that they meet. */
  @Provide
  Arbitrary<List<ItemEvent>> events() {
    Arbitrary<UUID> codes = Arbitraries.of(CODE, OTHER_CODE);
    Arbitrary<Long> holds = Arbitraries.longs().between(1, 3);
    Arbitrary<Long> users = Arbitraries.longs().between(1, 2);
    Arbitrary<ItemEvent> reserved =
        Combinators.combine(codes, holds, users)
            .as((code, hold, user) -> new ItemEvent.Reserved(code, hold, user, EXPIRES_AT));
    Arbitrary<ItemEvent> released = holds.map(ItemEvent.Released::new);
    Arbitrary<ItemEvent> sold = Combinators.combine(codes, holds, users).as(ItemEvent.Sold::new);
    return Arbitraries.oneOf(reserved, released, sold).list().ofMaxSize(40);
  }

  private static void impossible(ItemState state, ItemEvent event) {
    assertThatIllegalStateException()
        .isThrownBy(() -> state.apply(event))
        .withMessageContaining(event.toString())
        .withMessageContaining(state.toString());
  }
}
