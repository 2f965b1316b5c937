package io.flashsale.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.stream.Attributes;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.SinkQueueWithCancel;
import akka.stream.javadsl.Source;
import akka.util.ByteString;
import io.flashsale.item.ItemId;
import io.flashsale.sale.Boards;
import io.flashsale.sale.LiveHolds;
import io.flashsale.sale.Sale;
import io.flashsale.sale.SaleBoard;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clients that read, and one that does not. */
class LiveClientTest {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final int ITEMS = 100;
  private static final Sale OPEN =
      new Sale(3, NOON, NOON, NOON.plusSeconds(3_600), ITEMS, 10, Duration.ofSeconds(60));

  private static ActorTestKit testKit;

  private final InstantSource clock = InstantSource.fixed(NOON);
  private final SaleBoard board = Boards.showing(clock, OPEN, null, List.of());
  private final AtomicLong now = new AtomicLong();
  private final LiveFeed feed =
      new LiveFeed("n1", 10, clock, now::get, board, new LiveHolds(clock));

  @BeforeAll
  static void start() {
    testKit = ActorTestKit.create();
  }

  @AfterAll
  static void stop() {
    testKit.shutdownTestKit();
  }

  private SinkQueueWithCancel<ByteString> watch() {
    return Source.<ByteString>maybe()
        .via(LiveClient.events(feed, true))
        .toMat(Sink.<ByteString>queue().addAttributes(Attributes.inputBuffer(1, 1)), Keep.right())
        .run(testKit.system());
  }

  private static String next(SinkQueueWithCancel<ByteString> client) {
    try {
      Optional<ByteString> next = client.pull().toCompletableFuture().get(5, TimeUnit.SECONDS);
      return next.map(ByteString::utf8String).orElse("end");
    } catch (Exception e) {
      throw new AssertionError("Nothing is sent", e);
    }
  }

  private static String nextOf(SinkQueueWithCancel<ByteString> client, String part) {
    String next = next(client);
    while (!next.contains(part)) {
      next = next(client);
    }
    return next;
  }

  private static final String ALL = "\"sold\":" + ITEMS;

  @Test
  void whoDoesNotReadGetsTheLatestAndTheOthersAll() {
    SinkQueueWithCancel<ByteString> deaf = watch();
    SinkQueueWithCancel<ByteString> other = watch();
    await().until(() -> feed.clients() == 2);

    for (int item = 0; item < ITEMS; item++) {
      board.sold().add(new ItemId(3, item));
      now.addAndGet(LiveFeed.AT_LEAST_EVERY.toNanos());
      feed.look();
      nextOf(other, "\"sold\":" + (item + 1) + ",");
      await().pollInterval(Duration.ofMillis(1)).until(feed.broadcast()::isReady);
    }

    int messages = 1;
    for (String next = next(deaf); !next.contains(ALL); next = next(deaf)) {
      messages++;
    }
    assertThat(messages).isLessThan(8); // those that were on their way, and the latest
    assertThat(nextOf(deaf, "event: items")).contains("\"held\"");
  }

  @Test
  void everybodyIsSentAwayAlsoWhoDoesNotRead() {
    watch();
    await().until(() -> feed.clients() == 1);

    feed.leave();

    await().until(() -> feed.clients() == 0);
  }
}
