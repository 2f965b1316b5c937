package io.flashsale.user;

import akka.actor.typed.ActorRef;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.flashsale.item.Item;
import io.flashsale.wire.CborSerializable;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a {@link User} is told. */
public sealed interface UserCommand extends CborSerializable {

  /**
   * A command of a client, answered with a {@link UserReply}, or never if the outcome is not known.
   */
  sealed interface Request extends UserCommand {
    ActorRef<UserReply> replyTo();

    /** The hash of the Idempotency-Key, or what {@link RequestKey} has made; null for none. */
    default @Nullable UUID key() {
      return null;
    }

    /** The same with this key, if it does anything. */
    default Request withKey(UUID key) {
      return this;
    }
  }

  /**
   * Check out items, all or none: {@link UserReply.CheckedOut} once that is durable.
   *
   * @param addTo the code of an open checkout to add to, or null for a new one
   * @param key the hash of the Idempotency-Key
   * @param trace the step that asks for it, if it is followed; no byte on the wire if not
   */
  record CheckOut(
      List<Integer> items,
      @Nullable UUID addTo,
      @Nullable UUID key,
      Terms terms,
      ActorRef<UserReply> replyTo,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String trace)
      implements Request {
    public CheckOut {
      items = List.copyOf(items);
    }

    /** One that is not followed. */
    public CheckOut(
        List<Integer> items,
        @Nullable UUID addTo,
        @Nullable UUID key,
        Terms terms,
        ActorRef<UserReply> replyTo) {
      this(items, addTo, key, terms, replyTo, null);
    }

    @Override
    public CheckOut withKey(UUID key) {
      return new CheckOut(items, addTo, key, terms, replyTo, trace);
    }
  }

  /**
   * Buy all that is held under the code: {@link UserReply.Purchased} once that is durable.
   *
   * @param trace as of a checkout
   */
  record Purchase(
      UUID code,
      @Nullable UUID key,
      ActorRef<UserReply> replyTo,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String trace)
      implements Request {

    /** One that is not followed. */
    public Purchase(UUID code, @Nullable UUID key, ActorRef<UserReply> replyTo) {
      this(code, key, replyTo, null);
    }

    @Override
    public Purchase withKey(UUID key) {
      return new Purchase(code, key, replyTo, trace);
    }
  }

  /** End an open checkout without buying: {@link UserReply.Released} once that is durable. */
  record GiveUp(UUID code, @Nullable UUID key, ActorRef<UserReply> replyTo) implements Request {
    @Override
    public GiveUp withKey(UUID key) {
      return new GiveUp(code, key, replyTo);
    }
  }

  /** Answered with {@link UserReply.Shown}. */
  record Show(UUID code, ActorRef<UserReply> replyTo) implements Request {}

  /** Answered with {@link UserReply.ShownAll}, never from a log that is behind the journal. */
  record ShowAll(ActorRef<UserReply> replyTo) implements Request {}

  /**
   * Take an order for one item: {@link UserReply.OrderTaken} once that is durable.
   *
   * @param key the hash of the Idempotency-Key
   * @param sold whether the item is known to be sold: then only a repeat is answered
   */
  record Buy(int item, @Nullable UUID key, boolean sold, Terms terms, ActorRef<UserReply> replyTo)
      implements Request {
    @Override
    public Buy withKey(UUID key) {
      return new Buy(item, key, sold, terms, replyTo);
    }
  }

  /**
   * Answered with {@link UserReply.OrderShown}.
   *
   * @param await only when the order has ended, or when too many wait already
   */
  record ShowOrder(UUID code, boolean await, ActorRef<UserReply> replyTo) implements Request {}

  /**
   * Answered with {@link UserReply.OrdersShown}, as this incarnation knows them: what it omits, it
   * does not deny.
   */
  record ShowOrders(ActorRef<UserReply> replyTo) implements Request {}

  /** Go on with a pending order; local. */
  record WorkOff(UUID code) implements UserCommand {}

  /**
   * Be in memory, and know the whole journal: so its shard has a place, and an order that is
   * pending there is worked off. No answer.
   *
   * @param highest a sequence number that is in the journal; 0 if nobody has looked
   */
  record Wake(long highest) implements UserCommand {}

  /** Leave memory if nothing is being decided, or say nothing; local, see {@link RepeatedLeave}. */
  enum Leave implements UserCommand {
    NOW
  }

  /**
   * The question of an item that is held past its time, or in the way of a new attempt. The answer
   * is a {@code Confirm} or a {@code Release} to the item; silence means "not yet".
   */
  record AskOutcome(UUID code, long holdId, int item) implements UserCommand {}

  /** An item has answered; local. */
  record ItemReplied(Item.Reply reply) implements UserCommand {}

  /** Local. */
  record AskAgain(long holdId) implements UserCommand {}

  /** Local. */
  record AttemptTimedOut(long holdId) implements UserCommand {}

  /**
   * How far the journal goes, -1 if it could not be read; local.
   *
   * @param otherwise the answer if there is nothing new in it
   */
  record JournalRead(Request request, UserReply.Reason otherwise, long highestSequenceNr)
      implements UserCommand {}

  /**
   * What the key of the request, which names no code, has done in an earlier sale; local.
   *
   * @param events of that sale, none if the key is new, null if they could not be read
   */
  record EarlierRead(Request request, UUID key, @Nullable List<UserEvent> events)
      implements UserCommand {}

  /** What the sale allows, as journaled by the coordinator; it travels with the request. */
  record Terms(int limit, Duration holdTtl) {}
}
