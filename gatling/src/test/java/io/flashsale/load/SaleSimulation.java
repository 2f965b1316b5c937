package io.flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.http.HttpDsl.http;

import io.gatling.javaapi.core.Assertion;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Simulation;
import io.gatling.javaapi.http.HttpProtocolBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * A sale begins, people come, and then the truth does. Every simulation fails if anything was
 * answered that must not be, or if the sale is wrong; each adds what it is about.
 */
abstract class SaleSimulation extends Simulation {

  final Ledger ledger = new Ledger();
  final Shop shop = new Shop(ledger);
  private volatile Instant began = Instant.MAX;

  SaleSimulation() {
    Settings.adminToken();
  }

  /** Before anybody comes. */
  @Override
  public void before() {
    begin(new Sales().begin());
  }

  final void begin(Sales.Sale sale) {
    ledger.begin(sale);
    began = Instant.now();
  }

  /** Items of the sale, once it has begun. */
  final int items() {
    return ledger.first().items();
  }

  /** Since the sale has begun. */
  final boolean isWithin(Duration time) {
    return Instant.now().isBefore(began.plus(time));
  }

  final Instant began() {
    return began;
  }

  /** A connection for each of the people, as browsers have. */
  static HttpProtocolBuilder browsers() {
    return http.baseUrls(Settings.baseUrls()).acceptHeader("application/json").disableCaching();
  }

  /**
   * Few connections for all: where new people come all the time, each connection of its own would
   * be a test of how fast ports are free again.
   */
  static HttpProtocolBuilder sharedConnections() {
    return browsers().shareConnections();
  }

  /**
   * Comes when the population before it has gone.
   *
   * @param soldOut whether everything has to be sold by then
   */
  final PopulationBuilder truth(boolean soldOut) {
    return Truth.comesOut(ledger, soldOut);
  }

  /** What the truth says is what people were told. */
  static List<Assertion> saleIsRight(Assertion... more) {
    List<Assertion> assertions = new ArrayList<>(List.of(more));
    assertions.add(details(Truth.AUDIT).failedRequests().count().is(0L));
    assertions.add(details(Truth.AUDIT).successfulRequests().count().gte(1L));
    return assertions;
  }

  /**
   * The same, and everybody has got a good answer. Only of a machine that is known to be too small,
   * {@code -Dfailed} percent may fail.
   */
  static List<Assertion> nothingFails(Assertion... more) {
    List<Assertion> assertions = saleIsRight(more);
    assertions.add(global().failedRequests().percent().lte(Settings.percent("failed", 0)));
    return assertions;
  }

  /** In milliseconds; generous unless {@code -Dp99} says what the machine should do. */
  static Assertion p99(String request, String otherwise) {
    int most = Math.toIntExact(Settings.duration("p99", otherwise).toMillis());
    return details(request).responseTime().percentile(99).lte(most);
  }
}
