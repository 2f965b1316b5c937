package io.flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.constantConcurrentUsers;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.feed;
import static io.gatling.javaapi.core.CoreDsl.repeat;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import java.time.Duration;
import java.util.List;

/**
 * After the sale: those who are late go on asking for what is sold, for {@code -Dduration}, and
 * each hears "no". What is not sold yet is sold first, by {@code -Dcrowd} people. Closed: who has
 * heard "no" asks again at once, and never twice at the same time, so that the throughput is that
 * of the program.
 */
public final class RejectStorm extends SaleSimulation {

  private static final int ASKS = 100;
  private static final List<String> SOLD = List.of("sold-out", "item-sold");

  {
    Duration duration = Settings.duration("duration", "30s");
    var storm =
        scenario("storm")
            .exec(
                repeat(ASKS)
                    .on(
                        feed(People.regulars(1_000_000))
                            .feed(People.anyItem(this::items))
                            .exec(
                                session -> session.removeAll("status", "body"))
                            .exec(Shop.refused(Shop.checkOutRequest("refusal"), SOLD))
                            .exec(session -> shop.judged(session, 0, SOLD))));
    setUp(
            SellOut.crowd(this, Settings.number("crowd", 1_200))
                .andThen(
                    storm
                        .injectClosed(
                            constantConcurrentUsers(Settings.number("users", 128)).during(duration))
                        .andThen(truth(true))))
        .protocols(browsers())
        .assertions(
            nothingFails(
                p99("refusal", "1s"), details("refusal").successfulRequests().count().gte(1L)));
  }
}
