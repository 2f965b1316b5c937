package io.flashsale.live;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a client says. */
sealed interface ClientMessage {

  record Ping() implements ClientMessage {}

  record SubscribeItems() implements ClientMessage {}

  /**
   * To the orders of a user.
   *
   * @param token of that user, if the message has one
   */
  record SubscribeOrders(long user, @Nullable String token) implements ClientMessage {}

  record Unsubscribe(Topic topic) implements ClientMessage {}

  /** None of these; the detail says why. */
  record Invalid(String detail) implements ClientMessage {}

  /** As it stands in metrics. */
  enum Type {
    PING,
    SUBSCRIBE,
    UNSUBSCRIBE,
    INVALID;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  default Type type() {
    return switch (this) {
      case Ping _ -> Type.PING;
      case SubscribeItems _, SubscribeOrders _ -> Type.SUBSCRIBE;
      case Unsubscribe _ -> Type.UNSUBSCRIBE;
      case Invalid _ -> Type.INVALID;
    };
  }

  /** One value and nothing after it, in which no name stands twice. */
  ObjectReader READER =
      new JsonMapper()
          .reader()
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

  static ClientMessage read(String text) {
    JsonNode json;
    try {
      json = READER.readTree(text);
    } catch (JsonProcessingException e) {
      return new Invalid("This is not JSON");
    }
    return switch (json.path("type").asText("")) {
      case "ping" -> new Ping();
      case "subscribe" -> subscribe(json);
      case "unsubscribe" ->
          switch (topic(json)) {
            case null -> unknownTopic();
            case Topic topic -> new Unsubscribe(topic);
          };
      default -> new Invalid("type must be ping, subscribe or unsubscribe");
    };
  }

  private static ClientMessage subscribe(JsonNode json) {
    return switch (topic(json)) {
      case ITEMS -> new SubscribeItems();
      case ORDERS -> {
        JsonNode user = json.path("user_id");
        JsonNode token = json.path("token");
        if (!user.isIntegralNumber() || !user.canConvertToLong()) {
          yield new Invalid("user_id must be an integer of 64 bits");
        }
        if (!token.isMissingNode() && !token.isTextual()) {
          yield new Invalid("token must be a string");
        }
        yield new SubscribeOrders(user.longValue(), token.isTextual() ? token.textValue() : null);
      }
      case null -> unknownTopic();
    };
  }

  private static @Nullable Topic topic(JsonNode json) {
    JsonNode topic = json.path("topic");
    return topic.isTextual() ? Topic.of(topic.textValue()).orElse(null) : null;
  }

  private static Invalid unknownTopic() {
    return new Invalid("topic must be items or orders");
  }
}
