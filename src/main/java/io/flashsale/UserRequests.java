package io.flashsale;

import akka.actor.Cancellable;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Scheduler;
import akka.actor.typed.scaladsl.AskPattern;
import akka.cluster.sharding.typed.javadsl.EntityRef;
import akka.util.Timeout;
import io.flashsale.http.CheckoutRoutes;
import io.flashsale.user.RequestKey;
import io.flashsale.user.UserCommand;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import io.flashsale.user.UserReply.Reason;
import io.flashsale.user.UserReply.Rejected;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import scala.concurrent.ExecutionContext;

/**
 * Asks users, wherever they live.
 *
 * <p>Between nodes a request may get lost: a shard that moves drops what reaches it too late. So a
 * node of several sends what is not answered once more, under a key, by which it is done once. And
 * an item whose shard moves may answer later than an attempt waits: then nothing has been done, and
 * the user is asked for another attempt, once, instead of the client.
 *
 * <p>An answer is passed on by the thread that brings it: the stage that {@code EntityRef.ask}
 * gives to Java would go through the common pool of the JVM, and each answer would wake two
 * threads.
 */
final class UserRequests implements CheckoutRoutes.Users {

  private final Function<UserId, EntityRef<UserCommand>> users;
  private final Scheduler scheduler;
  private final Duration within;
  private final @Nullable Duration again;

  /**
   * Nobody is asked yet.
   *
   * @param within the answer comes, or the stage fails
   * @param again after which a request that does something is sent once more, and again; null if
   *     none can get lost but with its user
   */
  UserRequests(
      Function<UserId, EntityRef<UserCommand>> users,
      Scheduler scheduler,
      Duration within,
      @Nullable Duration again) {
    this.users = users;
    this.scheduler = scheduler;
    this.within = within;
    this.again = again;
  }

  @Override
  public CompletionStage<UserReply> ask(
      UserId id, Function<ActorRef<UserReply>, UserCommand.Request> request) {
    EntityRef<UserCommand> user = users.apply(id);
    if (again == null) {
      return send(user, request, within);
    }
    long began = System.nanoTime();
    CompletableFuture<UserReply> first = repeatedly(user, request, within, again);
    return first.thenCompose(
        reply -> {
          Duration left = within.minusNanos(System.nanoTime() - began);
          return reply instanceof Rejected(Reason reason)
                  && reason == Reason.OVERLOADED
                  && left.compareTo(again) > 0
              ? repeatedly(user, request, left, again)
              : first;
        });
  }

  private CompletableFuture<UserReply> repeatedly(
      EntityRef<UserCommand> user,
      Function<ActorRef<UserReply>, UserCommand.Request> request,
      Duration within,
      Duration again) {
    AtomicReference<UserCommand.Request> sent = new AtomicReference<>();
    CompletableFuture<UserReply> answer =
        send(user, replyTo -> sent.updateAndGet(_ -> withKey(request.apply(replyTo))), within);
    UserCommand.Request unanswered = sent.get();
    if (unanswered.key() != null) {
      Cancellable sending =
          scheduler.scheduleAtFixedRate(
              again, again, () -> user.tell(unanswered), ExecutionContext.parasitic$.MODULE$);
      var _ = answer.whenComplete((_, _) -> sending.cancel());
    }
    return answer;
  }

  private static UserCommand.Request withKey(UserCommand.Request request) {
    return request.key() == null ? request.withKey(RequestKey.create()) : request;
  }

  private CompletableFuture<UserReply> send(
      EntityRef<UserCommand> user,
      Function<ActorRef<UserReply>, ? extends UserCommand> request,
      Duration within) {
    CompletableFuture<UserReply> answer = new CompletableFuture<>();
    new AskPattern.Askable<>(user)
        .<UserReply>ask(request::apply, Timeout.create(within), scheduler)
        .onComplete(
            result ->
                result.isSuccess()
                    ? answer.complete(result.get())
                    : answer.completeExceptionally(result.failed().get()),
            ExecutionContext.parasitic$.MODULE$);
    return answer;
  }
}
