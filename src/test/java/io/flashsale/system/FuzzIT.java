package io.flashsale.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.flashsale.ApiDocument;
import io.flashsale.RawAnswer;
import io.flashsale.RawConnection;
import io.flashsale.http.Problem;
import io.flashsale.system.HostileRequests.End;
import io.flashsale.system.HostileRequests.Script;
import io.flashsale.system.HostileRequests.Sent;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bytes of every kind to a real node, while others buy. What fails is printed with the seed of its
 * connection, which is sent again with {@code -Dfuzz.seed=that -Dfuzz.requests=1}.
 */
final class FuzzIT {

  private static final int REQUESTS = Integer.getInteger("fuzz.requests", 2_000);
  private static final long SEED = Long.getLong("fuzz.seed", 5_000_000);
  private static final int AT_ONCE = 16;
  private static final int MOST_BREACHES = 10;

  /** The last of them are for those who come afterwards. */
  private static final int ITEMS = 3_000;

  private static final int BUYERS_PER_SECOND = 20;
  private static final Duration HOLD_TTL = Duration.ofSeconds(5);

  private static final Set<String> CODES =
      Stream.of(Problem.values()).map(p -> p.status() + p.code()).collect(Collectors.toSet());

  @TempDir static Path directory;
  private static Server server;
  private static Shop shop;

  private final Queue<String> breaches = new ConcurrentLinkedQueue<>();
  private final Map<String, AtomicLong> answers = new ConcurrentHashMap<>();

