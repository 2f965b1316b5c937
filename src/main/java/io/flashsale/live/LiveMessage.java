package io.flashsale.live;

import akka.util.ByteString;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.flashsale.sale.Sale;
import io.flashsale.user.UserReply;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.BitSet;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A message to clients as the bytes of a frame and of an event, made once for all who get it.
 * asyncapi.json has the JSON. It is equal to no other: a client has got it, or has not.
 */
final class LiveMessage {

  /** What a message is. */
  enum Type {
    CONNECTION,
    STOCK,
    ITEMS,
    ORDER,
    SUBSCRIBED,
    PONG,
    ERROR;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .build();

  static final LiveMessage PONG = of(Type.PONG, new Bare("pong"));

  private record Bare(String type) {}

  private record Connection(String type, String node, Instant serverTime) {}

  private record Stock(
      String type,
      @Nullable Long sale,
      @Nullable String name,
      int items,
      int stock,
      int sold,
      int held,
      @Nullable Instant opensAt,
      @Nullable Instant endsAt,
      @Nullable Next next,
      Instant serverTime) {}

  private record Next(long id, Instant opensAt) {}

  private record Items(String type, @Nullable Long sale, int items, String sold, String held) {}

  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Order(String type, UUID id, String status, @Nullable String reason) {}

  private record Subscribed(String type, String topic) {}

  private record Problem(String type, String code, String detail) {}

  private final Type type;
  private final ByteString frame;
  private final ByteString event;

  private LiveMessage(Type type, ByteString frame, ByteString event) {
    this.type = type;
    this.frame = frame;
    this.event = event;
  }

  Type type() {
    return type;
  }

  /** Of a WebSocket. */
  ByteString frame() {
    return frame;
  }

  /** Of Server-Sent Events. */
  ByteString event() {
    return event;
  }

  private static LiveMessage of(Type type, Object json) {
    try {
      byte[] text = MAPPER.writeValueAsBytes(json);
      ByteString data = ByteString.fromArrayUnsafe(text);
      return new LiveMessage(
          type,
          WebSocketFrames.text(text),
          ByteString.fromString("event: " + type.word() + "\ndata: ", StandardCharsets.US_ASCII)
              .concat(data)
              .concat(ByteString.fromString("\n\n", StandardCharsets.US_ASCII))
              .compact());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot be written as JSON: " + type, e);
    }
  }

  static LiveMessage connection(String node, Instant now) {
    return of(Type.CONNECTION, new Connection("connection", node, now));
  }

  /**
   * How many there are of each.
   *
   * @param sale the open one; null if none is
   * @param held without those that are sold
   */
  static LiveMessage stock(
      @Nullable Sale sale, @Nullable Sale next, int sold, int held, Instant now) {
    Next announced = next == null ? null : new Next(next.id(), next.opensAt());
    return of(
        Type.STOCK,
        sale == null
            ? new Stock("stock", null, null, 0, 0, 0, 0, null, null, announced, now)
            : new Stock(
                "stock",
                sale.id(),
                "Sale " + sale.id(),
                sale.items(),
                sale.items() - sold,
                sold,
                held,
                sale.opensAt(),
                sale.endsAt(),
                announced,
                now));
  }

  /** Which they are: item {@code i} is bit {@code i % 8} of byte {@code i / 8}. */
  static LiveMessage items(@Nullable Sale sale, BitSet sold, BitSet held) {
    return of(
        Type.ITEMS,
        sale == null
            ? new Items("items", null, 0, "", "")
            : new Items(
                "items",
                sale.id(),
                sale.items(),
                base64(sold, sale.items()),
                base64(held, sale.items())));
  }

  private static String base64(BitSet bits, int items) {
    byte[] all = new byte[(items + Byte.SIZE - 1) / Byte.SIZE];
    byte[] some = bits.toByteArray();
    System.arraycopy(some, 0, all, 0, Math.min(some.length, all.length));
    return Base64.getEncoder().encodeToString(all);
  }

  static LiveMessage order(UserReply.OrderShown order) {
    var why = order.rejection();
    return of(
        Type.ORDER,
        new Order(
            "order",
            order.code(),
            order.status().name().toLowerCase(Locale.ROOT),
            why == null ? null : why.word()));
  }

  static LiveMessage subscribed(Topic topic) {
    return of(Type.SUBSCRIBED, new Subscribed("subscribed", topic.word()));
  }

  static LiveMessage error(String code, String detail) {
    return of(Type.ERROR, new Problem("error", code, detail));
  }
}
