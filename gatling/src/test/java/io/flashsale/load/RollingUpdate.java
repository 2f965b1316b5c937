package io.flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import java.time.Duration;

/**
 * {@code -Drate} people a second for {@code -Dduration}, while somebody else replaces the nodes one
 * after the other. They repeat what fails with the same key, and everybody gets an answer in the
 * end; at most one try in a hundred fails. Open: people do not wait for updates.
 */
public final class RollingUpdate extends SaleSimulation {

  private static final double MOST_FAILED_PERCENT = 1;

  {
    Duration duration = Settings.duration("duration", "2m");
    Repeating repeating = new Repeating(shop, ledger, 0, Duration.ofSeconds(1));
    var passerBy =
        scenario("passer-by")
            .feed(People.newcomers())
            .feed(People.anyItem(this::items))
            .exec(repeating.buy());
    setUp(
            passerBy
                .injectOpen(constantUsersPerSec(Settings.number("rate", 50)).during(duration))
                .andThen(truth(false)))
        .protocols(sharedConnections())
        .assertions(
            saleIsRight(
                global().failedRequests().percent().lte(MOST_FAILED_PERCENT),
                details("purchase").successfulRequests().count().gte(1L)));
  }
}
