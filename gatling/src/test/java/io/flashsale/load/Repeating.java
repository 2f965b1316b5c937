package io.flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.asLongAs;
import static io.gatling.javaapi.core.CoreDsl.bodyString;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.pause;
import static io.gatling.javaapi.http.HttpDsl.status;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.Session;
import io.gatling.javaapi.http.HttpRequestActionBuilder;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * What somebody does who does not know what became of a request: the same again, with the same
 * {@code Idempotency-Key}, until there is an answer. Nothing then is unknown.
 */
final class Repeating {

  private static final int TRIES = 30;
  private static final Duration PAUSE = Duration.ofMillis(300);
  private static final String KEY = "Idempotency-Key";
  private static final String IN_USE = "idempotency-key-in-use";
  private static final List<String> REFUSALS =
      Stream.concat(Shop.REFUSALS.stream(), Stream.of(IN_USE)).toList();

  private final Shop shop;
  private final Ledger ledger;
  private final double lost;
  private final Duration patience;

  /**
   * A way to buy.
   *
   * @param lost how likely nobody waits longer than {@code patience} for the first answer
   */
  Repeating(Shop shop, Ledger ledger, double lost, Duration patience) {
    this.shop = shop;
    this.ledger = ledger;
    this.lost = lost;
    this.patience = patience;
  }

  /** One item, if it is to be had; as {@link Shop#buy}. */
  ChainBuilder buy() {
    HttpRequestActionBuilder checkout = Shop.checkOutRequest("checkout");
    HttpRequestActionBuilder purchase = Shop.purchaseRequest("purchase");
    return exec(session -> session.removeAll("code", "refusal"))
        .exec(answered(checkout, REFUSALS))
        .exec(shop::checkedOut)
        .doIf(session -> session.contains("code"))
        .then(
            answered(purchase, List.of(IN_USE)).exec(shop::purchased));
  }

  private ChainBuilder answered(HttpRequestActionBuilder request, List<String> refusals) {
    ChainBuilder impatient =
        exec(request
                .header(KEY, "#{key}")
                .requestTimeout(patience)
                .silent()
                .check(status().is(200), bodyString().saveAs("early")))
            .exec(Session::markAsSucceeded);
    ChainBuilder patient =
        exec(session -> session.removeAll("status", "body"))
            .exec(Shop.heldOrRefused(request, refusals).header(KEY, "#{key}"))
            .exec(session -> shop.judged(session, 200, refusals))
            .exec(session -> session.set("tries", session.getInt("tries") + 1))
            .doIf(session -> !isAnswered(session))
            .then(pause(PAUSE));
    return exec(session -> session.set("key", UUID.randomUUID().toString()).set("tries", 0))
        .exec(session -> session.removeAll("early", "status", "body"))
        .doIf(session -> ThreadLocalRandom.current().nextDouble() < lost)
        .then(impatient)
        .exec(
            asLongAs(session -> !isAnswered(session) && session.getInt("tries") < TRIES)
                .on(patient))
        .exec(this::compared);
  }

  private static boolean isAnswered(Session session) {
    int status = session.contains("status") ? session.getInt("status") : 0;
    return status == 200
        || status == 409 && !Shop.body(session).path("code").asText().equals(IN_USE);
  }

  /** What has succeeded once, is answered so for ever. */
  private Session compared(Session session) {
    JsonNode last = Shop.body(session);
    if (session.contains("early")) {
      JsonNode first = Shop.json(session.getString("early"));
      if (!first.path("code").equals(last.path("code"))) {
        ledger.breach("one key was answered " + first + " and " + last);
      }
    }
    if (!isAnswered(session)) {
      ledger.breach("nothing was answered in " + TRIES + " tries");
    }
    return session;
  }
}
