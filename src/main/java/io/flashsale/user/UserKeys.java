package io.flashsale.user;

import akka.persistence.typed.javadsl.ReplyEffect;
import io.flashsale.user.UserCommand.Buy;
import io.flashsale.user.UserCommand.CheckOut;
import io.flashsale.user.UserCommand.EarlierRead;
import io.flashsale.user.UserCommand.Request;
import io.flashsale.user.UserReply.Reason;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a request with an Idempotency-Key has done before: rule R9, and docs/adr/0012. A key does
 * one thing, and it is in the event of that.
 */
final class UserKeys {

  private final User user;
  private final UserId id;
  private final User.Surroundings surroundings;

  UserKeys(User user, UserId id, User.Surroundings surroundings) {
    this.user = user;
    this.id = id;
    this.surroundings = surroundings;
  }

  /** What names no code may be the repeat of what was done just before this sale opened. */
  ReplyEffect<UserEvent, UserState> unlessDoneEarlier(
      UserState state, Request request, @Nullable UUID key) {
    if (key == null || RequestKey.isNew(key) || state.byKey(key).isPresent()) {
      return user.begin(state, request);
    }
    return user.read(
        surroundings.earlier(id, key),
        (events, failure) -> new EarlierRead(request, key, failure == null ? events : null));
  }

  ReplyEffect<UserEvent, UserState> onEarlierRead(UserState state, EarlierRead read) {
    List<UserEvent> events = read.events();
    if (events == null) {
      return user.reject(read.request(), Reason.OUTCOME_UNKNOWN);
    }
    UserState earlier = UserState.EMPTY;
    for (UserEvent event : events) {
      earlier = earlier.apply(event);
    }
    var done = earlier.byKey(read.key());
    return done.isPresent()
        ? repeated(done.get(), read.request())
        : user.begin(state, read.request());
  }

  /** As the first time, whatever has become of it since. */
  ReplyEffect<UserEvent, UserState> repeated(UserState.Done done, Request request) {
    return switch (done) {
      case UserState.Done.CheckedOut was
          when request instanceof CheckOut c && was.isOf(c.items(), c.addTo()) -> {
        Checkout checkout = was.checkout();
        yield user.Effect()
            .reply(
                request.replyTo(),
                new UserReply.CheckedOut(
                    checkout.code(), checkout.itemsUpTo(was.number()), checkout.expiresAt()));
      }
      case UserState.Done.Placed(Order order)
          when request instanceof Buy c && c.item() == order.item() ->
          user.Effect().reply(c.replyTo(), new UserReply.OrderTaken(order.code(), order.item()));
      case UserState.Done.CheckedOut _, UserState.Done.Placed _, UserState.Done.Closed _ ->
          user.reject(request, Reason.KEY_REUSED);
    };
  }
}
