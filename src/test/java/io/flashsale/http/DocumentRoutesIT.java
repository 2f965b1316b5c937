package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flashsale.ApiDocument;
import java.net.http.HttpResponse;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The document, and the page to try it. */
class DocumentRoutesIT {

  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.empty();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void servesTheDocument() {
    JsonNode document = TestServer.json(server.get("/openapi.json"));

    assertThat(document).isEqualTo(ApiDocument.JSON);
    assertThat(document.path("openapi").asText()).isEqualTo("3.1.0");
  }

  @Test
  void servesAPageThatNeedsNothingFromElsewhere() {
    for (String path : new String[] {"/docs", "/docs/"}) {
      HttpResponse<String> page = server.get(path);
      assertThat(TestServer.type(page)).startsWith("text/html");
      assertThat(page.headers().firstValue("Content-Security-Policy"))
          .hasValueSatisfying(policy -> assertThat(policy).startsWith("default-src 'self'"));
      Matcher links = Pattern.compile("(?:src|href)=\"([^\"]+)\"").matcher(page.body());
      int found = 0;
      while (links.find()) {
        found++;
        HttpResponse<String> file = server.get(links.group(1));
        assertThat(file.statusCode()).as(links.group(1)).isEqualTo(200);
        assertThat(file.body()).isNotBlank();
      }
      assertThat(found).isEqualTo(3);
    }
    assertThat(server.get("/docs/swagger-ui-bundle.js").body()).contains("SwaggerUIBundle");
  }

  @Test
  void hasNoOtherFiles() {
    TestServer.problem(server.get("/docs/x"), 404, "not-found");
    TestServer.problem(server.get("/docs/..%2f..%2fapplication.conf"), 404, "not-found");
    TestServer.problem(server.send("POST", "/docs"), 405, "method-not-allowed");
  }
}
