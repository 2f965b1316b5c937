package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;

import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpResponse;
import akka.stream.Materializer;
import com.fasterxml.jackson.databind.JsonNode;
import io.flashsale.item.ItemId;
import io.flashsale.sale.Boards;
import io.flashsale.user.Checkout;
import io.flashsale.user.CheckoutCode;
import io.flashsale.user.UserCommand;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the user decides, and how the client hears of it. */
class CheckoutRoutesTest extends WithCheckoutRoutes {

  private static final String CHECKOUT = "/checkout?user_id=7&item_id=1&item_id=2";
  private static final String PURCHASE = "/purchase?code=" + CODE;
  private static final String SHOW = "/checkout/" + CODE;

  // ---------------------------------------------------------------- what is done

  @Test
  void answersACheckoutWithTheCodeAndNothingElse() {
    usersSay(new UserReply.CheckedOut(CODE, List.of(1, 2), EXPIRES));

    HttpResponse response = answer(post(CHECKOUT));

    assertThat(response.status().intValue()).isEqualTo(200);
    assertThat(response.entity().getContentType()).isEqualTo(ContentTypes.TEXT_PLAIN_UTF8);
    assertThat(body(response)).isEqualTo(CODE.toString());
  }

  @Test
  void answersACheckoutWithJsonIfThatIsAccepted() {
    usersSay(new UserReply.CheckedOut(CODE, List.of(1, 2), EXPIRES));

    JsonNode body = read(answer(json(post(CHECKOUT))));

    assertThat(body.path("code").asText()).isEqualTo(CODE.toString());
    assertThat(body.path("items_count").asInt()).isEqualTo(2);
    assertThat(body.path("items").toString()).isEqualTo("[1,2]");
    assertThat(body.path("expires_at").asText()).isEqualTo("2026-03-01T12:01:00Z");
    assertThat(body.path("sale_id").asLong()).isEqualTo(3);
    assertThat(body.path("sale_ends_at").asText()).isEqualTo("2026-03-01T13:00:00Z");
  }

  /** With its key it was repeated, and it was done in an earlier sale. */
  @ParameterizedTest
  @CsvSource({"1, 2026-03-01T11:00:00Z", "2, 2026-03-01T12:00:00Z"})
  void answersACheckoutOfAnEarlierSaleWithThatSale(long sale, String endsAt) {
    UUID code = CheckoutCode.create(new UserId(sale, 7), RandomGenerator.getDefault());
    usersSay(new UserReply.CheckedOut(code, List.of(1), EXPIRES));

    JsonNode body = read(answer(json(keyed(post(CHECKOUT), "key"))));

    assertThat(body.path("sale_id").asLong()).isEqualTo(sale);
    assertThat(body.path("sale_ends_at").asText()).isEqualTo(endsAt);
    assertThat(asked).containsExactly(USER);
  }

  @Test
  void doesNotAnswerHalfWhenAnEarlierSaleCannotBeRead() {
    UUID code = CheckoutCode.create(new UserId(1, 7), RandomGenerator.getDefault());
    usersSay(new UserReply.CheckedOut(code, List.of(1), EXPIRES));
    pastSales = _ -> CompletableFuture.failedFuture(new IllegalStateException("No connection"));

    problem(answer(json(keyed(post(CHECKOUT), "key"))), 503, "outcome-unknown");
    assertThat(availability.inFlight()).isZero();
  }

  @Test
  void answersAPurchaseWithText() {
    usersSay(new UserReply.Purchased(CODE, List.of(1, 2)));

    HttpResponse response = answer(post(PURCHASE));

    assertThat(response.status().intValue()).isEqualTo(200);
    assertThat(response.entity().getContentType()).isEqualTo(ContentTypes.TEXT_PLAIN_UTF8);
    assertThat(body(response)).isEqualTo("purchased [1, 2]");
  }

  @Test
  void answersAPurchaseWithJsonIfThatIsAccepted() {
    usersSay(new UserReply.Purchased(CODE, List.of(1, 2)));

    JsonNode body = read(answer(json(post(PURCHASE))));

    assertThat(body.path("success").asBoolean()).isTrue();
    assertThat(body.path("total_purchased").asInt()).isEqualTo(2);
    assertThat(body.path("failed_count").asInt(-1)).isZero();
    assertThat(body.path("purchased_items").size()).isEqualTo(2);
    assertThat(body.path("purchased_items").get(0).toString())
        .isEqualTo("{\"id\":1,\"name\":\"Flash Item #1 (Sale 3)\",\"sold\":true}");
    assertThat(body.path("code").asText()).isEqualTo(CODE.toString());
  }

