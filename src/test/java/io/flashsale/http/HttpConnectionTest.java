package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import akka.Done;
import akka.NotUsed;
import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.http.javadsl.model.HttpResponse;
import akka.stream.OverflowStrategy;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.SinkQueueWithCancel;
import akka.stream.javadsl.Source;
import akka.stream.javadsl.SourceQueueWithComplete;
import akka.stream.stage.AsyncCallback;
import akka.util.ByteString;
import io.flashsale.tracing.Tracing;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A connection without a socket, and an Akka HTTP that puts brackets around what it gets. */
class HttpConnectionTest {

  private static final Duration LONG = Duration.ofMinutes(10);

  private static ActorTestKit testKit;

  private final List<PlainRequest> asked = new ArrayList<>();
  private final List<CompletableFuture<HttpResponse>> answers = new ArrayList<>();
  private final Set<AsyncCallback<Done>> open = ConcurrentHashMap.newKeySet();
  private volatile boolean leaving;
  private SourceQueueWithComplete<ByteString> client;
  private SinkQueueWithCancel<ByteString> received;
  private CompletionStage<Done> ended;

  @BeforeAll
  static void start() {
    testKit = ActorTestKit.create();
  }

  @AfterAll
  static void stop() {
    testKit.shutdownTestKit();
  }

  HttpConnectionTest() {
    connect(LONG, LONG);
  }

  private void connect(Duration within, Duration idleTimeout) {
    HttpConnection connection =
        new HttpConnection(
            new HttpConnection.Surroundings(
                new RequestMetrics(),
                Tracing.OFF,
                new ResponseBytes(InstantSource.fixed(Instant.EPOCH), "test", List.of()),
                within,
                idleTimeout,
                () -> leaving,
                open::add,
                open::remove),
            (request, _) -> answer(request),
            HttpConnectionTest::brackets);
    ended = connection.ended();
    var streams =
        Source.<ByteString>queue(16, OverflowStrategy.fail())
            .via(connection)
            .toMat(Sink.queue(), Keep.both())
            .run(testKit.system());
    client = streams.first();
    received = streams.second();
  }

  /** Items from 5 on are known to be sold; user 0 is left to Akka HTTP. */
  private synchronized @Nullable CompletionStage<HttpResponse> answer(PlainRequest request) {
    if (request.userId() == 0) {
      return null;
    }
    if (request.items().getFirst() >= 5) {
      return CompletableFuture.completedFuture(Problem.ITEM_SOLD.response());
    }
    CompletableFuture<HttpResponse> answer = new CompletableFuture<>();
    asked.add(request);
    answers.add(answer);
    return answer;
  }

  private static Flow<ByteString, ByteString, NotUsed> brackets(HttpConnection.Requests requests) {
    return Flow.<ByteString>create()
        .map(
            bytes -> {
              if (bytes.utf8String().startsWith("GET /stays")) {
                requests.stays();
              } else if (bytes.utf8String().contains("\r\n\r\n")) {
                requests.arrived();
              }
              return ByteString.fromString("[" + bytes.utf8String() + "]");
            });
  }

  private synchronized int asked() {
    return asked.size();
  }

  private void awaitAsked(int count) {
    await().until(() -> asked() == count);
  }

  private synchronized void reply(int question, Problem problem) {
    answers.get(question).complete(problem.response());
  }

  private void send(String text) {
    var _ = client.offer(ByteString.fromString(text));
  }

  private static String plain(int item) {
    return "POST /checkout?user_id=7&item_id=%d HTTP/1.1\r\nHost: x\r\n\r\n".formatted(item);
  }

  /** What is sent next; empty when the connection is closed. */
  private String receive() {
    try {
      Optional<ByteString> next = received.pull().toCompletableFuture().get(5, TimeUnit.SECONDS);
      return next.map(ByteString::utf8String).orElse("");
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("Nothing is sent", e);
    }
  }

  private void awaitEnd() {
    await().until(ended.toCompletableFuture()::isDone);
    assertThat(open).isEmpty();
  }

  @Test
  void answersWhatIsKnownAtOnce() {
    send(plain(5));

    assertThat(receive())
        .isEqualTo(
            """
            HTTP/1.1 409 Conflict\r
            Cache-Control: no-store\r
            X-Content-Type-Options: nosniff\r
            Server: test\r
            Date: Thu, 01 Jan 1970 00:00:00 GMT\r
            Content-Type: application/problem+json\r
            Content-Length: 101\r
            \r
            {"type":"urn:flashsale:problem:item-sold","title":"The item is sold","status":409,"code":"item-sold"}\
            """
                .replace("104", "101"));
    assertThat(asked()).isZero();
  }

  @Test
  void answersOneAfterTheOtherInTheirOrder() {
    send(plain(1) + plain(2));
    send(plain(3));
    awaitAsked(1);
    reply(0, Problem.ITEM_RESERVED);

    assertThat(receive()).contains("item-reserved");
    awaitAsked(2);
    assertThat(asked.getLast().items()).containsExactly(2);
    reply(1, Problem.LIMIT_REACHED);
    assertThat(receive()).contains("limit-reached");
    awaitAsked(3);
    reply(2, Problem.ITEM_SOLD);
    assertThat(receive()).contains("item-sold");
  }

  @Test
  void givesTheRestToAkkaHttpOnceARequestIsNotPlain() {
    send(plain(5) + "GET / HTTP/1.1\r\n\r\n" + plain(6));
    assertThat(receive()).contains("item-sold");

    assertThat(receive()).isEqualTo("[GET / HTTP/1.1\r\n\r\n" + plain(6) + "]");
    send(plain(5));
    assertThat(receive()).isEqualTo("[" + plain(5) + "]");
    assertThat(asked()).isZero();
  }

