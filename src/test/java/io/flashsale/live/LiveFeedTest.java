package io.flashsale.live;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.flashsale.TestClock;
import io.flashsale.item.ItemId;
import io.flashsale.sale.Boards;
import io.flashsale.sale.LiveHolds;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import io.flashsale.sale.SaleCoordinator;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LiveFeedTest {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Instant ONE = NOON.plusSeconds(3_600);
  private static final Duration TTL = Duration.ofSeconds(60);
  private static final Sale OPEN = new Sale(3, NOON, NOON, ONE, 20, 10, TTL);
  private static final Sale NEXT = new Sale(4, ONE, ONE, ONE.plusSeconds(3_600), 8, 10, TTL);

  private final TestClock clock = new TestClock(NOON);
  private final SaleBoard board = Boards.showing(clock, OPEN, null, List.of());
  private final LiveHolds holds = new LiveHolds(clock);
  private long now;
  private final LiveFeed feed = new LiveFeed("n1", 10, clock, () -> now, board, holds);
  private int told;
  private final Broadcast.Client client =
      new Broadcast.Client() {
        @Override
        void wake() {
          told++;
          feed.broadcast().noted(this);
        }
      };

  private void sell(int item) {
    board.sold().add(new ItemId(3, item));
  }

  private void hold(int item) {
    holds.held(new ItemId(3, item), NOON.plusSeconds(60));
  }

  private void pass(Duration time) {
    now += time.toNanos();
    feed.look();
  }

  private static JsonNode json(@Nullable LiveMessage message) {
    String event = message == null ? "" : message.event().utf8String();
    try {
      return new JsonMapper().readTree(event.substring(event.indexOf("data: ") + 6));
    } catch (IOException e) {
      throw new AssertionError(event, e);
    }
  }

  private static BitSet bits(JsonNode json) {
    return BitSet.valueOf(Base64.getDecoder().decode(json.asText()));
  }

  private static BitSet items(int... numbers) {
    BitSet items = new BitSet();
    for (int number : numbers) {
      items.set(number);
    }
    return items;
  }

  @Test
  void showsTheStock() throws Exception {
    sell(1);
    hold(1); // it has not heard of its sale yet
    hold(2);
    holds.held(new ItemId(2, 9), NOON); // of the sale before
    feed.elsewhere().said("n2", 3, items(2, 7));
    feed.elsewhere().said("n3", 2, items(8));

    JsonNode stock =
        new JsonMapper()
            .readTree(
                """
                {"type":"stock","sale":3,"name":"Sale 3","items":20,"stock":19,"sold":1,"held":2,
                 "opens_at":"2026-03-01T12:00:00Z","ends_at":"2026-03-01T13:00:00Z","next":null,
                 "server_time":"2026-03-01T12:00:00Z"}
                """);
    assertThat(json(feed.stock())).isEqualTo(stock);
    String frame = feed.stock().frame().utf8String();
    assertThat(new JsonMapper().readTree(frame.substring(frame.indexOf('{')))).isEqualTo(stock);
    assertThat(feed.stock().event().utf8String())
        .startsWith("event: stock\ndata: {")
        .endsWith("}\n\n");
  }

  @Test
  void showsTheItemsToThoseWhoWantThem() {
    feed.broadcast().join(client);
    sell(0);
    sell(19);
    hold(9);
    pass(LiveFeed.EVERY);
    assertThat(feed.items()).isNull();

    feed.watchingItems().incrementAndGet();
    feed.refresh();

    JsonNode shown = json(feed.items());
    assertThat(shown.path("sale").asLong()).isEqualTo(3);
    assertThat(shown.path("items").asInt()).isEqualTo(20);
    assertThat(shown.path("sold").asText())
        .isEqualTo(Base64.getEncoder().encodeToString(new byte[] {1, 0, 8}));
    assertThat(bits(shown.path("held"))).isEqualTo(items(9));
  }

  @Test
  void tellsOnlyWhatIsNewAndNoMoreOftenThanAnEyeSees() {
    feed.broadcast().join(client);
    pass(LiveFeed.EVERY);
    assertThat(told).isEqualTo(1);
    LiveMessage first = feed.stock();
    pass(LiveFeed.EVERY);
    assertThat(told).isEqualTo(1);

    sell(1);
    pass(Duration.ofMillis(1));
    sell(2);
    pass(LiveFeed.EVERY);
    pass(Duration.ofMillis(1));
    sell(3);
    pass(LiveFeed.EVERY.minusMillis(2));

    assertThat(told).isEqualTo(3);
    assertThat(feed.stock()).isNotSameAs(first);
    assertThat(json(feed.stock()).path("sold").asInt()).isEqualTo(2);
    pass(Duration.ofMillis(1));
    assertThat(json(feed.stock()).path("sold").asInt()).isEqualTo(3);
  }

  @Test
  void seesHoldsBeginAndEndHereAndElsewhere() {
    feed.broadcast().join(client);
    hold(1);
    pass(LiveFeed.EVERY);
    assertThat(json(feed.stock()).path("held").asInt()).isEqualTo(1);
    feed.elsewhere().said("n2", 3, items(2, 3));
    pass(LiveFeed.EVERY);
    assertThat(json(feed.stock()).path("held").asInt()).isEqualTo(3);
    holds.released(new ItemId(3, 1));
    feed.elsewhere().said("n2", 3, items(3));
    pass(LiveFeed.EVERY);
    assertThat(json(feed.stock()).path("held").asInt()).isEqualTo(1);
    hold(4);
    holds.gone(new ItemId(3, 4)); // to another node
    pass(LiveFeed.EVERY);
    assertThat(json(feed.stock()).path("held").asInt()).isEqualTo(1);
    pass(HeldElsewhere.FORGET_AFTER); // n2 is lost
    assertThat(json(feed.stock()).path("held").asInt()).isZero();
  }

  @Test
  void saysSomethingNowAndThenInAnyCase() {
    feed.broadcast().join(client);
    pass(LiveFeed.EVERY);
    pass(LiveFeed.AT_LEAST_EVERY.minusMillis(1));
    assertThat(told).isEqualTo(1);
    clock.advance(LiveFeed.AT_LEAST_EVERY);
    pass(Duration.ofMillis(1));

    assertThat(told).isEqualTo(2);
    assertThat(json(feed.stock()).path("server_time").asText()).isEqualTo("2026-03-01T12:00:05Z");
  }

  @Test
  void goesWithTheSales() {
    feed.broadcast().join(client);
    feed.watchingItems().incrementAndGet();
    sell(1);
    pass(LiveFeed.EVERY);
    Boards.put(board, new SaleCoordinator.Sales(OPEN, NEXT, List.of()));
    pass(LiveFeed.EVERY);
    assertThat(json(feed.stock()).at("/next/id").asLong()).isEqualTo(4);

    clock.set(ONE);
    pass(LiveFeed.ITEMS_EVERY);
    assertThat(json(feed.stock()).path("sale").asLong()).isEqualTo(4);
    assertThat(json(feed.stock()).path("sold").asLong()).isZero();
    assertThat(json(feed.items()).path("items").asInt()).isEqualTo(8);

    clock.set(NEXT.endsAt());
    pass(LiveFeed.ITEMS_EVERY);
    assertThat(json(feed.stock()).path("sale").isNull()).isTrue();
    assertThat(json(feed.stock()).path("items").asInt()).isZero();
    assertThat(json(feed.items()).path("sold").asText()).isEmpty();
  }

  @Test
  void makesNothingWhileNobodyWatches() {
    sell(1);
    pass(LiveFeed.EVERY);
    assertThat(told).isZero();

    feed.broadcast().join(client);
    feed.refresh();
    LiveMessage first = feed.stock();
    assertThat(json(first).path("sold").asInt()).isEqualTo(1);
    feed.broadcast().leave(client);
    sell(2);
    pass(Duration.ofHours(1));
    assertThat(feed.stock()).isSameAs(first);
    feed.refresh();
    assertThat(json(feed.stock()).path("sold").asInt()).isEqualTo(2);
  }
}
