package io.flashsale.system;

import static io.flashsale.system.OrderIT.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.flashsale.Watcher;
import io.flashsale.system.Shop.Answer;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * The live feed of several nodes; orders and keys, when the node that has the coordinators and most
 * of the users is lost.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@ResourceLock("three nodes")
final class OrderClusterIT {

  private static final int ITEMS = 300;
  private static final int CLIENTS = 8;
  private static final int TAKEN_BEFORE_THE_KILL = 60;

  /** Bought before, one after the other, and watched. */
  private static final int WATCHED = 50;

  @TempDir static Path directory;
  private static ThreeNodes cluster;

  private final Set<String> taken = ConcurrentHashMap.newKeySet();

  @BeforeAll
  static void start() {
    cluster =
        new ThreeNodes(directory, "SALE_PERIOD", "24h", "SALE_ITEMS", Integer.toString(ITEMS));
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  @Order(1)
  void aPurchaseIsHeardOnTheOtherNodes() {
    Shop buyer = new Shop(cluster.nodes.getFirst());
    try (Watcher second = new Watcher(cluster.nodes.get(1).uri());
        Watcher third = new Watcher(cluster.nginx.uri())) {
      done(buyer, "/checkout?user_id=-2&item_id=298", "c");
      List<Long> millis = new ArrayList<>();
      for (int i = 1; i <= WATCHED; i++) {
        int sold = i;
        Answer code = done(buyer, "/checkout?user_id=" + (1_000 + i) + "&item_id=" + i, "d");
        done(buyer, "/purchase?code=" + code.body(), "e");
        long bought = System.nanoTime();
        for (Watcher watcher : List.of(second, third)) {
          long heard = watcher.await("stock", json -> json.path("sold").asInt() >= sold).at();
          millis.add(TimeUnit.NANOSECONDS.toMillis(heard - bought));
        }
      }
      Collections.sort(millis);
      long p99 = millis.get(millis.size() * 99 / 100);
      System.out.printf(
          "Heard on two other nodes: p50 %d ms, p99 %d ms, at most %d ms%n",
          millis.get(millis.size() / 2), p99, millis.getLast());
      assertThat(p99).isLessThan(2_000); // 500, but for a machine that does other things
      // Held on one node, or on none of the two: who watches knows of all.
      second.await("stock", json -> json.path("held").asInt() == 1);
      third.await("stock", json -> json.path("held").asInt() == 1);
    }
  }

  @Test
  @Order(2)
  void whatIsPendingGoesOnElsewhereAndEveryNodeKnowsWhatAKeyHasDone() {
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
  static Answer done(Shop shop, String path, String key) {
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
