package io.flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.bodyString;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.jmesPath;
import static io.gatling.javaapi.core.CoreDsl.responseTimeInMillis;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.Session;
import io.gatling.javaapi.http.HttpRequestActionBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What people do, and what they may hear. A refusal with its reason (409) is a good answer;
 * anything else but 200 is an error of the report. The session has {@code user} and {@code items}.
 */
final class Shop {

  static final List<String> REFUSALS =
      List.of("item-reserved", "item-sold", "sold-out", "limit-reached");

  /** What a program may say that has too much to do. It is an error of the report all the same. */
  private static final List<String> BUSY = List.of("overloaded", "outcome-unknown");

  private final Ledger ledger;

  Shop(Ledger ledger) {
    this.ledger = ledger;
  }

  /** Leaves {@code code}, or {@code refusal}, or neither if there was an error. */
  ChainBuilder checkOut() {
    return exec(session -> session.removeAll("code", "refusal", "status", "body"))
        .exec(heldOrRefused(checkOutRequest("checkout"), REFUSALS))
        .exec(session -> judged(session, 200, REFUSALS))
        .exec(this::checkedOut);
  }

  /** Buys {@code code}; leaves {@code bought}, or not if there was an error. */
  ChainBuilder purchase() {
    return exec(session -> session.removeAll("bought", "status", "body"))
        .exec(answered(purchaseRequest("purchase")).check(status().is(200)))
        .exec(session -> judged(session, 200, List.of()))
        .exec(this::purchased);
  }

  /** One item, if it is to be had. */
  ChainBuilder buy() {
    return checkOut().doIf(session -> session.contains("code")).then(purchase());
  }

  static HttpRequestActionBuilder checkOutRequest(String name) {
    return http(name).post("/checkout?user_id=#{user}&#{items}");
  }

  static HttpRequestActionBuilder purchaseRequest(String name) {
    return http(name).post("/purchase?code=#{code}");
  }

  /** 200, or 409 with one of these codes; leaves {@code body} and how many {@code ms} it took. */
  static HttpRequestActionBuilder heldOrRefused(
      HttpRequestActionBuilder request, List<String> refusals) {
    return answered(request)
        .check(status().in(200, 409), responseTimeInMillis().saveAs("ms"))
        .checkIf((response, session) -> response.status().code() == 409)
        .then(jmesPath("code").in(refusals));
  }

  /** Nothing but 409 with one of these codes. */
  static HttpRequestActionBuilder refused(HttpRequestActionBuilder request, List<String> refusals) {
    return answered(request).check(status().is(409), jmesPath("code").in(refusals));
  }

  /** Leaves {@code status} and {@code body}, also of what fails then. */
  static HttpRequestActionBuilder answered(HttpRequestActionBuilder request) {
    return request.check(status().saveAs("status"), bodyString().saveAs("body"));
  }

  /**
   * However much may fail: an answer that is neither one of these, nor says that there is too much
   * to do, is a breach. (502 and 504 are those of a balancer, and 0 is no answer at all.)
   *
   * @param yes 0 if it must not be
   * @param refusals of 400 or 409
   */
  Session judged(Session session, int yes, List<String> refusals) {
    int status = session.contains("status") ? session.getInt("status") : 0;
    String code = body(session).path("code").asText();
    boolean expected =
        switch (status) {
          case 0, 502, 504 -> true;
          case 400, 409 -> refusals.contains(code);
          case 503 -> BUSY.contains(code);
          default -> status == yes;
        };
    if (!expected) {
      ledger.breach("somebody was answered " + status + " " + code);
    }
    return session;
  }

  /** Whether the last answer was "yes" or "no". */
  static boolean isDecided(Session session) {
    int status = session.contains("status") ? session.getInt("status") : 0;
    return status == 200 || status == 409;
  }

  Session checkedOut(Session session) {
    JsonNode body = body(session);
    if (body.has("expires_at")) {
      ledger.held(body.path("sale_id").asLong(), Instant.parse(body.path("expires_at").asText()));
      return session
          .set("code", body.path("code").asText())
          .set("count", body.path("items_count").asInt());
    }
    return body.has("code") ? session.set("refusal", body.path("code").asText()) : session;
  }

  Session purchased(Session session) {
    JsonNode body = body(session);
    if (!body.path("success").asBoolean()) {
      ledger.unknown(session.getInt("count"));
      return session;
    }
    List<Integer> items = new ArrayList<>();
    body.path("purchased_items").forEach(item -> items.add(item.path("id").asInt()));
    ledger.bought(body.path("sale_id").asLong(), session.getLong("user"), items);
    return session.set("bought", items.size());
  }

  /** Of the last answer, or nothing. */
  static JsonNode body(Session session) {
    return json(session.contains("body") ? session.getString("body") : "");
  }

  /** An empty object if it is none. */
  static JsonNode json(String text) {
    try {
      JsonNode json = Sales.JSON.readTree(text);
      return json.isObject() ? json : Sales.JSON.createObjectNode();
    } catch (JsonProcessingException e) {
      return Sales.JSON.createObjectNode();
    }
  }
}
