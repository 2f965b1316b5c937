package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The pages in a Chromium, with the program and its database. What they look like is in {@code
 * target/pages} afterwards.
 */
final class PageIT {

  private static final String TOKEN = "a-token-of-a-test-0123456789";
  private static final Path PICTURES = Path.of("target/pages");
  private static final int ITEMS = 1_500;
  private static final int CONTENDED = 60;
  private static final Duration CONTEND = Duration.ofSeconds(2);

  /** The page of the sale is connected, and shows all. */
  static final String LIVE =
      "document.getElementById('link').dataset.state === 'live'"
          + " && document.getElementById('count-free').innerText !== '–'";

  @TempDir static Path directory;
  private static Browser browser;
  private static Server server;
  private static Shop shop;

  @BeforeAll
  static void start() throws IOException {
    Optional<Path> program = Browser.program();
    assumeTrue(
        program.isPresent(),
        "The pages are not tested: there is no Chromium (apt install chromium)");
    server =
        new Server(
            Files.createDirectory(directory.resolve("server")),
            "SALE_PERIOD",
            "24h",
            "SALE_ITEMS",
            Integer.toString(ITEMS),
            "HOLD_TTL",
            "4s",
            "ADMIN_TOKEN",
            TOKEN);
    server.launch();
    browser = new Browser(program.get(), Files.createDirectory(directory.resolve("browser")));
    server.awaitReady();
    shop = new Shop(server);
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.close();
      server.close();
    }
  }

  @Test
  void showsTheStockFallWhileSomebodyElseBuys() {
    try (Browser.Tab page = open("/")) {
      int before = page.number("#stock");

      String code = shop.checkOut(1, 100, 101).body();
      page.until(number("#held") + " >= 2");
      assertThat(shop.purchase(code).isOk()).isTrue();

      page.until(number("#stock") + " === " + (before - 2));
      assertThat(page.number("#stock") + page.number("#sold")).isEqualTo(page.number("#items"));
      assertThat(page.text("#countdown")).matches("(\\d+:)?\\d\\d:\\d\\d");
      assertThat(page.complaints()).isEmpty();
      assertThat(page.failedLoads()).isEmpty();
    }
  }

  @Test
  void whereThereAreNoWebSocketsTheFeedComesAsEvents() {
    try (Browser.Tab page = open("/")) {
      page.before(
          "window.WebSocket = class { constructor() { setTimeout(() => this.onclose()); } close()"
              + " {} }");
      page.go(server.uri().resolve("/"));
      page.until(LIVE);
      int before = page.number("#count-sold");

      assertThat(shop.purchase(shop.checkOut(4, 600).body()).isOk()).isTrue();

      page.until(number("#count-sold") + " === " + (before + 1));
      assertThat(page.complaints()).isEmpty();
    }
  }

  @Test
  void somebodyBuysOneItemOfTheWallOneByItsNumberAndAnyFreeOne() {
    try (Browser.Tab page = open("/")) {
      page.type("#user", "42");
      page.click("#wall", 0.5, 0.5);
      page.until("document.querySelectorAll('#basket li').length === 1");
      page.type("#item", "200");
      page.click("#add");
      page.click("#random");
      page.until("document.querySelectorAll('#basket li .price:not(:empty)').length === 3");
      page.click("#reserve");
      page.until("!document.getElementById('purchase').hidden");
      assertThat(page.text("#purchase")).startsWith("Buy 3 items for ");
      page.click("#purchase");

      page.until("document.querySelectorAll('#purchases li').length === 3");

      assertThat(page.text("#notice")).startsWith("Bought: ");
      page.until(number("#count-mine") + " === 3");
      JsonNode bought = json(shop.get("/users/42/purchases"));
      assertThat(bought.path("total_purchased").asInt()).isEqualTo(3);
      assertThat(bought.at("/purchases/0/items").findValuesAsText("id"))
          .contains("200")
          .containsExactlyInAnyOrderElementsOf(
              StreamSupport.stream(
                      page.evaluate(
                              "[...document.querySelectorAll('#purchases li')].map(li =>"
                                  + " li.dataset.item)")
                          .spliterator(),
                      false)
                  .map(JsonNode::asText)
                  .toList());
      assertThat(page.complaints()).isEmpty();
    }
  }

  @Test
  void aHoldThatIsNotBoughtEndsAndOneThatIsGivenUpToo() {
    try (Browser.Tab page = open("/")) {
      page.type("#item", "300");
      page.click("#add");
      page.click("#reserve");
      page.until("!document.getElementById('hold').hidden");
      assertThat(page.text("#hold-time")).matches("0:0[1-4]");
      page.go(server.uri().resolve("/")); // held on, although the page is loaded again
      page.until("!document.getElementById('hold').hidden");

      page.until("document.getElementById('notice').innerText.includes('The time is over')");

      assertThat(page.evaluate("document.getElementById('hold').hidden").asBoolean()).isTrue();
      page.type("#item", "301");
      page.click("#add");
      page.click("#reserve");
      page.until("!document.getElementById('give-up').hidden");
      page.click("#give-up");
      page.until("document.getElementById('notice').innerText.startsWith('Given up')");
      assertThat(shop.checkOut(2, 301).isOk()).isTrue();
    }
  }

  @Test
  void aRefusalIsSaidInPlainWords() {
    try (Browser.Tab page = open("/")) {
      page.type("#user", "77");
      String code = shop.checkOut(77, 400, 401, 402, 403, 404, 405, 406, 407, 408).body();
      assertThat(shop.purchase(code).isOk()).isTrue();
      page.type("#item", "410");
      page.click("#add");
      page.type("#item", "411");
      page.click("#add");
      page.click("#reserve");

      page.until("document.getElementById('refusals').innerText === '1'");

      assertThat(page.text("#notice"))
          .isEqualTo("You have as many items as one user may have in a sale.");
      await("the page knows")
          .until(
              () -> {
                page.type("#item", "408");
                page.click("#add");
                return page.text("#notice").equals("Item 408 is sold.");
              });
      assertThat(page.complaints()).isEmpty();
    }
  }

  @Test
  void theWallIsExactAfterContention() {
    try (Browser.Tab page = open("/");
        Buyers buyers = new Buyers(shop, CONTENDED, System.nanoTime() % 1_000)) {
      int before = page.number("#sold");
      long until = System.nanoTime() + CONTEND.toNanos();
      buyers.buyUntil(16, () -> System.nanoTime() > until);

      JsonNode audit = audit();

      assertThat(buyers.others).isEmpty();
      assertThat(buyers.purchased).hasSizeGreaterThan(CONTENDED / 2);
      assertThat(audit.path("sold").asInt() - before).isEqualTo(buyers.purchased.size());
      page.until(number("#count-sold") + " === " + audit.path("sold").asInt());
      page.until(number("#count-held") + " === 0"); // what was held has ended, or is bought
      assertThat(page.number("#count-free") + page.number("#count-sold"))
          .isEqualTo(page.number("#items"));
      page.until(number("#stock") + " === " + number("#count-free"));
      page.screenshot(PICTURES.resolve("desktop.png"));
    }
  }

  @Test
  void whenTheNodeIsKilledThePageSaysSoAndIsRightAfterwards() {
    try (Browser.Tab page = open("/")) {
      server.kill();
      page.until("document.getElementById('link').dataset.state === 'reconnecting'");
      assertThat(page.text("#link")).isEqualTo("Reconnecting");

      server.start();
      int bought = page.number("#sold");
      assertThat(shop.purchase(shop.checkOut(3, 500, 501, 502).body()).isOk()).isTrue();

      page.until(LIVE + " && " + number("#sold") + " === " + (bought + 3));
      page.until(number("#count-sold") + " === " + (bought + 3));
      assertThat(page.complaints()).isEmpty();
    }
  }

  @Test
  void anOperatorAuditsClosesTheSaleAndOpensAnotherAndThePageFollows() {
    try (Browser.Tab page = open("/");
        Browser.Tab admin = browser.open(URI.create(server.uri() + "/admin"))) {
      String before = page.text("#sale-name");
      admin.type("#token", "not-the-token-of-this-test");
      admin.click("#enter");
      admin.until("document.getElementById('sign-in-notice').innerText !== ''");
      assertThat(admin.text("#sign-in-notice")).isEqualTo("A token is needed.");
      admin.type("#token", TOKEN);
      admin.click("#enter");
      admin.until("document.querySelectorAll('#cluster tbody tr').length === 1");
      assertThat(admin.text("#cluster tbody")).contains("(this one)", "up", "sale-coordinator");
      admin.click("#audit");
      admin.until("document.getElementById('audit-notice').innerText.endsWith('as it must be.')");
      assertThat(admin.text("#audit-facts")).contains("Sold");
      admin.until("document.querySelectorAll('#health div').length > 8");
      for (String scheme : List.of("light", "dark")) {
        admin.scheme(scheme);
        assertAccessible(admin);
        admin.screenshot(PICTURES.resolve("admin-" + scheme + ".png"));
      }

      // Not every browser forgets what was pressed the last time.
      admin.evaluate("document.getElementById('sure').returnValue = 'yes'");
      admin.click("#close");
      admin.until("document.getElementById('sure').returnValue === ''");
      assertThat(admin.text("#sure-title"))
          .isEqualTo("Close sale " + json(shop.get("/sales/active")).get("id") + "?");
      admin.click("#sure-yes");
      page.until("document.getElementById('sale-name').innerText === 'No sale is open'");
      admin.type("#total", "1000");
      admin.click("#open-button");

      page.until("document.getElementById('items').innerText === '1,000'");
      page.until(number("#count-free") + " === 1000");
      assertThat(page.text("#sale-name")).isNotEqualTo(before);
      admin.until("document.querySelectorAll('#sales tbody tr').length >= 2");
      assertThat(admin.complaints()).isEmpty();
      assertThat(page.complaints()).isEmpty();
    }
  }

  @Test
  void fitsAPhoneAndIsAccessibleInBothSchemes() {
    try (Browser.Tab page = open("/")) {
      page.click("#random");
      page.until("document.querySelectorAll('#basket li .price:not(:empty)').length === 1");
      for (String scheme : List.of("light", "dark")) {
        page.scheme(scheme);
        assertAccessible(page);
      }
      page.screenshot(PICTURES.resolve("dark.png"));
      page.size(360, 780, true);
      page.scheme("light");
      page.until("document.documentElement.scrollWidth <= 360");
      assertThat(page.evaluate("document.getElementById('wall').clientWidth").asInt())
          .isBetween(250, 360);
      assertAccessible(page);
      page.screenshot(PICTURES.resolve("phone.png"));
    }
  }

  @Test
  void canBeUsedWithTheKeyboardAlone() {
    try (Browser.Tab page = open("/")) {
      page.evaluate("document.getElementById('wall').focus()");
      page.press("ArrowRight", 39);
      page.press("ArrowDown", 40);
      page.until("document.getElementById('wall-point').innerText.startsWith('Item ')");
      page.press("Enter", 13);
      page.until("document.querySelectorAll('#basket li').length === 1");
      page.evaluate("document.getElementById('reserve').focus()");
      page.press("Enter", 13);
      page.until("document.activeElement.id === 'purchase'");
      page.press("Enter", 13);
      page.until("document.querySelectorAll('#purchases li').length === 1");
    }
  }

  // ---------------------------------------------------------------- what they share

  private static Browser.Tab open(String path) {
    Browser.Tab page = browser.open(URI.create(server.uri() + path));
    page.until(LIVE);
    return page;
  }

  static String number(String selector) {
    return "Number(document.querySelector('%s').innerText.replace(/,/g, ''))".formatted(selector);
  }

  /** By the rules of axe-core, which see what a program can see. */
  static void assertAccessible(Browser.Tab page) {
    page.evaluate(axe());
    JsonNode found =
        page.evaluate(
            "axe.run(document, { resultTypes: ['violations'] }).then(found =>"
                + " found.violations.map(rule => `${rule.impact} ${rule.id}: ${rule.nodes.map(node"
                + " => node.html).join()}`))");
    assertThat(found).isEmpty();
  }

  private static String axe() {
    try (InputStream in = PageIT.class.getResourceAsStream("/axe.min.js")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** What the journal says of the open sale. */
  private static JsonNode audit() {
    Shop.Answer report =
        Shop.send(shop.request("/admin/audit").header("Authorization", "Bearer " + TOKEN).GET());
    assertThat(json(report).path("clean").asBoolean()).as(report.body()).isTrue();
    return json(report).at("/sales/0");
  }

  private static JsonNode json(Shop.Answer answer) {
    return json(answer.body());
  }

  private static JsonNode json(String text) {
    try {
      return new JsonMapper().readTree(text);
    } catch (IOException e) {
      throw new AssertionError(text, e);
    }
  }
}
