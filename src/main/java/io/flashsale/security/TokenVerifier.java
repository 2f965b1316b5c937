package io.flashsale.security;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.BadJWTException;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.jwt.proc.ExpiredJWTException;
import java.text.ParseException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Verifies JSON Web Tokens (RFC 7519, RFC 8725): signature, times, issuer and audience. Signatures
 * are checked on threads of their own, so that nobody's bad token holds up an event loop, and a
 * token that was good is known for as long as it is valid and its keys are in use.
 */
public final class TokenVerifier implements AutoCloseable {

  /** Tokens that wait for a thread; more are refused. At 100 µs each the last one waits 0.1 s. */
  private static final int MOST_WAITING = 1_000;

  /** Characters of the tokens that are known: some 20,000 tokens. */
  private static final long MOST_CHARACTERS = 16_000_000;

  private static final DefaultJOSEObjectTypeVerifier<SecurityContext> TYPES =
      new DefaultJOSEObjectTypeVerifier<>(
          JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null); // null: it may be left out

  /**
   * What a token has to say, besides who it is of.
   *
   * @param issuer its {@code iss}; null: any
   * @param audience one of its {@code aud}; null: any
   * @param leeway how far the clocks of the issuer and of this node may be apart
   * @param roleClaim where the roles are, with dots for what is inside: a list, or words
   * @param operatorRole the role of operators; null: there is none
   */
  public record Rules(
      @Nullable String issuer,
      @Nullable String audience,
      Duration leeway,
      String roleClaim,
      @Nullable String operatorRole) {}

  /** A token that was good, when it was verified with these keys. */
  private record Known(KeyRing keys, long untilMillis, CompletableFuture<Identity> identity) {}

  private final @Nullable JwksUrl url;
  private final @Nullable KeyRing fixed;
  private final Rules rules;
  private final InstantSource clock;
  private final ExecutorService threads;
  private final DefaultJWTClaimsVerifier<SecurityContext> claims;
  private final Cache<String, Known> known =
      Caffeine.newBuilder()
          .maximumWeight(MOST_CHARACTERS)
          .<String, Known>weigher((token, _) -> token.length())
          .executor(Runnable::run)
          .build();

  /**
   * Reads the keys.
   *
   * @param threads that check signatures
   * @throws io.flashsale.ops.OperatorException if there are no keys
   */
  public TokenVerifier(KeyLocation keys, Rules rules, int threads, InstantSource clock) {
    this.rules = rules;
    this.clock = clock;
    this.url = keys instanceof KeyLocation.Url at ? new JwksUrl(at, clock) : null;
    this.fixed =
        switch (keys) {
          case KeyLocation.Url _ -> null;
          case KeyLocation.PublicKey(var file) -> KeyRing.ofPublicKey(file);
          case KeyLocation.Secret(var file) -> KeyRing.ofSecret(file);
        };
    this.claims = new Claims(rules, clock);
    this.threads =
        new ThreadPoolExecutor(
            threads,
            threads,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MOST_WAITING),
            Thread.ofPlatform().name("tokens-", 0).daemon().factory());
  }

  /** The claims that are asked for. {@code exp} is one of them: no token is for ever. */
  private static final class Claims extends DefaultJWTClaimsVerifier<SecurityContext> {
    private final InstantSource clock;

    Claims(Rules rules, InstantSource clock) {
      super(
          rules.audience() == null ? null : Set.of(rules.audience()),
          rules.issuer() == null ? null : new JWTClaimsSet.Builder().issuer(rules.issuer()).build(),
          Set.of("exp"),
          Set.of());
      this.clock = clock;
      setMaxClockSkew((int) rules.leeway().toSeconds());
    }

    @Override
    @SuppressWarnings("JavaUtilDate") // the library has no other
    protected Date currentTime() {
      return Date.from(clock.instant());
    }
  }

  /** Whether there are tokens of operators. */
  public boolean knowsOperators() {
    return rules.operatorRole() != null;
  }

  /**
   * Whom the token is of. The stage is completed already if the token is known. It fails with
   * {@link InvalidToken}, or with {@link java.util.concurrent.RejectedExecutionException} if too
   * many wait.
   */
  public CompletionStage<Identity> verify(String token) {
    KeyRing keys = keys();
    Known before = known.getIfPresent(token);
    if (before != null && before.keys == keys && clock.millis() < before.untilMillis) {
      return before.identity;
    }
    return CompletableFuture.supplyAsync(() -> verified(token, keys), threads)
        .thenCompose(
            identity ->
                identity != null
                    ? CompletableFuture.completedFuture(identity)
                    : withNewerKeys(token, keys));
  }

  private KeyRing keys() {
    return url != null ? url.ring() : java.util.Objects.requireNonNull(fixed);
  }

  private CompletionStage<Identity> withNewerKeys(String token, KeyRing older) {
    return java.util.Objects.requireNonNull(url)
        .again()
        .thenApplyAsync(
            newer -> {
              Identity identity = newer == older ? null : verified(token, newer);
              if (identity == null) {
                throw new InvalidToken("Its key is not known");
              }
              return identity;
            },
            threads);
  }

  /** Null if the key is not one of these. */
  private @Nullable Identity verified(String token, KeyRing keys) {
    try {
      SignedJWT jwt = SignedJWT.parse(token);
      if (keys.lacks(jwt.getHeader())) {
        return null;
      }
      DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
      processor.setJWSTypeVerifier(TYPES);
      processor.setJWSKeySelector(keys.selector());
      processor.setJWTClaimsSetVerifier(claims);
      JWTClaimsSet read = processor.process(jwt, null);
      Identity identity = new Identity(user(read.getSubject()), isOperator(read));
      long until = read.getExpirationTime().toInstant().toEpochMilli() + rules.leeway().toMillis();
      known.put(token, new Known(keys, until, CompletableFuture.completedFuture(identity)));
      return identity;
    } catch (ParseException e) {
      throw new InvalidToken("It is not a signed JSON Web Token");
    } catch (ExpiredJWTException e) {
      throw new InvalidToken("It has expired");
    } catch (BadJWTException e) {
      throw new InvalidToken("Its exp, nbf, iss or aud is missing, or not accepted");
    } catch (BadJOSEException | JOSEException e) {
      throw new InvalidToken("Its signature, algorithm or type is not accepted");
    }
  }

  /** As numbers are written, and in no other way. */
  private static @Nullable Long user(@Nullable String subject) {
    try {
      Long number = subject == null ? null : Long.valueOf(subject);
      return number != null && number.toString().equals(subject) ? number : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private boolean isOperator(JWTClaimsSet read) {
    if (rules.operatorRole() == null) {
      return false;
    }
    Object value = read.getClaim(rules.roleClaim());
    if (value == null) {
      value = read.getClaims();
      for (String name : rules.roleClaim().split("\\.", -1)) {
        value = value instanceof Map<?, ?> map ? map.get(name) : null;
      }
    }
    return switch (value) {
      case Collection<?> roles -> roles.contains(rules.operatorRole());
      case String words -> List.of(words.split(" ", -1)).contains(rules.operatorRole());
      case null, default -> false;
    };
  }

  @Override
  public void close() {
    threads.shutdownNow();
    if (url != null) {
      url.close();
    }
  }
}
