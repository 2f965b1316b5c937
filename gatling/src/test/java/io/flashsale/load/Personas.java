package io.flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.constantConcurrentUsers;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.doIf;
import static io.gatling.javaapi.core.CoreDsl.dummy;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.feed;
import static io.gatling.javaapi.core.CoreDsl.jmesPath;
import static io.gatling.javaapi.core.CoreDsl.pause;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.ScenarioBuilder;
import io.gatling.javaapi.core.Session;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * An ordinary sale: some know what they want, most look around, some only look. {@code -Dprofile}
 * is default, light, heavy or stress; {@code -Dusers} and {@code -Dduration} change it. Who leaves
 * a checkout behind leaves holds that have to end; who comes back too often meets the limit.
 * Closed: a shop has so many people in it, and when one leaves, another comes.
 */
public final class Personas extends SaleSimulation {

  /** One in so many items is popular. */
  private static final int POPULAR = 5;

  /** So often does the greedy one ask. */
  private static final int GREEDY = 200;

  private static final String LIMIT = "meets the limit";

  /** Who has looked at so many pages goes home. */
  private static final int VISITS = 40;

  /**
   * How people behave.
   *
   * @param share of all people, in percent
   * @param checksOut how likely somebody checks out after having looked
   * @param buys how likely that is bought, and not left behind
   * @param items of a checkout
   * @param thinks before each step
   * @param popular how likely an item is a popular one
   */
  private enum Persona {
    AGGRESSIVE(10, 0.9, 0.8, 3, 100, 0.7),
    NORMAL(60, 0.6, 0.4, 2, 300, 0.3),
    BROWSER(30, 0.3, 0.1, 1, 800, 0.1);

    final int share;
    final double checksOut;
    final double buys;
    final int items;
    final int thinks;
    final double popular;

    Persona(int share, double checksOut, double buys, int items, int thinks, double popular) {
      this.share = share;
      this.checksOut = checksOut;
      this.buys = buys;
      this.items = items;
      this.thinks = thinks;
      this.popular = popular;
    }

    static Persona any() {
      int at = ThreadLocalRandom.current().nextInt(100);
      return at < AGGRESSIVE.share
          ? AGGRESSIVE
          : at < AGGRESSIVE.share + NORMAL.share ? NORMAL : BROWSER;
    }
  }

  private enum Profile {
    DEFAULT(400, "300s"),
    LIGHT(200, "120s"),
    HEAVY(800, "600s"),
    STRESS(1500, "900s");

    final int users;
    final String duration;

    Profile(int users, String duration) {
      this.users = users;
      this.duration = duration;
    }
  }

  private final Profile profile = profile();
  private final Duration duration = Settings.duration("duration", profile.duration);

  {
    ChainBuilder looks =
        exec(
            http("look")
                .get("/sales/#{sale}/items?limit=20&offset=#{offset}")
                .check(status().is(200), jmesPath("length(@)").ofInt().gte(1)));
    ChainBuilder visit =
        exec(this::wants)
            .exec(looks)
            .doIf(session -> happens(persona(session).checksOut))
            .then(
                shop.checkOut()
                    .doIf(session -> session.contains("code") && happens(persona(session).buys))
                    .then(thinks().exec(shop.purchase())));
    var visitor =
        scenario("visitor")
            .feed(People.newcomers())
            .exec(session -> session.set("persona", Persona.any()).set("visits", 0))
            .asLongAs(this::stays)
            .on(thinks().exec(visit));
    int users = Settings.number("users", profile.users);
    setUp(
            visitor
                .injectClosed(constantConcurrentUsers(users).during(duration))
                .andThen(greedy().injectOpen(atOnceUsers(1)).andThen(truth(false))))
        .protocols(browsers())
        .assertions(
            nothingFails(
                p99("checkout", "2s"),
                p99("purchase", "2s"),
                details(LIMIT).successfulRequests().count().is(1L)));
  }

  /** The last visitor wants everything, so that the limit is met however few the others were. */
  private ScenarioBuilder greedy() {
    return scenario("greedy")
        .feed(People.newcomers())
        .repeat(GREEDY)
        .on(
            doIf(session -> !isRefusedForGood(session))
                .then(feed(People.anyItem(this::items)).exec(shop.buy())))
        .exec(dummy(LIMIT, 1).withSuccess(Personas::isRefusedForGood));
  }

  private static boolean isRefusedForGood(Session session) {
    String refusal = session.contains("refusal") ? session.getString("refusal") : "";
    return refusal.equals("sold-out") || refusal.equals("limit-reached");
  }

  private static Profile profile() {
    String name = Settings.text("profile", "default");
    try {
      return Profile.valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw Settings.end("profile is '" + name + "', not default, light, heavy or stress");
    }
  }

  private static ChainBuilder thinks() {
    return pause(session -> Duration.ofMillis(persona(session).thinks));
  }

  /** Until nothing is left, or the limit is reached, or the day is over. */
  private boolean stays(Session session) {
    return isWithin(duration) && session.getInt("visits") < VISITS && !isRefusedForGood(session);
  }

  private Session wants(Session session) {
    Persona persona = persona(session);
    int first = item(persona);
    String wanted =
        IntStream.range(0, persona.items)
            .mapToObj(i -> "item_id=" + (i == 0 ? first : item(persona)))
            .distinct()
            .collect(Collectors.joining("&"));
    return session
        .set("sale", ledger.first().id())
        .set("offset", first)
        .set("items", wanted)
        .set("visits", session.getInt("visits") + 1);
  }

  private int item(Persona persona) {
    int popular = Math.max(1, items() / POPULAR);
    return ThreadLocalRandom.current().nextInt(happens(persona.popular) ? popular : items());
  }

  private static boolean happens(double probability) {
    return ThreadLocalRandom.current().nextDouble() < probability;
  }

  private static Persona persona(Session session) {
    return session.get("persona");
  }
}
