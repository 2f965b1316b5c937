package io.flashsale.http;

import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import io.flashsale.security.Identity;
import io.flashsale.security.InvalidToken;
import io.flashsale.security.TokenVerifier;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Who may act for a user: anybody, or only who shows a token of that user; and neither too often.
 */
public final class Access {

  /** Anybody may act for anybody, as often as they like. */
  public static final Access OPEN = new Access(null, FairUse.UNLIMITED);

  private static final String SCHEME = "bearer ";

  /** A request that is refused for who it is from: nothing has been done. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient HttpResponse response;

    Refused(HttpResponse response) {
      super(null, null, false, false);
      this.response = response;
    }

    HttpResponse response() {
      return response;
    }
  }

  /** Somebody who asks. */
  final class Caller {

    /** Null if nobody is asked for a token. */
    private final @Nullable Identity identity;

    private Caller(@Nullable Identity identity) {
      this.identity = identity;
    }

    /**
     * Counts a request that is made for this user.
     *
     * @throws Refused if it may not be
     */
    void actFor(long user) {
      if (identity != null && (identity.user() == null || identity.user() != user)) {
        throw new Refused(Problem.FORBIDDEN.response());
      }
      HttpResponse tooMany = fairUse.refusal(user);
      if (tooMany != null) {
        throw new Refused(tooMany);
      }
    }
  }

  private final @Nullable TokenVerifier tokens;
  private final FairUse fairUse;
  private final Caller anybody = new Caller(null);
  private final CompletionStage<Caller> everybody = CompletableFuture.completedFuture(anybody);

  /**
   * Access by tokens, or for everybody.
   *
   * @param tokens null: nobody is asked for one
   */
  public Access(@Nullable TokenVerifier tokens, FairUse fairUse) {
    this.tokens = tokens;
    this.fairUse = fairUse;
  }

  FairUse fairUse() {
    return fairUse;
  }

  /**
   * Who makes a request without a token.
   *
   * @throws Refused if there has to be one
   */
  Caller anonymous() {
    if (tokens != null) {
      throw new Refused(Problem.TOKEN_MISSING.response());
    }
    return anybody;
  }

  /**
   * Who makes the request. The stage fails with {@link Refused} without a token that is accepted,
   * if there have to be tokens.
   *
   * @param executor goes on with the request, if its token has to be verified
   */
  CompletionStage<Caller> caller(HttpRequest request, Executor executor) {
    return tokens == null
        ? everybody
        : identity(tokens, request, Problem.TOKEN_MISSING, executor).thenApply(Caller::new);
  }

  /** Whether the request shows a token, of whatever kind, and anybody looks at it. */
  boolean showsToken(HttpRequest request) {
    return tokens != null && !credentials(request).isEmpty();
  }

  /** The token that a request shows which has been accepted. */
  static @Nullable String token(HttpRequest request) {
    return bearer(credentials(request).getFirst());
  }

  /**
   * Who has this token, if there have to be tokens. The stage fails with {@link Refused} if it is
   * not accepted, or null.
   *
   * @param executor goes on, if it has to be verified
   */
  CompletionStage<Caller> caller(@Nullable String token, Executor executor) {
    if (tokens == null) {
      return everybody;
    }
    return token == null
        ? CompletableFuture.failedFuture(new Refused(Problem.TOKEN_MISSING.response()))
        : verified(tokens, token, executor).thenApply(Caller::new);
  }

  /** Whether there are tokens of operators. */
  boolean knowsOperators() {
    return tokens != null && tokens.knowsOperators();
  }

  /** Fails with {@link Refused} unless the request has the token of an operator. */
  CompletionStage<Identity> operator(HttpRequest request, Executor executor) {
    if (tokens == null || !tokens.knowsOperators()) {
      return CompletableFuture.failedFuture(new Refused(Problem.UNAUTHORIZED.response()));
    }
    return identity(tokens, request, Problem.UNAUTHORIZED, executor)
        .thenApply(
            identity -> {
              if (!identity.operator()) {
                throw new Refused(Problem.FORBIDDEN.response());
              }
              return identity;
            });
  }

  private static CompletionStage<Identity> identity(
      TokenVerifier tokens, HttpRequest request, Problem missing, Executor executor) {
    List<String> given = credentials(request);
    if (given.isEmpty()) {
      return CompletableFuture.failedFuture(new Refused(missing.response()));
    }
    String token = bearer(given.getFirst());
    if (given.size() > 1 || token == null) {
      return refused(new InvalidToken("Authorization is to be one Bearer token"));
    }
    return verified(tokens, token, executor);
  }

  private static CompletionStage<Identity> verified(
      TokenVerifier tokens, String token, Executor executor) {
    CompletionStage<Identity> verified;
    try {
      verified = tokens.verify(token).exceptionallyCompose(Access::refused);
    } catch (RejectedExecutionException e) {
      return refused(e);
    }
    if (verified.toCompletableFuture().isDone()) {
      return verified;
    }
    // The threads that verify are to do nothing else.
    return verified.handleAsync(
        (identity, failure) -> failure == null ? identity : rethrown(failure), executor);
  }

  private static Identity rethrown(Throwable failure) {
    throw Door.cause(failure) instanceof RuntimeException e
        ? e
        : new IllegalStateException(failure);
  }

  private static CompletionStage<Identity> refused(Throwable failure) {
    return CompletableFuture.failedFuture(
        switch (Door.cause(failure)) {
          case InvalidToken e ->
              new Refused(Problem.INVALID_TOKEN.about(null, String.valueOf(e.getMessage())));
          case RejectedExecutionException _ -> new Refused(Problem.OVERLOADED.response());
          case Throwable e -> e;
        });
  }

  private static List<String> credentials(HttpRequest request) {
    return Headers.all(request, "authorization");
  }

  /** What is shown by RFC 6750, or null. */
  static @Nullable String bearer(String credentials) {
    return credentials.toLowerCase(Locale.ROOT).startsWith(SCHEME)
        ? credentials.substring(SCHEME.length()).strip()
        : null;
  }
}
