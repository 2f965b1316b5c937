package io.flashsale.item;

import java.time.Instant;
import java.util.UUID;

/** What the journal of an item says. */
public sealed interface ItemEvent {

  /** The item is held by one attempt of one user. */
  record Reserved(UUID code, long holdId, long userId, Instant expiresAt) implements ItemEvent {}

  /** The user's journal says that this hold will never be bought. */
  record Released(long holdId) implements ItemEvent {}

  /** The user's journal says that this hold is bought. Nothing follows. */
  record Sold(UUID code, long holdId, long userId) implements ItemEvent {}
}
