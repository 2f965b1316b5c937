package io.flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.constantConcurrentUsers;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.feed;
import static io.gatling.javaapi.core.CoreDsl.repeat;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import java.time.Duration;

/**
 * 20,000 people want the same {@code -Dhot} items, the first of them most of all (Zipf): nearly all
 * are refused, and each item is sold to one of them. Closed: who is refused tries the next item at
 * once.
 */
public final class HotItems extends SaleSimulation {

  private static final int PEOPLE = 20_000;
  private static final int TRIES = 100;

  {
    Duration duration = Settings.duration("duration", "30s");
    int hot = Settings.number("hot", 100);
    var wanting =
        scenario("wanting")
            .exec(
                repeat(TRIES)
                    .on(feed(People.regulars(PEOPLE)).feed(People.hotItem(hot)).exec(shop.buy())));
    setUp(
            wanting
                .injectClosed(
                    constantConcurrentUsers(Settings.number("users", 128)).during(duration))
                .andThen(truth(false)))
        .protocols(browsers())
        .assertions(
            nothingFails(
                p99("checkout", "2s"),
                details("purchase").successfulRequests().count().between(1L, (long) hot)));
  }
}
