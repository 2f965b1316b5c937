package io.flashsale.http;

import akka.http.javadsl.model.HttpEntity;
import akka.http.javadsl.model.HttpRequest;
import akka.http.scaladsl.model.EntityStreamSizeException;
import akka.stream.Materializer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A body that is read as a whole. */
final class RequestBody {

  /** By when all of it has to be there. */
  static final Duration TIMEOUT = Duration.ofSeconds(5);

  private RequestBody() {}

  /**
   * The stage fails with {@link EntityStreamSizeException} if it is larger, and with {@link
   * Parameters.Invalid} if it does not arrive in time.
   */
  static CompletionStage<HttpEntity.Strict> read(
      HttpRequest request, long mostBytes, Duration timeout, Materializer materializer) {
    return request
        .entity()
        .withSizeLimit(mostBytes)
        .toStrict(timeout.toMillis(), materializer)
        .exceptionallyCompose(
            failure ->
                CompletableFuture.failedFuture(
                    Door.cause(failure) instanceof EntityStreamSizeException tooLarge
                        ? tooLarge
                        : new Parameters.Invalid("body", "did not arrive")));
  }
}
