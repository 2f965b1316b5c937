package io.flashsale.live;

import io.flashsale.metrics.Metrics;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** How many clients there are, and what was said: counted by the clients, read by Prometheus. */
public final class LiveMetrics {

  private final AtomicInteger webSockets = new AtomicInteger();
  private final AtomicInteger eventStreams = new AtomicInteger();
  private final Map<LiveMessage.Type, LongAdder> sent = new EnumMap<>(LiveMessage.Type.class);
  private final Map<ClientMessage.Type, LongAdder> received =
      new EnumMap<>(ClientMessage.Type.class);

  LiveMetrics() {
    for (LiveMessage.Type type : LiveMessage.Type.values()) {
      sent.put(type, new LongAdder());
    }
    for (ClientMessage.Type type : ClientMessage.Type.values()) {
      received.put(type, new LongAdder());
    }
  }

  void opened(LiveClient.Wire wire) {
    open(wire).incrementAndGet();
  }

  void closed(LiveClient.Wire wire) {
    open(wire).decrementAndGet();
  }

  private AtomicInteger open(LiveClient.Wire wire) {
    return wire == LiveClient.Wire.WEB_SOCKET ? webSockets : eventStreams;
  }

  void sent(LiveMessage.Type type) {
    Objects.requireNonNull(sent.get(type)).increment();
  }

  void received(ClientMessage.Type type) {
    Objects.requireNonNull(received.get(type)).increment();
  }

  public void show(Metrics metrics) {
    metrics.gauge(
        "websocket_connections_active", "WebSockets of the feed that are open", webSockets::get);
    metrics.gauge(
        "event_streams_active", "Streams of Server-Sent Events that are open", eventStreams::get);
    String help = "Messages of WebSockets, without control frames";
    sent.forEach(
        (type, count) ->
            metrics.counter(
                "websocket_messages",
                help,
                count::sum,
                "direction",
                "out",
                "message_type",
                type.word()));
    received.forEach(
        (type, count) ->
            metrics.counter(
                "websocket_messages",
                help,
                count::sum,
                "direction",
                "in",
                "message_type",
                type.word()));
  }
}
