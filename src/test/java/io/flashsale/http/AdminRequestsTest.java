package io.flashsale.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flashsale.http.AdminRequests.WantedSale;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdminRequestsTest {

  private static WantedSale read(String json) {
    return AdminRequests.sale(json.replace('\'', '"').getBytes(UTF_8));
  }

  @Test
  void readsASale() {
    Instant noon = Instant.parse("2026-03-01T12:00:00Z");

    assertThat(
            read(
                "{'started_at':'2026-03-01T13:00:00+01:00','ended_at':'2026-03-01T12:10:00.1239Z','total_items':5}"))
        .isEqualTo(new WantedSale(noon, noon.plusMillis(600_123), 5));
  }

  @Test
  void everythingMayBeLeftOut() {
    assertThat(read("{}")).isEqualTo(new WantedSale(null, null, null));
    assertThat(read("{'started_at':null,'total_items':null}"))
        .isEqualTo(new WantedSale(null, null, null));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``|body",
        "x|body",
        "[]|body",
        "null|body",
        "{} {}|body",
        "{'total_items':1,'total_items':2}|body",
        "{'started_at':5}|started_at",
        "{'started_at':'noon'}|started_at",
        "{'started_at':'2026-03-01'}|started_at",
        "{'started_at':'2026-03-01T12:00:00'}|started_at",
        "{'ended_at':'2026-13-01T12:00:00Z'}|ended_at",
        "{'ended_at':{}}|ended_at",
        "{'total_items':0}|total_items",
        "{'total_items':-1}|total_items",
        "{'total_items':1.5}|total_items",
        "{'total_items':'5'}|total_items",
        "{'total_items':1000001}|total_items",
        "{'total_items':9999999999999}|total_items",
        "{'items':5}|items",
      })
  void namesWhatIsWrong(String json, String parameter) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOfSatisfying(
            Parameters.Invalid.class, e -> assertThat(e.parameter()).isEqualTo(parameter));
  }
}
