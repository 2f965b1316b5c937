package io.flashsale.item;

import java.time.Instant;
import java.util.UUID;

/**
 * An item is available, held by exactly one hold, or sold for ever. Pure: events in, states out.
 */
public sealed interface ItemState {

  /**
   * The state after this event.
   *
   * @throws IllegalStateException if the journal says what can never follow
   */
  ItemState apply(ItemEvent event);

  record Available() implements ItemState {
    @Override
    public ItemState apply(ItemEvent event) {
      return switch (event) {
        case ItemEvent.Reserved e -> new Held(e.code(), e.holdId(), e.userId(), e.expiresAt());
        case ItemEvent.Released e -> throw impossible(this, e);
        case ItemEvent.Sold e -> throw impossible(this, e);
      };
    }
  }

  record Held(UUID code, long holdId, long userId, Instant expiresAt) implements ItemState {
    @Override
    public ItemState apply(ItemEvent event) {
      return switch (event) {
        case ItemEvent.Released e when e.holdId() == holdId -> new Available();
        case ItemEvent.Sold e
            when e.holdId() == holdId && e.userId() == userId && e.code().equals(code) ->
            new Sold(code, holdId, userId);
        case ItemEvent.Reserved e -> throw impossible(this, e);
        case ItemEvent.Released e -> throw impossible(this, e);
        case ItemEvent.Sold e -> throw impossible(this, e);
      };
    }
  }

  record Sold(UUID code, long holdId, long userId) implements ItemState {
    @Override
    public ItemState apply(ItemEvent event) {
      throw impossible(this, event);
    }
  }

  private static IllegalStateException impossible(ItemState state, ItemEvent event) {
    return new IllegalStateException(event + " cannot follow " + state);
  }
}
