package io.flashsale.security;

import io.flashsale.ops.OperatorException;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of a URL. They are read again now and then, and when a token names one that is not
 * known; nobody waits for the former. Whoever makes up names causes one request in a while, and one
 * at a time. While the URL is away, or has nothing that can be used, the last keys stay.
 */
final class JwksUrl implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(JwksUrl.class);

  /** For the whole of an answer. */
  private static final Duration TIMEOUT = Duration.ofSeconds(3);

  private static final int MOST_BYTES = 128 * 1024;

  /** Before a start is given up. */
  private static final int TRIES = 3;

  private static final Duration TRY_AGAIN = Duration.ofSeconds(1);

  private final KeyLocation.Url url;
  private final InstantSource clock;
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();

  private volatile KeyRing ring;
  private volatile Instant dueAt; // may be read again, because they are old
  private String json;
  private Instant triedAt;
  private boolean away;
  private @Nullable CompletableFuture<KeyRing> reading;

  /**
   * Reads the keys.
   *
   * @throws OperatorException if they cannot be had
   */
  JwksUrl(KeyLocation.Url url, InstantSource clock) {
    this.url = url;
    this.clock = clock;
    this.json = first();
    this.ring = parse(json);
    this.triedAt = clock.instant();
    this.dueAt = triedAt.plus(url.every());
  }

  private String first() {
    for (int i = 1; ; i++) {
      try {
        String answer = get().join();
        var _ = parse(answer);
        return answer;
      } catch (CompletionException e) {
        if (i == TRIES) {
          client.close();
          throw new OperatorException(
              "JWT_JWKS_URL is %s, and its keys cannot be had: %s".formatted(url.uri(), reason(e)),
              e);
        }
        CompletableFuture.runAsync(
                () -> {},
                CompletableFuture.delayedExecutor(TRY_AGAIN.toMillis(), TimeUnit.MILLISECONDS))
            .join();
      }
    }
  }

  /** The keys as they are known; if that was long ago, they are read again meanwhile. */
  KeyRing ring() {
    if (clock.instant().isAfter(dueAt)) {
      var _ = again();
    }
    return ring;
  }

  /** Reads the keys again, unless that was just done. Never fails. */
  synchronized CompletableFuture<KeyRing> again() {
    if (reading != null) {
      return reading;
    }
    Instant now = clock.instant();
    if (now.isBefore(triedAt.plus(url.atMostEvery()))) {
      return CompletableFuture.completedFuture(ring);
    }
    triedAt = now;
    CompletableFuture<KeyRing> read = get().handle(this::read);
    reading = read.isDone() ? null : read;
    return read;
  }

  private synchronized KeyRing read(@Nullable String answer, @Nullable Throwable failure) {
    reading = null;
    try {
      if (answer == null) {
        throw new CompletionException(failure);
      }
      if (!answer.equals(json)) { // or what was verified would have to be verified again
        ring = parse(answer);
        json = answer;
        log.info("New keys from {}", url.uri());
      }
      dueAt = clock.instant().plus(url.every());
      away = false;
    } catch (RuntimeException e) { // of the library that reads them, too
      if (!away) {
        log.warn("The keys of {} cannot be had: {}; the last ones stay", url.uri(), reason(e));
      }
      away = true;
      dueAt = clock.instant().plus(url.atMostEvery());
    }
    return ring;
  }

  private CompletableFuture<String> get() {
    HttpRequest request =
        HttpRequest.newBuilder(url.uri()).header("Accept", "application/json").build();
    CompletableFuture<HttpResponse<String>> sent =
        client.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofString(), MOST_BYTES));
    return sent.copy()
        .orTimeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete((_, _) -> sent.cancel(true)) // nothing if it is done
        .thenApply(
            response -> {
              if (response.statusCode() != 200) {
                throw new CompletionException(
                    new IOException("it answers with status " + response.statusCode()));
              }
              return response.body();
            });
  }

  private static KeyRing parse(String json) {
    try {
      return KeyRing.ofSet(json);
    } catch (ParseException e) {
      throw new CompletionException(e);
    }
  }

  private static String reason(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return switch (cause) {
      case java.util.concurrent.TimeoutException _ -> "no answer in " + TIMEOUT.toSeconds() + " s";
      case java.net.ConnectException _ -> "nobody listens there";
      default -> String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    };
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
