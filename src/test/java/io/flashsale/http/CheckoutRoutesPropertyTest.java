package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;

import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.scaladsl.model.IllegalUriException;
import io.flashsale.user.UserReply;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever a client says, it gets an answer that the API has. */
class CheckoutRoutesPropertyTest extends WithCheckoutRoutes {

  @BeforeContainer
  static void begin() {
    start();
  }

  @AfterContainer
  static void end() {
    stop();
  }

  @Provide
  Arbitrary<String> queries() {
    Arbitrary<String> names =
        Arbitraries.of("user_id", "item_id", "id", "code", "utm", "", "user_id%00", "USER_ID");
    Arbitrary<String> values =
        Arbitraries.oneOf(
            Arbitraries.longs().map(String::valueOf),
            Arbitraries.integers().between(-2, 12).map(String::valueOf),
            Arbitraries.of(
                CODE.toString(),
                "%",
                "%zz",
                "%ff",
                "%00",
                "+",
                ";",
                "\u00e4",
                "99999999999999999999"),
            Arbitraries.strings().ascii().ofMaxLength(40),
            Arbitraries.strings().ofMaxLength(10));
    return Combinators.combine(names, values)
        .as((name, value) -> name + "=" + value)
        .list()
        .ofMaxSize(14)
        .map(pairs -> String.join("&", pairs));
  }

  @Provide
  Arbitrary<UserReply> replies() {
    return Arbitraries.oneOf(
        Arbitraries.of(UserReply.Reason.values()).map(UserReply.Rejected::new),
        Arbitraries.of(
            new UserReply.CheckedOut(CODE, List.of(1), EXPIRES),
            new UserReply.Purchased(CODE, List.of(1)),
            new UserReply.Released(CODE)));
  }

  @Property
  void answersEveryQueryWithAnAnswerOfTheApi(
      @ForAll("queries") String query, @ForAll("replies") UserReply said) {
    usersSay(said);
    for (String path : List.of("/checkout", "/purchase")) {
      check(form(path, query));
      HttpRequest request;
      try {
        request = post(path + "?" + query);
      } catch (IllegalUriException e) {
        continue; // no such request reaches a route
      }
      check(request);
      check(request.withMethod(HttpMethods.GET));
    }
  }

  @Property(tries = 300)
  void answersEveryPathHeaderAndMethodWithAnAnswerOfTheApi(
      @ForAll String code, @ForAll String key, @ForAll("replies") UserReply said) {
    usersSay(said);
    for (var method : List.of(HttpMethods.GET, HttpMethods.DELETE, HttpMethods.PUT)) {
      HttpRequest request;
      try {
        request = get("/checkout/" + code);
      } catch (IllegalUriException e) {
        request = get("/checkout/" + CODE);
      }
      check(
          request
              .withMethod(method)
              .addHeader(RawHeader.create("Idempotency-Key", key))
              .addHeader(RawHeader.create("Accept", key)));
    }
  }

  private void check(HttpRequest request) {
    var answered = routes().handle(request);
    if (answered == null) {
      return; // a path of other routes, after all
    }
    HttpResponse response = join(answered);
    int status = response.status().intValue();
    assertThat(status == 200 || status == 503 || (status >= 400 && status < 500)).isTrue();
    if (status != 200) {
      problem(response, status, codeOf(response));
    }
    assertThat(availability.inFlight()).isZero();
  }

  private static String codeOf(HttpResponse response) {
    return body(response).replaceAll("(?s).*\"code\":\"([^\"]*)\".*", "$1");
  }
}
