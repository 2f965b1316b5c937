package io.flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.dummy;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.jmesPath;
import static io.gatling.javaapi.core.CoreDsl.pause;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Session;
import java.time.Duration;

/**
 * {@code -Drate} people a second for hours ({@code -Dduration}), through many sales: the last one
 * is as quick as the third, and takes no more memory. Sales are as in {@link SaleChange}. Open: the
 * load must not become less when the program becomes slow.
 */
public final class Soak extends SaleSimulation {

  private static final Duration LOOK_EVERY = Duration.ofSeconds(2);

  private final Sales.Series series = Sales.Series.read();
  private final Duration duration = series.duration("2h");
  private final Flatness flatness = new Flatness();

  {
    var passerBy =
        scenario("passer-by")
            .feed(People.newcomers())
            .feed(People.anyItem(this::items))
            .exec(shop.buy())
            .exec(this::took);
    PopulationBuilder flat =
        scenario("flat")
            .exec(dummy("flat", 1).withSuccess(session -> flatness.isFlat()))
            .injectOpen(atOnceUsers(1));
    setUp(
            passerBy
                .injectOpen(constantUsersPerSec(Settings.number("rate", 100)).during(duration))
                .andThen(truth(false).andThen(flat)),
            scenario("watching").exec(watching()).injectOpen(atOnceUsers(1)))
        .protocols(sharedConnections())
        .assertions(
            nothingFails(
                p99("checkout", "2s"), details("flat").successfulRequests().count().is(1L)));
  }

  private ChainBuilder watching() {
    return exec(session -> session)
        .asLongAs(session -> isWithin(duration))
        .on(
            exec(http("health")
                    .get("/health")
                    .check(status().is(200), jmesPath("memory.used").ofLong().saveAs("used")))
                .exec(this::used)
                .exec(pause(LOOK_EVERY)));
  }

  private Session took(Session session) {
    if (session.contains("ms")) {
      flatness.took(ledger.sales().last(), session.getInt("ms"));
    }
    return session;
  }

  private Session used(Session session) {
    if (session.contains("used")) {
      flatness.used(ledger.sales().last(), session.getLong("used"));
    }
    return session;
  }

  @Override
  public void before() {
    begin(new Sales().begin(series));
  }
}
