package io.flashsale.load;

import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.dummy;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.jmesPath;
import static io.gatling.javaapi.core.CoreDsl.pause;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.ws;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatling.http.action.ws.WsInboundMessage;
import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.Session;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/**
 * {@code -Dwatchers} look at the stock by WebSocket while {@code -Dusers} buy everything. Nobody
 * sees it grow within a sale, or below nothing, and everybody sees the end of it. Open: all are
 * there before it begins.
 */
public final class LiveFeed extends SaleSimulation {

  /** A watcher reads so often what has come, some ten messages a second. */
  private static final Duration READ_EVERY = Duration.ofMillis(500);

  private static final int UNREAD_AT_MOST = 1_000;

  private final Duration duration = Settings.duration("duration", "1m");

  {
    int watchers = Settings.number("watchers", 500);
    setUp(
            SellOut.crowd(this, Settings.number("users", 1_200)).andThen(truth(true)),
            scenario("watcher").exec(watching()).injectOpen(atOnceUsers(watchers)))
        .protocols(
            browsers()
                .wsBaseUrls(
                    Settings.baseUrls().stream()
                        .map(url -> url.replaceFirst("^http", "ws"))
                        .toList())
                .wsUnmatchedInboundMessageBufferSize(UNREAD_AT_MOST))
        .assertions(
            nothingFails(
                details("has seen the end").successfulRequests().count().is((long) watchers)));
  }

  private ChainBuilder watching() {
    return exec(ws("watch")
            .connect("/ws")
            .await(10)
            .on(
                ws.checkTextMessage("connection")
                    .matching(jmesPath("type").is("connection"))
                    .check(jmesPath("node").exists()),
                ws.checkTextMessage("first stock")
                    .matching(jmesPath("type").is("stock"))
                    .check(
                        jmesPath("sale").ofLong().saveAs("sale"),
                        jmesPath("stock").ofInt().saveAs("stock"))))
        .asLongAs(session -> seen(session) > 0 && isWithin(duration))
        .on(
            pause(READ_EVERY)
                .exec(
                    ws.processUnmatchedMessages(
                        (messages, session) -> this.read(messages, session))))
        .exec(
            ws("ping")
                .sendText("{\"type\":\"ping\"}")
                .await(5)
                .on(ws.checkTextMessage("pong").matching(jmesPath("type").is("pong"))))
        .exec(dummy("has seen the end", 1).withSuccess(session -> seen(session) == 0))
        .exec(ws("leave").close());
  }

  private static int seen(Session session) {
    return session.contains("stock") ? session.getInt("stock") : Integer.MAX_VALUE;
  }

  private Session read(List<WsInboundMessage> messages, Session session) {
    List<JsonNode> stocks =
        messages.stream()
            .filter(WsInboundMessage.Text.class::isInstance)
            .map(WsInboundMessage.Text.class::cast)
            .sorted(Comparator.comparingLong(WsInboundMessage.Text::timestamp))
            .map(text -> Shop.json(text.message()))
            .filter(message -> message.path("type").asText().equals("stock"))
            .toList();
    Session now = session;
    for (JsonNode stock : stocks) {
      int left = stock.path("stock").asInt(-1);
      boolean same = now.getLong("sale") == stock.path("sale").asLong();
      if (left < 0 || same && left > seen(now)) {
        ledger.breach("the stock went from " + seen(now) + " to " + left);
      }
      now = now.set("sale", stock.path("sale").asLong()).set("stock", left);
    }
    return now;
  }
}
