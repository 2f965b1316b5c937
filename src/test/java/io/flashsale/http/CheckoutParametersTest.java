package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;

import akka.NotUsed;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpMethods;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import io.flashsale.item.ItemId;
import io.flashsale.user.UserCommand;
import io.flashsale.user.UserId;
import io.flashsale.user.UserReply;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a request may say, and where. Users would refuse whatever reaches them with 409. */
class CheckoutParametersTest extends WithCheckoutRoutes {

  @BeforeEach
  void usersAreReached() {
    usersRefuse(UserReply.Reason.ITEM_RESERVED);
  }

  private void reachesTheUser(HttpRequest request) {
    problem(answer(request), 409, "item-reserved");
  }

  // ---------------------------------------------------------------- values

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "item_id=1 | user_id",
        "user_id=&item_id=1 | user_id",
        "user_id=x&item_id=1 | user_id",
        "user_id=1.0&item_id=1 | user_id",
        "user_id=0x10&item_id=1 | user_id",
        "user_id=%2B7&item_id=1 | user_id",
        "user_id=+7&item_id=1 | user_id",
        "user_id=7%20&item_id=1 | user_id",
        "user_id=%D9%A7&item_id=1 | user_id", // an Arabic 7
        "user_id=-&item_id=1 | user_id",
        "user_id=--7&item_id=1 | user_id",
        "user_id=9223372036854775808&item_id=1 | user_id",
        "user_id=-9223372036854775809&item_id=1 | user_id",
        "user_id=7&user_id=7&item_id=1 | user_id",
        "user_id=7 | item_id",
        "user_id=7&item_id= | item_id",
        "user_id=7&item_id=-1 | item_id",
        "user_id=7&item_id=10 | item_id",
        "user_id=7&item_id=4294967297 | item_id",
        "user_id=7&item_id=18446744073709551617 | item_id",
        "user_id=7&item_id=1&item_id=x | item_id",
        "user_id=7&item_id=1,2 | item_id",
        "user_id=7&item_id=1&item_id=1 | item_id",
        "user_id=7&item_id=1&item_id=01 | item_id",
        "user_id=7&id=10 | id",
        "user_id=7&id=1&id=1 | id",
        "user_id=7&item_id=1&id=2 | id",
        "user_id=7&item_id=1&code=x | code",
        "user_id=7&item_id=1&code= | code",
        "user_id=%zz&item_id=1 | query",
        "user_id=%&item_id=1 | query",
      })
  void namesTheParameterThatIsWrong(String query, String parameter) {
    HttpRequest request;
    try {
      request = post("/checkout?" + query);
    } catch (akka.http.scaladsl.model.IllegalUriException e) {
      assertThat(parameter).isEqualTo("query"); // is refused even before
      return;
    }

    invalid(answer(request), parameter);
    assertThat(asked).isEmpty();
    assertThat(availability.inFlight()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "?code=",
        "?code=1-1-1-1-1",
        "?code={code}x",
        "?code={code}&code={code}",
        "?code=%7B{code}%7D",
        "?code=00000000-0000-8000-8005-00000000000g",
      })
  void namesTheCodeOfAPurchaseIfThatIsWrong(String query) {
    invalid(answer(post("/purchase" + query.replace("{code}", CODE.toString()))), "code");
    assertThat(asked).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "1-1-1-1-1", "00000000-0000-8000-8005-000000000001/"})
  void namesTheCodeOfAPathIfThatIsWrong(String code) {
    invalid(answer(get("/checkout/" + code)), "code");
    invalid(answer(delete("/checkout/" + code)), "code");
    assertThat(asked).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"item_id=0", "item_id=9", "id=9", "id=0&id=9", "item_id=009"})
  void takesItemsOfTheSaleByEitherName(String items) {
    reachesTheUser(post("/checkout?user_id=7&" + items));
  }

  @ParameterizedTest
  @ValueSource(strings = {"item_id", "id"})
  void takesTenItemsAndNotEleven(String name) {
    reachesTheUser(post("/checkout?user_id=7" + items(name, 10)));
    assertThat(((UserCommand.CheckOut) requests.getFirst()).items()).hasSize(10);

    invalid(answer(post("/checkout?user_id=7" + items(name, 11))), name);
  }

  private static String items(String name, int count) {
    return IntStream.range(0, count)
        .mapToObj(item -> "&" + name + "=" + item)
        .collect(Collectors.joining());
  }

  @Test
  void ignoresParametersThatItDoesNotKnow() {
    reachesTheUser(post("/checkout?user_id=7&item_id=1&utm_source=x&utm_source=y&flag"));
  }

  // ---------------------------------------------------------------- bodies

  @Test
  void takesParametersFromAForm() {
    reachesTheUser(form("/checkout", "user_id=-7&item_id=1&item_id=2"));
    reachesTheUser(form("/purchase", "code=" + CODE));

    var request = (UserCommand.CheckOut) requests.getFirst();
    assertThat(request.items()).containsExactly(1, 2);
    assertThat(asked.getFirst().number()).isEqualTo(-7);
  }

  @Test
  void takesSomeParametersFromTheQueryAndOthersFromTheForm() {
    reachesTheUser(form("/checkout?user_id=7", "item_id=1"));
  }

  @Test
  void takesAFormThatComesInPieces() {
    Source<ByteString, NotUsed> pieces =
        Source.range(0, 19)
            .map(n -> ByteString.fromString("user_id=7&item_id=1&".substring(n, n + 1)));

    reachesTheUser(post("/checkout").withEntity(chunked(pieces)));
  }

  @ParameterizedTest
  @CsvSource({"user_id=8, user_id", "item_id=2, item_id"})
  void refusesAParameterThatIsInTheQueryAndInTheForm(String form, String parameter) {
    invalid(answer(form("/checkout?user_id=7&item_id=1", form)), parameter);
  }

  @Test
  void refusesBothNamesOfTheItemsAlsoIfOneIsInTheForm() {
    invalid(answer(form("/checkout?user_id=7&item_id=1", "id=2")), "id");
  }

  @Test
  void refusesAFormThatCannotBeRead() {
    invalid(answer(form("/checkout?user_id=7", "item_id=%zz")), "body");
  }

  @Test
  void takesNoBodiesButForms() {
    var json = "{\"user_id\":7,\"item_id\":1}";

    problem(
        answer(post("/checkout").withEntity(ContentTypes.APPLICATION_JSON, json)),
        415,
        "unsupported-media-type");
    problem(
        answer(post("/purchase?code=" + CODE).withEntity(ContentTypes.TEXT_PLAIN_UTF8, "x")),
        415,
        "unsupported-media-type");
    assertThat(asked).isEmpty();
  }

  @Test
  void refusesABodyThatIsTooLarge() {
    String large = "x=" + "y".repeat(16 * 1024);
    Source<ByteString, NotUsed> endless = Source.repeat(ByteString.fromString("x".repeat(1_000)));

    problem(answer(form("/checkout?user_id=7&item_id=1", large)), 413, "content-too-large");
    problem(
        answer(post("/checkout?user_id=7&item_id=1").withEntity(chunked(endless))),
        413,
        "content-too-large");
    assertThat(asked).isEmpty();
    assertThat(availability.inFlight()).isZero();
  }

  @Test
  void saysThatABodyDidNotArriveAndDoesNothing() {
    invalid(answer(post("/checkout").withEntity(chunked(Source.maybe()))), "body");
    invalid(
        answer(
            post("/checkout?user_id=7&item_id=1")
                .withEntity(chunked(Source.failed(new IllegalStateException("lost"))))),
        "body");
    assertThat(asked).isEmpty();
    assertThat(availability.inFlight()).isZero();
  }

  private static akka.http.javadsl.model.RequestEntity chunked(Source<ByteString, ?> pieces) {
    return HttpEntities.createChunked(
        ContentTypes.APPLICATION_X_WWW_FORM_URLENCODED,
        pieces.mapMaterializedValue(_ -> NotUsed.getInstance()));
  }

  // ---------------------------------------------------------------- Idempotency-Key

  @Test
  void r9ARepeatedCheckoutReachesTheUserAlthoughItsItemIsSoldMeanwhile() {
    board.sold().add(new ItemId(3, 1));

    answer(keyed(post("/checkout?user_id=7&item_id=1"), "a"));

    assertThat(asked).containsExactly(new UserId(3, 7));
  }

  @Test
  void passesTheHashOfTheIdempotencyKeyOn() {
    String longest = "~!".repeat(127) + "x";

    answer(keyed(post("/checkout?user_id=7&item_id=1"), "a"));
    answer(keyed(post("/purchase?code=" + CODE), "a"));
    answer(keyed(delete("/checkout/" + CODE), "b"));
    answer(keyed(post("/purchase?code=" + CODE), longest));

    assertThat(requests.stream().map(CheckoutParametersTest::key)).doesNotContainNull();
    assertThat(key(requests.get(0)))
        .isEqualTo(key(requests.get(1)))
        // the first 128 bits of SHA-256: it is in the journal, so it never changes
        .isEqualTo(UUID.fromString("ca978112-ca1b-bdca-fac2-31b39a23dc4d"))
        .isNotEqualTo(key(requests.get(2)));
  }

  private static @Nullable UUID key(UserCommand.Request request) {
    return switch (request) {
      case UserCommand.CheckOut c -> c.key();
      case UserCommand.Purchase c -> c.key();
      case UserCommand.GiveUp c -> c.key();
      case UserCommand.Buy c -> c.key();
      case UserCommand.Show _ -> null;
      case UserCommand.ShowAll _, UserCommand.ShowOrder _, UserCommand.ShowOrders _ -> null;
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a b", "\u00e4", "a\u0000b", "\u007f", "too long"})
  void namesTheIdempotencyKeyIfItIsWrong(String given) {
    String key = given.equals("too long") ? "x".repeat(256) : given;

    invalid(answer(keyed(post("/checkout?user_id=7&item_id=1"), key)), "Idempotency-Key");
    invalid(answer(keyed(post("/purchase?code=" + CODE), key)), "Idempotency-Key");
    invalid(answer(keyed(delete("/checkout/" + CODE), key)), "Idempotency-Key");
    assertThat(asked).isEmpty();
  }

  // ---------------------------------------------------------------- methods

  @ParameterizedTest
  @CsvSource({"/checkout, 'POST'", "/purchase, 'POST'", "/checkout/x, 'GET, HEAD, DELETE'"})
  void saysWhichMethodsThereAre(String path, String allowed) {
    for (String method :
        new String[] {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
      if (java.util.List.of(allowed.split(", ")).contains(method)) {
        continue;
      }
      HttpResponse response =
          answer(get(path).withMethod(HttpMethods.lookup(method).orElseThrow()));

      problem(response, 405, "method-not-allowed");
      assertThat(response.getHeader("Allow").orElseThrow().value()).isEqualTo(allowed);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/checkouts",
        "/checkout2",
        "/purchase/",
        "/purchases",
        "/CHECKOUT",
        "/sales"
      })
  void leavesOtherPathsToOtherRoutes(String path) {
    assertThat(routes().handle(post(path))).isNull();
  }
}
