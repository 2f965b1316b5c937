package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.flashsale.Watcher;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** Two browsers show the sale of three nodes, while people buy and a node leaves. */
@Isolated
@Tag("chaos")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ClusterPageIT {

  private static final int ITEMS = Integer.getInteger("cluster.items", 10_000);
  private static final int PEOPLE_PER_SECOND = 40 * Integer.getInteger("cluster.rate", 1);
  private static final String TOKEN = "cluster-page-it-0123456789";

  /** Bought one after the other, and looked for on each page. */
  private static final int WATCHED = 300;

  /** What {@code #stock} says, when it was written, and when that had been drawn. */
  private static final String NOTE_THE_STOCK =
      """
      window.shown = [];
      new MutationObserver(() => {
        const stock = %s;
        const written = Date.now();
        requestAnimationFrame(() =>
          setTimeout(() => window.shown.push({ stock, written, drawn: Date.now() })));
      }).observe(
        document.getElementById('stock'), { childList: true, characterData: true, subtree: true });
      """
          .formatted(PageIT.number("#stock"));

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  static Path directory;

  private static final List<Browser> browsers = new ArrayList<>();
  private static ThreeNodes cluster;

  @BeforeAll
  static void start() throws IOException {
    Optional<Path> program = Browser.program();
    assumeTrue(
        program.isPresent(),
        "The pages are not tested: there is no Chromium (apt install chromium)");
    cluster =
        new ThreeNodes(
            directory,
            "SALE_PERIOD",
            "24h",
            "SALE_ITEMS",
            Integer.toString(ITEMS),
            "HOLD_TTL",
            "20s",
            "ADMIN_TOKEN",
            TOKEN);
    for (int i = 1; i <= 2; i++) {
      Path profile = Files.createDirectory(directory.resolve("browser-" + i));
      browsers.add(new Browser(program.get(), profile));
    }
  }

  @AfterAll
  static void stop() {
    browsers.forEach(Browser::close);
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  @Order(1)
  void everyPurchaseIsShownByThePagesOfTheOtherNodes() {
    Shop buyer = new Shop(cluster.nodes.get(2));
    URI first = cluster.nodes.get(0).uri();
    URI second = cluster.nodes.get(1).uri();
    try (Browser.Tab one = open(browsers.get(0), first);
        Browser.Tab two = open(browsers.get(1), second);
        Watcher watcher = new Watcher(first)) {
      one.evaluate(NOTE_THE_STOCK);
      two.evaluate(NOTE_THE_STOCK);
      List<Long> bought = new ArrayList<>();
      for (int i = 1; i <= WATCHED; i++) {
        String checkout = "/checkout?user_id=" + i + "&item_id=" + i;
        String code = OrderClusterIT.done(buyer, checkout, "c" + i).body();
        OrderClusterIT.done(buyer, "/purchase?code=" + code, "p" + i);
        bought.add(System.currentTimeMillis());
      }
      for (Browser.Tab page : List.of(one, two)) {
        page.until("window.shown.at(-1)?.stock === " + (ITEMS - WATCHED));
      }
      List<Long> drawn = new ArrayList<>(after(bought, one, "drawn"));
      drawn.addAll(after(bought, two, "drawn"));
      List<Long> written = new ArrayList<>(after(bought, one, "written"));
      written.addAll(after(bought, two, "written"));
      System.out.println("Heard on another node: " + spread(heard(bought, watcher)));
      System.out.println("Written on two pages:  " + spread(written));
      System.out.println("Drawn on two pages:    " + spread(drawn));

      OrderClusterIT.done(buyer, "/checkout?user_id=-1&item_id=0&item_id=" + (ITEMS - 1), "h");
      JsonNode audit = expectExact(one, two);
      assertThat(audit.path("sold").asInt()).isEqualTo(WATCHED);
      assertThat(audit.path("held").asInt()).isEqualTo(2);
    }
  }

  @Test
  @Order(2)
  void theWallIsExactAfterASellOutInWhichTheNodeOfAPageLeaves() {
    URI shop = cluster.nginx.uri();
    History history = new History();
    try (Browser.Tab one = open(browsers.get(0), shop);
        Browser.Tab two = open(browsers.get(1), shop)) {
      try (Clients clients = new Clients(shop, ITEMS, true, 1, history)) {
        clients.start(PEOPLE_PER_SECOND);
        clients.awaitSold(ITEMS / 3, soldWithin());
        Server leaving = nodeOf(one);
        String left = one.text("#link");
        long before = System.nanoTime();
        leaving.terminate();
        for (Browser.Tab page : List.of(one, two)) {
          page.until(
              PageIT.LIVE + " && document.getElementById('link').innerText !== '" + left + "'");
        }
        System.out.printf(
            "Live on another node %d ms after a node was asked to leave%n",
            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before));
        assertThat(leaving.awaitEnd()).as(leaving.log()).isZero();
        clients.awaitSold(ITEMS / 2, soldWithin());
      }
      JsonNode half = expectExact(one, two);
      assertThat(half.path("available").asInt()).isPositive();

      try (Clients clients = new Clients(shop, ITEMS, true, 2, history)) {
        clients.start(PEOPLE_PER_SECOND);
        await("sold out").atMost(soldWithin()).until(() -> cluster.isSoldOut(1, ITEMS));
      }
      JsonNode all = expectExact(one, two);
      assertThat(all.path("sold").asInt()).isEqualTo(ITEMS);
      assertThat(one.complaints()).isEmpty();
      assertThat(two.complaints()).isEmpty();
    }
    System.out.println(history);
    cluster.expectCleanAudit();
  }

  private static Duration soldWithin() {
    return Duration.ofSeconds(60 + ITEMS / 25);
  }

  private static Browser.Tab open(Browser browser, URI uri) {
    Browser.Tab page = browser.open(uri);
    page.until(PageIT.LIVE);
    return page;
  }

  /** The page says which node it is connected with. */
  private static Server nodeOf(Browser.Tab page) {
    String link = page.text("#link");
    for (Server node : cluster.nodes) {
      try (Watcher watcher = new Watcher(node.uri())) {
        if (link.endsWith(watcher.await("connection").json().path("node").asText())) {
          return node;
        }
      }
    }
    throw new AssertionError("No node is " + link);
  }

  // ---------------------------------------------------------------- how late

  /** Milliseconds from each purchase until the page showed it, or a later one. */
  private static List<Long> after(List<Long> bought, Browser.Tab page, String what) {
    JsonNode shown = page.evaluate("window.shown");
    List<Long> millis = new ArrayList<>();
    int at = 0;
    for (int i = 0; i < bought.size(); i++) {
      while (shown.get(at).path("stock").asInt() > ITEMS - 1 - i) {
        at++;
      }
      millis.add(shown.get(at).path(what).asLong() - bought.get(i));
    }
    return millis;
  }

  private static List<Long> heard(List<Long> bought, Watcher watcher) {
    long clock = System.currentTimeMillis() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    List<Long> millis = new ArrayList<>();
    for (int i = 0; i < bought.size(); i++) {
      int sold = i + 1;
      long at = watcher.await("stock", json -> json.path("sold").asInt() >= sold).at();
      millis.add(clock + TimeUnit.NANOSECONDS.toMillis(at) - bought.get(i));
    }
    return millis;
  }

  private static String spread(List<Long> millis) {
    List<Long> sorted = new ArrayList<>(millis);
    Collections.sort(sorted);
    return "p50 %d ms, p90 %d ms, p99 %d ms, at most %d ms"
        .formatted(
            sorted.get(sorted.size() / 2),
            sorted.get(sorted.size() * 9 / 10),
            p99(millis),
            sorted.getLast());
  }

  private static long p99(List<Long> millis) {
    return millis.stream().sorted().toList().get(millis.size() * 99 / 100);
  }

  // ---------------------------------------------------------------- how exact

  /**
   * Waits until all numbers of the pages are those of the journal.
   *
   * @return what the journal says
   */
  private static JsonNode expectExact(Browser.Tab... pages) {
    JsonNode[] audit = new JsonNode[1];
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(500))
        .ignoreExceptions() // a page that is connecting shows no numbers
        .untilAsserted(
            () -> {
              audit[0] = audit();
              for (Browser.Tab page : pages) {
                assertThat(numbers(page)).isEqualTo(numbers(audit[0]));
              }
            });
    System.out.println("Shown, and in the journal: " + numbers(audit[0]));
    return audit[0];
  }

  /** Of the sale, and of the wall. */
  private record Numbers(int items, int stock, int sold, int held, Wall wall) {}

  private record Wall(int free, int held, int sold) {}

  private static Numbers numbers(Browser.Tab page) {
    return new Numbers(
        page.number("#items"),
        page.number("#stock"),
        page.number("#sold"),
        page.number("#held"),
        new Wall(
            page.number("#count-free"), page.number("#count-held"), page.number("#count-sold")));
  }

  private static Numbers numbers(JsonNode audit) {
    int items = audit.path("items").asInt();
    int sold = audit.path("sold").asInt();
    int held = audit.path("held").asInt();
    Wall wall = new Wall(audit.path("available").asInt(), held, sold);
    return new Numbers(items, items - sold, sold, held, wall);
  }

  private static JsonNode audit() {
    Shop shop = new Shop(cluster.nginx.uri());
    JsonNode report =
        Watcher.read(
            Shop.send(shop.request("/admin/audit").header("Authorization", "Bearer " + TOKEN).GET())
                .body());
    assertThat(report.path("clean").asBoolean()).as(report.toString()).isTrue();
    return report.at("/sales/0");
  }
}
