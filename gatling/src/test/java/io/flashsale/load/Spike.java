package io.flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.rampUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import java.time.Duration;

/**
 * {@code -Drate} people a second, then within one second ten times as many, and then as before:
 * each wants one item. Each part takes {@code -Dduration}. Open: people come because something was
 * on the news, and not because somebody has left.
 */
public final class Spike extends SaleSimulation {

  private static final int TIMES = 10;

  {
    double rate = Settings.number("rate", 50);
    Duration part = Settings.duration("duration", "20s");
    var passerBy =
        scenario("passer-by")
            .feed(People.newcomers())
            .feed(People.anyItem(this::items))
            .exec(shop.buy());
    setUp(
            passerBy
                .injectOpen(
                    constantUsersPerSec(rate).during(part),
                    rampUsersPerSec(rate).to(TIMES * rate).during(1),
                    constantUsersPerSec(TIMES * rate).during(part),
                    constantUsersPerSec(rate).during(part))
                .andThen(truth(false)))
        .protocols(sharedConnections())
        .assertions(nothingFails(p99("checkout", "2s"), p99("purchase", "2s")));
  }
}