  @BeforeAll
  static void start() {
    System.out.println("FuzzIT with seed " + SEED);
    server =
        new Server(
                directory,
                "SALE_PERIOD",
                "24h",
                "SALE_ITEMS",
                Integer.toString(ITEMS),
                "HOLD_TTL",
                HOLD_TTL.toSeconds() + "s",
                "ADMIN_TOKEN",
                HostileRequests.TOKEN,
                "JAVA_OPTS",
                "-XX:TieredStopAtLevel=1 -Xmx1g -Dflashsale.http.first-request-within=2s")
            .start();
    shop = new Shop(server);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void whateverIsSentIsAnsweredAsDocumentedAndTheOthersGoOnBuying() throws Exception {
    List<String> codes = codes();
    History history = new History();
    AtomicInteger requests = new AtomicInteger();
    AtomicLong seeds = new AtomicLong(SEED);
    long others = 100 + SEED % 1_000; // with ids that are none of those below
    try (Clients clients = new Clients(server.uri(), ITEMS - 100, true, others, history);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      clients.start(BUYERS_PER_SECOND);
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        all.add(
            threads.submit(
                () -> {
                  while (requests.get() < REQUESTS && breaches.size() < MOST_BREACHES) {
                    long seed = seeds.getAndIncrement();
                    Script script = new HostileRequests(seed, codes).next();
                    requests.addAndGet(script.requests().size());
                    send(script, seed);
                  }
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
    System.out.println(requests + " requests: " + new TreeMap<>(answers));
    System.out.println(history);

    assertThat(breaches).isEmpty();
    assertThat(server.log()).doesNotContain("ERROR", "Exception");
    assertThat(server.log().lines()).as("nobody fills the log").hasSizeLessThan(20);
    assertThat(history.calls()).isNotEmpty();
    assertThat(history.calls()) // a busy machine may shed
        .allMatch(call -> Set.of(200, 409, 503).contains(call.answer().status()));
    assertThat(HistoryCheck.breaches(history, story(history), HOLD_TTL)).isEmpty();
    String code = shop.checkOut(-7, ITEMS - 2).body();
    assertThat(shop.purchase(code).isOk()).as(code).isTrue();
    expectCleanAudit();
  }

  /** One of each kind that there can be. */
  private static List<String> codes() {
    List<String> codes = new ArrayList<>();
    for (int user = 1_001; user <= 1_020; user++) {
      codes.add(shop.checkOut(user, ITEMS - user % 100 - 3).body());
    }
    shop.purchase(codes.get(0));
    shop.delete("/checkout/" + codes.get(1));
    codes.add(OrderIT.read(OrderIT.buy(shop, 1_000, ITEMS - 1, null)).path("order_id").asText());
    assertThat(codes).allMatch(code -> code.length() == 36);
    return codes;
  }

  // ---------------------------------------------------------------- what must hold

  private void send(Script script, long seed) {
    String received = "";
    try (RawConnection connection = new RawConnection(server.uri().getPort())) {
      connection.send(script.bytes());
      if (script.end() == End.OUTPUT_ENDED) {
        connection.endOutput();
      }
      received = script.end() == End.SILENT ? connection.read() : connection.readAll();
      expect(script, received, connection.isReset());
    } catch (IOException | RuntimeException | AssertionError e) {
      breaches.add(
          "seed %d: %s%n--- sent, %s%n%s%n--- received%n%s"
              .formatted(seed, e, script.end(), readable(script.bytes()), readable(received)));
    }
  }

  private void expect(Script script, String received, boolean reset) {
    List<Sent> sent = script.requests();
    List<RawAnswer> got = RawAnswer.all(received, sent.stream().map(Sent::method).toList());
    for (int i = 0; i < got.size(); i++) {
      RawAnswer answer = got.get(i);
      JsonNode problem = answer.status() < 400 ? null : expectProblem(answer, sent, i);
      String code = problem == null ? "" : " " + problem.path("code").asText();
      if (answer.status() == 503) {
        System.out.println(code + " of " + sent.get(i).method() + " " + sent.get(i).path());
      }
      answers.computeIfAbsent(answer.status() + code, _ -> new AtomicLong()).incrementAndGet();
      assertThat(answer.headers()).containsEntry("X-Content-Type-Options", "nosniff");
      assertThat(answer.headers()).containsKey("Cache-Control");
      assertThat(answer.status() == 404 && script.smuggled()).as("smuggled").isFalse();
    }
    for (int i = 0; i < got.size() && !sent.get(i).wild(); i++) {
      RawAnswer a = got.get(i);
      ApiDocument.expect(
          sent.get(i).method(), sent.get(i).path(), a.status(), a.headers(), a.body());
    }
    if (script.end() == End.ASKED_FOR && !reset) {
      assertThat(got).as("answers").isNotEmpty();
      assertThat(got).as("answers").hasSizeLessThanOrEqualTo(sent.size());
      assertThat(got.getLast().headers()).as("the last one").containsEntry("Connection", "close");
    }
  }

  /** Null if it has no body, which only HEAD may have asked for. */
  private static JsonNode expectProblem(RawAnswer answer, List<Sent> sent, int i) {
    assertThat(answer.headers()).containsEntry("Content-Type", "application/problem+json");
    assertThat(answer.headers().containsKey("Retry-After"))
        .isEqualTo(answer.status() == 503 || answer.status() == 429);
    assertThat(answer.headers().containsKey("Allow")).isEqualTo(answer.status() == 405);
    if (answer.body().isEmpty()) {
      assertThat(sent.get(i)).matches(s -> s.wild() || s.method().equals("HEAD"));
      return null;
    }
    JsonNode problem = OrderIT.read(answer.body());
    assertThat(problem.path("status").asInt()).isEqualTo(answer.status());
    assertThat(CODES).contains(answer.status() + problem.path("code").asText());
    return problem;
  }

  private static String readable(String bytes) {
    String escaped = bytes.replaceAll("[^\\x20-\\x7e\r\n]", "?");
    return escaped.length() > 3_000 ? escaped.substring(0, 3_000) + "..." : escaped;
  }

  /** Of those who mean well. */
  private static JournalStory story(History history) throws SQLException {
    Set<Long> users = history.calls().stream().map(History.Call::user).collect(Collectors.toSet());
    try (Connection connection = server.connectToDatabase()) {
      JournalStory story = JournalStory.read(connection, 1);
      story.users().keySet().retainAll(users);
      return story;
    }
  }

  private static void expectCleanAudit() {
    await("settled")
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              Server.Outcome audit = server.audit();
              assertThat(audit.exitCode()).as(audit.out()).isZero();
              assertThat(audit.out()).contains("\"settling\" : 0");
            });
  }

  // ---------------------------------------------------------------- S1: a user id breaks its batch

  @Test
  void aPoisonIdHarmsOnlyItsSender() throws Exception {
    List<String> poison =
        List.of("9223372036854775808", "-9223372036854775809", "9".repeat(400), "1e18", "%00", "");
    List<Future<Shop.Answer>> honest = new ArrayList<>();
    List<Future<Shop.Answer>> poisoned = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 60; i++) {
        int item = ITEMS - 30 - i;
        long user = i % 3 == 0 ? Long.MAX_VALUE - i : i % 3 == 1 ? Long.MIN_VALUE + i : 1L << i;
        String id = poison.get(i % poison.size());
        honest.add(threads.submit(() -> buy(user, item)));
        poisoned.add(threads.submit(() -> shop.post("/checkout?item_id=1&user_id=" + id)));
      }
    }
    for (Future<Shop.Answer> one : honest) {
      assertThat(one.get()).matches(Shop.Answer::isOk);
    }
    for (Future<Shop.Answer> one : poisoned) {
      assertThat(one.get().status()).isEqualTo(400);
      assertThat(OrderIT.read(one.get()).path("parameter").asText()).isEqualTo("user_id");
    }
  }

  private static Shop.Answer buy(long user, int item) {
    String checkOut = "/checkout?user_id=" + user + "&item_id=" + item;
    String code = OrderClusterIT.done(shop, checkOut, "checkout").body();
    return OrderClusterIT.done(shop, "/purchase?code=" + code, "purchase");
  }
}
