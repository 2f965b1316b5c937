package io.flashsale;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** Somebody who watches the live feed by a WebSocket, and keeps all that is said. */
public final class Watcher implements AutoCloseable {

  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final List<Heard> heard = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Integer> closed = new CompletableFuture<>();
  private final WebSocket socket;

  /** A message, and when it came: {@link System#nanoTime}. */
  public record Heard(JsonNode json, long at) {
    public String type() {
      return json.path("type").asText();
    }
  }

  /**
   * Is connected.
   *
   * @param server http://...
   * @param headers of the upgrade: name, value, name, value ...
   */
  public Watcher(URI server, String... headers) {
    this(CLIENT, server, headers);
  }

  /** By a client of one's own, which may trust other certificates: https://... */
  public Watcher(HttpClient client, URI server, String... headers) {
    WebSocket.Builder builder = client.newWebSocketBuilder();
    for (int i = 0; i < headers.length; i += 2) {
      builder.header(headers[i], headers[i + 1]);
    }
    URI uri = URI.create(server.toString().replaceFirst("^http", "ws") + "/ws");
    socket = builder.buildAsync(uri, new Listener()).orTimeout(10, TimeUnit.SECONDS).join();
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        heard.add(new Heard(read(text.toString()), System.nanoTime()));
        text.setLength(0);
      }
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      closed.complete(code);
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable failure) {
      closed.completeExceptionally(failure);
    }
  }

  public static JsonNode read(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(text, e);
    }
  }

  public void say(String text) {
    socket.sendText(text, true).join();
  }

  public void sayBytes(byte... bytes) {
    socket.sendBinary(ByteBuffer.wrap(bytes), true).join();
  }

  public List<Heard> heard() {
    return heard;
  }

  /** The first message like this, which may be heard already. */
  public Heard await(String type, Predicate<JsonNode> like) {
    return await(type, PATIENCE, like);
  }

  public Heard await(String type, Duration atMost, Predicate<JsonNode> like) {
    Heard[] found = new Heard[1];
    Awaitility.await(type)
        .atMost(atMost)
        .pollInterval(Duration.ofMillis(5))
        .pollDelay(Duration.ZERO)
        .until(
            () -> {
              for (Heard one : heard) {
                if (one.type().equals(type) && like.test(one.json())) {
                  found[0] = one;
                  return true;
                }
              }
              return false;
            });
    return found[0];
  }

  public Heard await(String type) {
    return await(type, _ -> true);
  }

  /** The latest of its type. */
  public JsonNode latest(String type) {
    await(type);
    return heard.stream().filter(one -> one.type().equals(type)).toList().getLast().json();
  }

  /** The code with which the connection was closed. */
  public int awaitClose() {
    return closed.orTimeout(10, TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    socket.abort();
  }
}
