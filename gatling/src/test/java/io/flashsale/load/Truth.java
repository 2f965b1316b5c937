package io.flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.bodyString;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.foreach;
import static io.gatling.javaapi.core.CoreDsl.pause;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Session;
import io.gatling.javaapi.http.HttpRequestActionBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;

/**
 * The last one to come asks {@code GET /admin/audit} about every sale of the run, as soon as
 * nothing is on its way any more in it, and holds the answer against the ledger. The request {@code
 * audit} fails where they differ.
 */
final class Truth {

  static final String AUDIT = "audit";

  /** A hold ends within a second of its time. */
  private static final Duration HOLD_LATE = Duration.ofSeconds(5);

  /** An order, whoever knows of it, ends within some 30 s. */
  private static final Duration SETTLED_WITHIN = Duration.ofSeconds(35);
  private static final Duration POLL = Duration.ofMillis(300);

  private Truth() {}

  static PopulationBuilder comesOut(Ledger ledger, boolean soldOut) {
    HttpRequestActionBuilder audit =
        http(AUDIT)
            .get("/admin/audit?sale=#{sale}")
            .header("Authorization", "Bearer " + Settings.adminToken())
            .requestTimeout(Duration.ofMinutes(1));
    ChainBuilder ask =
        exec(session -> session.remove("report"))
            .exec(audit.silent().check(status().is(200), bodyString().saveAs("report")))
            .exec(Session::markAsSucceeded);
    ChainBuilder settle = exec(ask).asLongAs(session -> waits(session)).on(pause(POLL).exec(ask));
    ChainBuilder verdict =
        exec(
            audit.check(
                status().is(200),
                bodyString()
                    .transform(report -> ledger.verdict(report, soldOut))
                    .is(Ledger.RIGHT)));
    return scenario("truth")
        .exec(session -> session.set("sales", new ArrayList<>(ledger.sales())))
        .exec(session -> session.set("settledAt", settledAt(ledger)))
        .exec(foreach("#{sales}", "sale").on(settle.exec(verdict)))
        .injectOpen(atOnceUsers(1));
  }

  private static Instant settledAt(Ledger ledger) {
    Instant soon = Instant.now().plus(SETTLED_WITHIN);
    Instant holdsAreOver = ledger.lastHoldEnds().plus(HOLD_LATE);
    return soon.isAfter(holdsAreOver) ? soon : holdsAreOver;
  }

  private static boolean waits(Session session) {
    Instant settledAt = session.get("settledAt");
    String report = session.contains("report") ? session.getString("report") : "";
    return Instant.now().isBefore(settledAt) && !Ledger.isSettled(report);
  }
}
