package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;

import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.stream.Materializer;
import io.flashsale.user.UserReply;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Requests that the node does not take, and the count of those that it has taken. */
class CheckoutAvailabilityTest extends WithCheckoutRoutes {

  private static final List<HttpRequest> ALL =
      List.of(
          post("/checkout?user_id=7&item_id=1"),
          post("/purchase?code=" + CODE),
          get("/checkout/" + CODE),
          delete("/checkout/" + CODE));

  @Test
  void refusesAllUntilTheNodeIsReady() {
    Availability starting = new Availability(2);
    CheckoutRoutes routes =
        new CheckoutRoutes(
            starting,
            Access.OPEN,
            board,
            TestServer.NOBODY,
            pastSales,
            Materializer.matFromSystem(testKit.system()));

    ALL.forEach(request -> problem(answer(routes, request), 503, "starting"));
    assertThat(starting.inFlight()).isZero();
  }

  @Test
  void refusesAllWhenTheNodeStopsAndIsNeverReadyAgain() {
    availability.stopping();
    availability.ready();

    ALL.forEach(request -> problem(answer(request), 503, "stopping"));
    assertThat(asked).isEmpty();
    assertThat(availability.inFlight()).isZero();
  }

  @Test
  void servesWhatComesBetweenTheOpeningOfItsPortAndReady() {
    Availability opening = new Availability(2);
    opening.opening();

    assertThat(opening.enter()).isNull();
    assertThat(opening.isReady()).isFalse();
    opening.ready();
    assertThat(opening.isReady()).isTrue();
    opening.opening();
    assertThat(opening.isReady()).isTrue();
  }

  @Test
  void servesWhatStillComesWhenOthersTakeOver() {
    reply =
        CompletableFuture.completedFuture(new UserReply.Rejected(UserReply.Reason.ITEM_RESERVED));
    availability.leaving();

    ALL.forEach(request -> problem(answer(request), 409, "item-reserved"));
    assertThat(availability.isReady()).isFalse();
  }

  @Test
  void finishesWhatItHasTakenWhenTheNodeStops() {
    CompletableFuture<UserReply> later = new CompletableFuture<>();
    reply = later;
    CompletionStage<HttpResponse> answer = routes().handle(post("/purchase?code=" + CODE));

    availability.stopping();
    assertThat(availability.inFlight()).isEqualTo(1);
    later.complete(new UserReply.Purchased(CODE, List.of(1)));

    assertThat(join(answer).status().intValue()).isEqualTo(200);
    assertThat(availability.inFlight()).isZero();
  }

  @Test
  void shedsWhatPassesTheBoundAndTakesRequestsAgainAfterwards() {
    CompletableFuture<UserReply> later = new CompletableFuture<>();
    reply = later;
    CheckoutRoutes routes = routes();
    CompletionStage<HttpResponse> first = routes.handle(ALL.get(0));
    CompletionStage<HttpResponse> second = routes.handle(ALL.get(1));

    ALL.forEach(request -> problem(answer(routes, request), 503, "overloaded"));
    assertThat(availability.inFlight()).isEqualTo(2);
    assertThat(asked).hasSize(2);

    later.complete(new UserReply.Rejected(UserReply.Reason.ITEM_RESERVED));
    problem(join(first), 409, "item-reserved");
    problem(join(second), 409, "item-reserved");
    assertThat(availability.inFlight()).isZero();
    ALL.forEach(request -> problem(answer(routes, request), 409, "item-reserved"));
    assertThat(availability.inFlight()).isZero();
  }

  @Test
  void countsNoRequestWhoseMethodIsWrong() {
    availability.stopping();

    problem(answer(get("/checkout")), 405, "method-not-allowed");
    assertThat(availability.inFlight()).isZero();
  }
}
