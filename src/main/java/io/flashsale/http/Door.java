package io.flashsale.http;

import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.scaladsl.model.EntityStreamSizeException;
import akka.http.scaladsl.model.IllegalUriException;
import akka.stream.Materializer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where requests come in that are counted: those that ask an actor. */
final class Door {

  private static final Logger log = LoggerFactory.getLogger(Door.class);

  private final Availability availability;
  private final Access access;
  private final Materializer materializer;

  Door(Availability availability, Access access, Materializer materializer) {
    this.availability = availability;
    this.access = access;
    this.materializer = materializer;
  }

  interface Answer {
    CompletionStage<HttpResponse> get();
  }

  interface AnswerTo {
    CompletionStage<HttpResponse> get(Access.Caller caller);
  }

  /** As {@link #guarded}, for what is done for a user: whoever asks is known first. */
  CompletionStage<HttpResponse> identified(HttpRequest request, AnswerTo answer) {
    return guarded(
        request,
        () ->
            access
                .caller(request, materializer.executionContext())
                .whenComplete(
                    (_, refused) -> {
                      if (refused != null) {
                        request.discardEntityBytes(materializer);
                      }
                    })
                .thenCompose(answer::get));
  }

  /** The same for a plain request, which has no token. */
  CompletionStage<HttpResponse> identified(AnswerTo answer) {
    return guarded(() -> answer.get(access.anonymous()));
  }

  /** As the other one; nobody reads the body of a request that is refused. */
  CompletionStage<HttpResponse> guarded(HttpRequest request, Answer answer) {
    Problem refusal = availability.enter();
    if (refusal != null) {
      request.discardEntityBytes(materializer);
      return CompletableFuture.completedFuture(refusal.response());
    }
    return answered(answer);
  }

  /** Counts the request, and turns whatever goes wrong into a problem: the stage does not fail. */
  CompletionStage<HttpResponse> guarded(Answer answer) {
    Problem refusal = availability.enter();
    return refusal == null
        ? answered(answer)
        : CompletableFuture.completedFuture(refusal.response());
  }

  private CompletionStage<HttpResponse> answered(Answer answer) {
    CompletionStage<HttpResponse> response;
    try {
      response = answer.get();
    } catch (RuntimeException e) {
      response = CompletableFuture.failedFuture(e);
    }
    return response.handle(
        (answered, failure) -> {
          availability.leave();
          return failure == null ? answered : failed(failure);
        });
  }

  /** No answer in time, or lost on the way: nobody knows whether it was done. */
  static HttpResponse failed(Throwable failure) {
    return switch (cause(failure)) {
      case Access.Refused e -> e.response();
      case Parameters.Invalid e -> Problem.INVALID_PARAMETER.about(e.parameter(), e.detail());
      case IllegalUriException e -> Problem.INVALID_PARAMETER.about("query", "is malformed");
      case EntityStreamSizeException e -> Problem.CONTENT_TOO_LARGE.response();
      case TimeoutException _ -> Problem.OUTCOME_UNKNOWN.response();
      case Throwable e -> {
        log.error("A request failed", e);
        yield Problem.OUTCOME_UNKNOWN.response();
      }
    };
  }

  static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException e && e.getCause() != null
        ? e.getCause()
        : failure;
  }
}