  @Test
  void givesHalfARequestToAkkaHttp() {
    send(plain(5).substring(0, 20));

    assertThat(receive()).isEqualTo("[POST /checkout?user_]");
  }

  @Test
  void givesWhatNeedsAnExplanationToAkkaHttp() {
    String unknown = plain(5).replace("user_id=7", "user_id=0");
    send(unknown);

    assertThat(receive()).isEqualTo("[" + unknown + "]");
  }

  @Test
  void endsWithItsClient() {
    send(plain(5));
    receive();

    client.complete();

    awaitEnd();
  }

  @Test
  void answersAllThatWasAskedBeforeItsClientEndedItsHalf() {
    send(plain(1) + plain(5) + "GET / HTTP/1.1\r\n\r\n");
    client.complete();
    awaitAsked(1);
    reply(0, Problem.ITEM_RESERVED);

    assertThat(receive()).contains("item-reserved");
    assertThat(receive()).contains("item-sold");
    assertThat(receive()).isEqualTo("[GET / HTTP/1.1\r\n\r\n]");
    assertThat(receive()).isEmpty();
    awaitEnd();
  }

  @Test
  void endsAfterTheLastAnswerToAClientThatEndedItsHalf() {
    send(plain(1));
    client.complete();
    awaitAsked(1);
    reply(0, Problem.ITEM_RESERVED);

    assertThat(receive()).contains("item-reserved");
    assertThat(receive()).isEmpty();
    awaitEnd();
  }

  @Test
  void endsWithItsClientAlsoWhenItIsAkkaHttps() {
    send("GET");
    receive();

    client.complete();

    assertThat(receive()).isEmpty();
    awaitEnd();
  }

  @Test
  void endsAfterTheAnswerThatTheNodeIsStopping() {
    send(plain(1) + plain(2));
    awaitAsked(1);
    reply(0, Problem.STOPPING);

    assertThat(receive()).contains("Connection: close").contains("stopping");
    assertThat(receive()).isEmpty();
    assertThat(asked()).isOne();
    awaitEnd();
  }

  @Test
  void endsAfterItsNextAnswerWhenTheNodeLeaves() {
    send(plain(1));
    awaitAsked(1);
    leaving = true;
    reply(0, Problem.ITEM_RESERVED);

    assertThat(receive()).contains("Connection: close").contains("item-reserved");
    assertThat(receive()).isEmpty();
    awaitEnd();
  }

  private void stopAll() {
    open.forEach(connection -> connection.invoke(Done.getInstance()));
  }

  @Test
  void isClosedAtOnceWhenNothingIsAsked() {
    await().until(() -> !open.isEmpty());

    stopAll();

    assertThat(receive()).isEmpty();
    awaitEnd();
  }

  @Test
  void isClosedAfterTheAnswerToWhatIsAsked() {
    send(plain(1));
    awaitAsked(1);

    stopAll();
    reply(0, Problem.ITEM_RESERVED);

    assertThat(receive()).contains("item-reserved");
    assertThat(receive()).isEmpty();
    awaitEnd();
  }

  @Test
  void isClosedAlsoWhenItIsAkkaHttps() {
    send("GET");
    receive();

    stopAll();

    assertThat(receive()).isEmpty();
    awaitEnd();
  }

  @Test
  void isClosedWhenItIsIdleButNotWhileAnAnswerIsAwaited() {
    connect(Duration.ofMillis(40), Duration.ofMillis(40));
    send(plain(1));
    awaitAsked(1);
    await().pollDelay(Duration.ofMillis(200)).until(() -> true);
    assertThat(ended.toCompletableFuture()).isNotDone();

    reply(0, Problem.ITEM_RESERVED);

    assertThat(receive()).contains("item-reserved");
    await().until(ended.toCompletableFuture()::isDone);
  }

  @Test
  void isCutWhenItsAnswersAreNotRead() {
    connect(Duration.ofMillis(40), Duration.ofMillis(40));

    send(plain(5).repeat(100)); // more than are buffered on the way

    await().until(ended.toCompletableFuture()::isDone);
  }

  @Test
  void isClosedWhenItsFirstRequestDripsInTooSlowly() {
    connect(Duration.ofMillis(40), LONG);
    send("G");

    await()
        .pollInterval(Duration.ofMillis(5))
        .until(
            () -> {
              send("E");
              return ended.toCompletableFuture().isDone();
            });
  }

  @Test
  void isClosedWhenNothingIsAsked() {
    connect(Duration.ofMillis(40), LONG);

    await().until(ended.toCompletableFuture()::isDone);
  }

  @Test
  void hasMoreTimeForItsNextRequest() {
    connect(Duration.ofMillis(40), LONG);
    send(plain(5));
    receive();
    await().pollDelay(Duration.ofMillis(200)).until(() -> true);

    send("GET / HTTP/1.1\r\n\r\n");
    receive();
    await().pollDelay(Duration.ofMillis(200)).until(() -> true);

    assertThat(ended.toCompletableFuture()).isNotDone();
  }

  /** A WebSocket, and a stream of events. */
  @Test
  void waitsForNoOtherRequestOnceAnAnswerHasNoEnd() {
    connect(Duration.ofMillis(40), LONG);
    send("GET /stays HTTP/1.1\r\n\r\n");
    assertThat(receive()).contains("stays");

    await().during(Duration.ofMillis(200)).until(() -> !ended.toCompletableFuture().isDone());
  }
}
