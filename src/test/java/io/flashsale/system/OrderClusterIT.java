package io.flashsale.system;

import static io.flashsale.system.OrderIT.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.flashsale.system.Shop.Answer;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Orders and keys, when the node that has the coordinators and most of the users is lost. */
@ResourceLock("three nodes")
final class OrderClusterIT {

  private static final int ITEMS = 300;
  private static final int CLIENTS = 8;
  private static final int TAKEN_BEFORE_THE_KILL = 60;

  @TempDir Path directory;

  private final Set<String> taken = ConcurrentHashMap.newKeySet();

  @Test
  void whatIsPendingGoesOnElsewhereAndEveryNodeKnowsWhatAKeyHasDone() {
    try (ThreeNodes cluster =
        new ThreeNodes(directory, "SALE_PERIOD", "24h", "SALE_ITEMS", Integer.toString(ITEMS))) {
      List<Shop> shops = cluster.nodes.stream().map(Shop::new).toList();
      Answer checkout = done(shops.getFirst(), "/checkout?user_id=-1&item_id=299", "a");
      Answer purchase = done(shops.getFirst(), "/purchase?code=" + checkout.body(), "b");

      AtomicBoolean killed = new AtomicBoolean();
      var ordering = CompletableFuture.runAsync(() -> order(shops.get(1), killed));
      await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(2))
          .until(() -> taken.size() >= TAKEN_BEFORE_THE_KILL);
      cluster.nodes.getFirst().kill();
      killed.set(true);
      ordering.join();

      // Orders of the lost node end when it is downed; the balancer waits as long.
      Shop balanced = new Shop(cluster.nginx.uri());
      try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
        List<CompletableFuture<Answer>> answers =
            taken.stream()
                .map(id -> CompletableFuture.supplyAsync(() -> waitFor(balanced, id), clients))
                .toList();
        answers.forEach(answer -> assertThat(answer.join()).matches(Answer::isOk));
      }
      Server alive = cluster.nodes.get(1);
      await("pending orders")
          .atMost(ClusterIT.FAILOVER.plusSeconds(60))
          .pollInterval(Duration.ofSeconds(1))
          .until(() -> read(alive.audit().out()).at("/sales/0/pending").asInt(-1) == 0);

      Set<String> ends = new TreeSet<>();
      for (String id : taken) {
        JsonNode order = read(shops.get(2).get("/api/orders/" + id + "?wait=5"));
        ends.add(order.path("status").asText());
      }
      assertThat(ends).contains("confirmed").doesNotContain("pending", "");
      for (Shop shop : shops.subList(1, 3)) {
        assertThat(done(shop, "/checkout?user_id=-1&item_id=299", "a")).isEqualTo(checkout);
        assertThat(done(shop, "/purchase?code=" + checkout.body(), "b")).isEqualTo(purchase);
        assertThat(keyed(shop, "/purchase?code=" + checkout.body(), "a").status()).isEqualTo(422);
      }
      cluster.expectCleanAudit();
    }
  }

  private void order(Shop shop, AtomicBoolean stop) {
    AtomicInteger users = new AtomicInteger();
    try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      for (int i = 0; i < CLIENTS; i++) {
        clients.execute(
            () -> {
              while (!stop.get()) {
                int user = users.incrementAndGet();
                Answer answer = OrderIT.buy(shop, user, user * 7 % ITEMS, null);
                if (answer.status() == 202) {
                  taken.add(read(answer).path("order_id").asText());
                }
              }
            });
      }
    }
  }

  /** Repeated, as a 503 advises: nodes that have just started are slow. */
  private static Answer done(Shop shop, String path, String key) {
    Answer[] answer = new Answer[1];
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              answer[0] = keyed(shop, path, key);
              return answer[0].status() != 503 && answer[0].status() != 0;
            });
    assertThat(answer[0]).matches(Answer::isOk);
    return answer[0];
  }

  private static Answer waitFor(Shop shop, String id) {
    return Shop.send(
        shop.request("/api/orders/" + id + "?wait=20").timeout(Duration.ofSeconds(60)));
  }

  private static Answer keyed(Shop shop, String path, String key) {
    return Shop.send(
        shop.request(path)
            .POST(HttpRequest.BodyPublishers.noBody())
            .header("Idempotency-Key", key));
  }
}
