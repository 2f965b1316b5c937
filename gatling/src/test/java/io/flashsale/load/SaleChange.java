package io.flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import java.time.Duration;

/**
 * {@code -Drate} people a second while one sale follows the other: nothing fails, also not in the
 * moment of a change, and at least {@code -Dsales} sales are seen. With {@code -Dsale=new} they are
 * {@code -Dsales} extra ones of {@code -Deach}; otherwise those of the schedule, for {@code
 * -Dduration}. Open: nobody knows of the change.
 */
public final class SaleChange extends SaleSimulation {

  private final Sales.Series series = Sales.Series.read();

  {
    Duration duration = series.duration("3m");
    var passerBy =
        scenario("passer-by")
            .feed(People.newcomers())
            .feed(People.anyItem(this::items))
            .exec(shop.buy());
    setUp(
            passerBy
                .injectOpen(constantUsersPerSec(Settings.number("rate", 100)).during(duration))
                .andThen(truth(false)))
        .protocols(sharedConnections())
        .assertions(
            nothingFails(
                details(Truth.AUDIT).successfulRequests().count().gte((long) series.count()),
                p99("checkout", "2s")));
  }

  @Override
  public void before() {
    begin(new Sales().begin(series));
  }
}
