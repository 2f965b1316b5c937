package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flashsale.ApiDocument;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EndpointTest {

  /** A route of its own in the metrics for whatever the API has. */
  @Test
  void hasAllThatTheDocumentHas() {
    for (Map.Entry<String, JsonNode> path : ApiDocument.JSON.path("paths").properties()) {
      for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
        String method = operation.getKey().toUpperCase(Locale.ROOT);
        if (method.equals("GET") || method.equals("POST") || method.equals("DELETE")) {
          Endpoint endpoint = Endpoint.of(method, path.getKey());
          assertThat(endpoint.route()).as(method).isEqualTo(path.getKey());
          assertThat(endpoint.method()).isEqualTo(method);
        }
      }
    }
  }

  @Test
  void namesNoIdsAndNoCodes() {
    assertThat(Endpoint.of("DELETE", "/checkout/8d3a")).isEqualTo(Endpoint.GIVE_UP);
    assertThat(Endpoint.of("GET", "/sales/17/items")).isEqualTo(Endpoint.ITEMS);
    assertThat(Endpoint.of("GET", "/sales/active")).isEqualTo(Endpoint.ACTIVE_SALE);
    assertThat(Endpoint.of("HEAD", "/sales/17")).isEqualTo(Endpoint.SALE);
  }

  @Test
  void whatThereIsNotIsOther() {
    assertThat(Endpoint.of("GET", "/checkout")).isEqualTo(Endpoint.OTHER);
    assertThat(Endpoint.of("GET", "/sales/1/items/2")).isEqualTo(Endpoint.OTHER);
    assertThat(Endpoint.of("BREW", "/")).isEqualTo(Endpoint.OTHER);
  }
}
