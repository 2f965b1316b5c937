package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flashsale.system.Shop.Answer;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests with an Idempotency-Key, over real HTTP, a SIGKILL and the change of the sale. */
final class KeyIT {

  /** Of a sale, in seconds. */
  private static final int SHORT = 15;

  @TempDir Path directory;

  /** A request as it was sent, with what it was answered. */
  private record Sent(String method, String path, String key, boolean json, Answer answer) {}

  @Test
  void whatWasDoneIsAnsweredAsTheFirstTimeAfterAKillAndInTheNextSale() {
    try (Server server = server(SHORT + "s")) {
      Shop shop = new Shop(server);
      await()
          .atMost(Duration.ofSeconds(SHORT))
          .until(() -> Instant.now().getEpochSecond() % SHORT < SHORT - 5); // not at its end
      long sale = activeSale(shop);
      List<Sent> done = shopping(shop);
      assertThat(done).allMatch(sent -> sent.answer().isOk(), done.toString());

      server.kill();
      server.start();
      expectTheSame(shop, done);

      await().atMost(Duration.ofSeconds(30)).until(() -> activeSale(shop) > sale);
      expectTheSame(shop, done);

      server.kill();
      server.start();
      expectTheSame(shop, done);
      Server.Outcome audit = server.audit();
      assertThat(audit.exitCode()).as(audit.out()).isZero();
      assertThat(server.query("SELECT count(*) FROM event_journal WHERE " + KEYED))
          .isEqualTo(done.size());
    }
  }

  private static final String KEYED = "position('\"key\"'::bytea IN event_payload) > 0";

  @Test
  void aKeyIsOfOneRequestWhateverTheRoute() {
    try (Server server = server("24h")) {
      Shop shop = new Shop(server);
      List<Sent> done = shopping(shop);
      String open = send(shop, "POST", "/checkout?user_id=7&item_id=9", "open", false).body();

      for (Sent sent : done) {
        for (String path :
            List.of("/checkout?user_id=7&item_id=8", "/purchase?code=" + open, "delete")) {
          Answer answer =
              path.equals("delete")
                  ? send(shop, "DELETE", "/checkout/" + open, sent.key(), sent.json())
                  : send(shop, "POST", path, sent.key(), sent.json());
          assertThat(answer.status()).as("%s for %s", path, sent).isEqualTo(422);
          assertThat(answer.problem()).isEqualTo("idempotency-key-reused");
        }
      }
      assertThat(shop.get("/checkout/" + open).body()).contains("\"status\":\"open\"");
    }
  }

  /** One of each kind, as text and as JSON. */
  private static List<Sent> shopping(Shop shop) {
    List<Sent> done = new ArrayList<>();
    for (boolean json : new boolean[] {false, true}) {
      int item = json ? 4 : 0;
      String suffix = json ? "-json" : "-text";
      String first = "/checkout?user_id=7&item_id=" + item + "&item_id=" + (item + 1);
      String bought = code(keep(done, shop, "POST", first, "first" + suffix, json));
      String added = "/checkout?user_id=7&item_id=" + (item + 2) + "&code=" + bought;
      keep(done, shop, "POST", added, "added" + suffix, json);
      keep(done, shop, "POST", "/purchase?code=" + bought, "bought" + suffix, json);
      String other = "/checkout?user_id=7&item_id=" + (item + 3);
      String ended = code(keep(done, shop, "POST", other, "other" + suffix, json));
      keep(done, shop, "DELETE", "/checkout/" + ended, "ended" + suffix, json);
    }
    return done;
  }

  private static Answer keep(
      List<Sent> done, Shop shop, String method, String path, String key, boolean json) {
    Answer answer = send(shop, method, path, key, json);
    done.add(new Sent(method, path, key, json, answer));
    return answer;
  }

  private static void expectTheSame(Shop shop, List<Sent> done) {
    for (Sent sent : done) {
      assertThat(send(shop, sent.method(), sent.path(), sent.key(), sent.json()))
          .as("%s %s", sent.method(), sent.path())
          .isEqualTo(sent.answer());
    }
  }

  private static Answer send(Shop shop, String method, String path, String key, boolean json) {
    return Shop.send(
        shop.request(path)
            .method(method, HttpRequest.BodyPublishers.noBody())
            .header("Idempotency-Key", key)
            .header("Accept", json ? "application/json" : "text/plain"));
  }

  /** Of a text, or of JSON. */
  private static String code(Answer answer) {
    int at = answer.body().indexOf("\"code\":\"");
    return at < 0 ? answer.body() : answer.body().substring(at + 8, at + 44);
  }

  private static long activeSale(Shop shop) {
    String body = shop.get("/sales/active").body();
    return body.startsWith("{\"id\":") ? Long.parseLong(body, 6, body.indexOf(','), 10) : 0;
  }

  private Server server(String salePeriod) {
    return new Server(
            directory,
            "SALE_PERIOD",
            salePeriod,
            "SALE_ITEMS",
            "12",
            "USER_LIMIT",
            "10",
            "HOLD_TTL",
            "60s")
        .start();
  }
}