  @Test
  void answersThatACheckoutIsGivenUp() {
    usersSay(new UserReply.Released(CODE));

    assertThat(body(answer(delete(SHOW)))).isEqualTo("given up");
    assertThat(read(answer(json(delete(SHOW)))).toString())
        .isEqualTo("{\"code\":\"" + CODE + "\",\"status\":\"given_up\"}");
    assertThat(requests).allMatch(r -> r instanceof UserCommand.GiveUp g && g.code().equals(CODE));
  }

  @ParameterizedTest
  @EnumSource
  void showsACheckoutInEveryStatus(Checkout.Status status) {
    usersSay(new UserReply.Shown(CODE, status, List.of(1, 2), EXPIRES));

    JsonNode body = read(answer(get(SHOW)));

    assertThat(body.path("status").asText()).isEqualTo(status.name().toLowerCase(Locale.ROOT));
    assertThat(body.path("items_count").asInt()).isEqualTo(2);
    assertThat(body.path("expires_at").asText()).isEqualTo("2026-03-01T12:01:00Z");
    assertThat(answer(get(SHOW).withMethod(HttpMethods.HEAD)).status().intValue()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "application/json | true",
        "application/json;charset=utf-8 | true",
        "application/* | true",
        "application/json, text/plain, */* | true",
        "text/html, application/json;q=0.9 | true",
        "*/* | false",
        "text/plain | false",
        "text/plain, application/json;q=0.5 | false",
        "application/json;q=0 | false",
        "application/json;q=0, application/*;q=0 | false",
        "application/problem+json | false",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8 | false",
      })
  void speaksJsonIfTheClientWouldRatherHaveIt(String accept, boolean json) {
    usersSay(new UserReply.Purchased(CODE, List.of(1)));

    assertThat(
            answer(accepting(post(PURCHASE), accept))
                .entity()
                .getContentType()
                .equals(ContentTypes.APPLICATION_JSON))
        .isEqualTo(json);
  }

  // ---------------------------------------------------------------- what is refused

  @ParameterizedTest
  @CsvSource({
    "ITEM_RESERVED, 409, item-reserved",
    "ITEM_SOLD, 409, item-sold",
    "LIMIT_REACHED, 409, limit-reached",
    "CHECKOUT_UNKNOWN, 409, checkout-unknown",
    "CHECKOUT_EXPIRED, 409, checkout-expired",
    "ALREADY_PURCHASED, 409, already-purchased",
    "KEY_REUSED, 422, idempotency-key-reused",
    "KEY_IN_USE, 409, idempotency-key-in-use",
    "OVERLOADED, 503, overloaded",
    "OUTCOME_UNKNOWN, 503, outcome-unknown",
  })
  void givesEveryReasonItsStatusAndCode(UserReply.Reason reason, int status, String code) {
    usersRefuse(reason);

    problem(answer(post(CHECKOUT)), status, code);
    problem(answer(post(PURCHASE)), status, code);
    problem(answer(delete(SHOW)), status, code);
    problem(answer(json(post(CHECKOUT))), status, code);
  }

  @ParameterizedTest
  @EnumSource
  void knowsAStatusForEveryReason(UserReply.Reason reason) {
    usersRefuse(reason);

    assertThat(answer(post(PURCHASE)).status().intValue()).isIn(404, 409, 422, 503);
  }

  @Test
  void findsNoCheckoutToShowIfTheUserKnowsNone() {
    usersRefuse(UserReply.Reason.CHECKOUT_UNKNOWN);

    problem(answer(get(SHOW)), 404, "checkout-unknown");
  }

  @Test
  void answersThatNoSaleIsOpen() {
    CheckoutRoutes routes = routes(Boards.empty(clock()));

    problem(answer(routes, post(CHECKOUT)), 503, "no-sale");
    assertThat(asked).isEmpty();
  }

  @Test
  void answersItemSoldWithoutAskingAnybody() {
    board.sold().add(new ItemId(3, 2));

    problem(answer(post(CHECKOUT)), 409, "item-sold");
    assertThat(asked).isEmpty();
  }

  @Test
  void answersSoldOutWithoutAskingAnybody() {
    for (int item = 0; item < OPEN.items(); item++) {
      board.sold().add(new ItemId(3, item));
    }

    problem(answer(post(CHECKOUT)), 409, "sold-out");
    assertThat(asked).isEmpty();
  }

  @Test
  void sellsAnItemThatIsSoldInAnotherSale() {
    board.sold().add(new ItemId(2, 1));
    usersSay(new UserReply.CheckedOut(CODE, List.of(1, 2), EXPIRES));

    assertThat(answer(post(CHECKOUT)).status().intValue()).isEqualTo(200);
  }

  // ---------------------------------------------------------------- what nobody knows

