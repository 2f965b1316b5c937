package io.flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.feed;
import static io.gatling.javaapi.core.CoreDsl.pause;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.ScenarioBuilder;
import io.gatling.javaapi.core.Session;
import java.time.Duration;
import java.util.Set;

/**
 * Everybody comes in the same moment and buys item after item, until all are sold or the limit is
 * reached: {@code -Dusers} who may buy more than there is. Ends when it is sold out, and says how
 * long that took. Open: a crowd does not wait for anybody to leave.
 */
public final class SellOut extends SaleSimulation {

  /** Whoever has not found out by then that nothing is left, will not. */
  private static final Duration AT_MOST = Duration.ofMinutes(2);

  /** What the program asks of those for whom it has no time. */
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  {
    setUp(crowd(this, Settings.number("users", 1_200)).andThen(truth(true)))
        .protocols(browsers())
        .assertions(nothingFails(p99("purchase", "5s")));
  }

  /** Enough people at once, who leave when nothing is left for them. */
  static PopulationBuilder crowd(SaleSimulation simulation, int users) {
    ScenarioBuilder crowd =
        scenario("crowd")
            .feed(People.newcomers())
            .asLongAs(session -> !isDone(session) && simulation.isWithin(AT_MOST))
            .on(
                feed(People.everyItem(simulation::items))
                    .exec(simulation.shop.buy())
                    .doIf(session -> !Shop.isDecided(session))
                    .then(pause(RETRY_AFTER)));
    return crowd.injectOpen(atOnceUsers(users));
  }

  private static boolean isDone(Session session) {
    return session.contains("refusal")
        && Set.of("sold-out", "limit-reached").contains(session.getString("refusal"));
  }

  @Override
  public void after() {
    Duration time = Duration.between(began(), ledger.lastPurchase());
    System.out.printf("sold out in %.2f s%n", time.toMillis() / 1000.0);
  }
}
