package io.flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.constantConcurrentUsers;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import java.time.Duration;

/**
 * Every third answer is lost: people hang up after {@code -Dpatience}, and repeat with the same
 * key. What was done is answered again, and nothing is done twice. The requests that were hung up
 * on are not in the report. Closed: nobody begins anything new before knowing.
 */
public final class Retry extends SaleSimulation {

  private static final double LOST = 1.0 / 3;

  {
    Duration duration = Settings.duration("duration", "30s");
    Repeating repeating = new Repeating(shop, ledger, LOST, Settings.duration("patience", "3ms"));
    var unlucky =
        scenario("unlucky")
            .feed(People.newcomers())
            .feed(People.anyItem(this::items))
            .exec(repeating.buy());
    setUp(
            unlucky
                .injectClosed(
                    constantConcurrentUsers(Settings.number("users", 50)).during(duration))
                .andThen(truth(false)))
        .protocols(sharedConnections())
        .assertions(nothingFails(details("purchase").successfulRequests().count().gte(1L)));
  }
}
