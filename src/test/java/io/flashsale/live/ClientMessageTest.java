package io.flashsale.live;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientMessageTest {

  @Test
  void readsWhatClientsSay() {
    assertThat(ClientMessage.read("{\"type\":\"ping\"}")).isEqualTo(new ClientMessage.Ping());
    assertThat(ClientMessage.read("{\"type\":\"subscribe\",\"topic\":\"items\"}"))
        .isEqualTo(new ClientMessage.SubscribeItems());
    assertThat(
            ClientMessage.read(
                "{\"type\":\"subscribe\",\"topic\":\"orders\",\"user_id\":-9223372036854775808}"))
        .isEqualTo(new ClientMessage.SubscribeOrders(Long.MIN_VALUE, null));
    assertThat(
            ClientMessage.read(
                "{\"type\":\"subscribe\",\"topic\":\"orders\",\"user_id\":1,\"token\":\"t\"}"))
        .isEqualTo(new ClientMessage.SubscribeOrders(1, "t"));
    assertThat(ClientMessage.read("{\"type\":\"unsubscribe\",\"topic\":\"orders\"}"))
        .isEqualTo(new ClientMessage.Unsubscribe(Topic.ORDERS));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "[]",
        "null",
        "{\"type\":\"pong\"}",
        "{\"type\":[\"ping\"]}",
        "{\"type\":\"ping\"} {}",
        "{\"type\":\"ping\",\"type\":\"ping\"}",
        "{\"type\":\"subscribe\"}",
        "{\"type\":\"subscribe\",\"topic\":\"ITEMS\"}",
        "{\"type\":\"unsubscribe\",\"topic\":7}",
        "{\"type\":\"subscribe\",\"topic\":\"orders\"}",
        "{\"type\":\"subscribe\",\"topic\":\"orders\",\"user_id\":\"1\"}",
        "{\"type\":\"subscribe\",\"topic\":\"orders\",\"user_id\":1.0}",
        "{\"type\":\"subscribe\",\"topic\":\"orders\",\"user_id\":9223372036854775808}",
        "{\"type\":\"subscribe\",\"topic\":\"orders\",\"user_id\":1,\"token\":2}",
      })
  void saysWhatIsWrongWithAnythingElse(String text) {
    assertThat(ClientMessage.read(text))
        .isInstanceOfSatisfying(
            ClientMessage.Invalid.class, invalid -> assertThat(invalid.detail()).isNotBlank());
  }
}
