package io.flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.StringBody;
import static io.gatling.javaapi.core.CoreDsl.constantConcurrentUsers;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.feed;
import static io.gatling.javaapi.core.CoreDsl.jmesPath;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.Session;
import java.time.Duration;
import java.util.List;

/**
 * 100 people order for 10 s, each as a new user every time: nothing but 202 and 400 is answered.
 * Then each order has to end, confirmed or rejected, and what is confirmed is sold. Closed: 100 at
 * a time, as it was asked.
 */
public final class AsyncOrders extends SaleSimulation {

  private static final List<String> SOLD = List.of("item-sold", "sold-out");

  {
    Duration duration = Settings.duration("duration", "10s");
    ChainBuilder order =
        exec(session -> session.removeAll("status", "body", "order"))
            .exec(
                Shop.answered(
                        http("order")
                            .post("/api/buy")
                            .header("Content-Type", "application/json")
                            .body(StringBody("{\"user_id\":#{user},\"product_id\":#{item}}")))
                    .check(status().in(202, 400))
                    .checkIf((response, session) -> response.status().code() == 400)
                    .then(jmesPath("code").in(SOLD))
                    .checkIf((response, session) -> response.status().code() == 202)
                    .then(jmesPath("order_id").saveAs("order")))
            .exec(session -> shop.judged(session, 202, SOLD))
            .exec(this::ordered);
    ChainBuilder end =
        exec(session -> session.removeAll("status", "body"))
            .exec(
                Shop.answered(http("end of the order").get("/api/orders/#{order}?wait=20"))
                    .check(status().is(200), jmesPath("status").in("confirmed", "rejected")))
            .exec(session -> shop.judged(session, 200, List.of()))
            .exec(this::ended);
    var ordering =
        scenario("ordering")
            .exec(
                feed(People.newcomers())
                    .feed(People.anyItem(this::items))
                    .exec(order)
                    .doIf(session -> session.contains("order"))
                    .then(end));
    setUp(
            ordering
                .injectClosed(
                    constantConcurrentUsers(Settings.number("users", 100)).during(duration))
                .andThen(truth(false)))
        .protocols(sharedConnections())
        .assertions(
            nothingFails(
                p99("order", "2s"), details("order").successfulRequests().count().gte(1L)));
  }

  /** Whether it was taken, is unknown unless somebody has said so. */
  private Session ordered(Session session) {
    int status = session.contains("status") ? session.getInt("status") : 0;
    if (status != 202 && status != 400) {
      ledger.unknown(1);
    }
    return session;
  }

  private Session ended(Session session) {
    JsonNode order = Shop.body(session);
    if (order.path("status").asText().equals("confirmed")) {
      ledger.bought(
          order.path("sale_id").asLong(),
          order.path("user_id").asLong(),
          List.of(order.path("product_id").asInt()));
    } else if (!order.path("status").asText().equals("rejected")) {
      ledger.unknown(1);
    }
    return session;
  }
}