  @ParameterizedTest
  @ValueSource(strings = {CHECKOUT, "/purchase?code="})
  void neverSaysNotBoughtIfTheUserDoesNotAnswer(String uri) {
    reply = CompletableFuture.failedFuture(new TimeoutException("ask"));

    problem(answer(post(uri.endsWith("=") ? uri + CODE : uri)), 503, "outcome-unknown");
    problem(answer(delete(SHOW)), 503, "outcome-unknown");
    problem(answer(get(SHOW)), 503, "outcome-unknown");
    assertThat(availability.inFlight()).isZero();
  }

  @Test
  void doesNotTellWhatWentWrongInside() {
    reply = CompletableFuture.failedFuture(new IllegalStateException("secret of the server"));

    HttpResponse response = answer(post(PURCHASE));

    problem(response, 503, "outcome-unknown");
    assertThat(body(response)).doesNotContain("secret");
  }

  @Test
  void survivesAUserThatCannotEvenBeAsked() {
    CheckoutRoutes routes =
        new CheckoutRoutes(
            availability,
            Access.OPEN,
            board,
            (_, _) -> {
              throw new IllegalStateException("secret of the server");
            },
            pastSales,
            Materializer.matFromSystem(testKit.system()));

    problem(answer(routes, post(PURCHASE)), 503, "outcome-unknown");
    assertThat(availability.inFlight()).isZero();
  }

  // ---------------------------------------------------------------- whom it asks what

  @Test
  void asksTheUserOfTheOpenSaleOnItsTerms() {
    usersRefuse(UserReply.Reason.LIMIT_REACHED);

    answer(post(CHECKOUT));

    assertThat(asked).containsExactly(USER);
    var request = (UserCommand.CheckOut) requests.getFirst();
    assertThat(request.items()).containsExactly(1, 2);
    assertThat(request.addTo()).isNull();
    assertThat(request.key()).isNull();
    assertThat(request.terms()).isEqualTo(new UserCommand.Terms(OPEN.userLimit(), OPEN.holdTtl()));
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        0,
        1,
        -1,
        -7,
        Integer.MAX_VALUE + 1L,
        Integer.MIN_VALUE - 1L,
        4_294_967_303L,
        Long.MAX_VALUE,
        Long.MIN_VALUE
      })
  void knowsUsersOfTheWholeRangeOf64Bits(long number) {
    usersRefuse(UserReply.Reason.LIMIT_REACHED);
    UUID code = CheckoutCode.create(new UserId(3, number), RandomGenerator.getDefault());

    answer(post("/checkout?item_id=1&user_id=" + number));
    answer(post("/purchase?code=" + code));
    answer(post("/checkout?item_id=1&user_id=" + number + "&code=" + code));

    assertThat(asked).hasSize(3).containsOnly(new UserId(3, number));
  }

  @Test
  void addsToAnOpenCheckoutOfItsUser() {
    usersRefuse(UserReply.Reason.LIMIT_REACHED);

    answer(post(CHECKOUT + "&code=" + CODE));

    assertThat(((UserCommand.CheckOut) requests.getFirst()).addTo()).isEqualTo(CODE);
  }

  @Test
  void addsToACheckoutOfTheSaleBeforeWithItsItems() {
    UUID code = CheckoutCode.create(new UserId(2, 7), RandomGenerator.getDefault());
    usersRefuse(UserReply.Reason.CHECKOUT_EXPIRED);

    problem(answer(post("/checkout?user_id=7&item_id=19&code=" + code)), 409, "checkout-expired");
    assertThat(asked).containsExactly(new UserId(2, 7));
  }

  @Test
  void doesNotAddToTheCheckoutOfAnotherUser() {
    problem(answer(post("/checkout?user_id=8&item_id=1&code=" + CODE)), 409, "checkout-unknown");
    assertThat(asked).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "123e4567-e89b-42d3-a456-426614174000", // version 4
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "00000000-0000-8000-8384-000000000001", // of sale 900 mod 1024, when 3 is the newest
      })
  void knowsNoCheckoutOfACodeThatIsNotOurs(String code) {
    problem(answer(post("/purchase?code=" + code)), 409, "checkout-unknown");
    problem(answer(delete("/checkout/" + code)), 409, "checkout-unknown");
    problem(answer(get("/checkout/" + code)), 404, "checkout-unknown");
    problem(answer(post("/checkout?user_id=7&item_id=1&code=" + code)), 409, "checkout-unknown");
    assertThat(asked).isEmpty();
  }

  @Test
  void readsCodesOfUpperCase() {
    usersSay(new UserReply.Purchased(CODE, List.of(1)));
    String upper = CODE.toString().toUpperCase(Locale.ROOT);

    assertThat(answer(post("/purchase?code=" + upper)).status().intValue()).isEqualTo(200);
    assertThat(((UserCommand.Purchase) requests.getFirst()).code()).isEqualTo(CODE);
  }
}
