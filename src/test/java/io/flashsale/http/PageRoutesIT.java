package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** How the pages are served. What they do is in {@code PageIT}. */
class PageRoutesIT {

  private static final Path ASSETS = Path.of("src/main/resources/web/assets");
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
  void aPageMayLoadAndAskNothingElsewhere() {
    HttpResponse<String> page = server.get("/");

    assertThat(TestServer.type(page)).isEqualTo("text/html; charset=UTF-8");
    assertThat(page.headers().firstValue("Content-Security-Policy"))
        .hasValueSatisfying(
            policy ->
                assertThat(policy)
                    .startsWith("default-src 'none'")
                    .contains("script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'")
                    .doesNotContain("unsafe", "*"));
    assertThat(page.body()).doesNotContain("http:", "https:", "style=", "onclick");
  }

  @Test
  void whatAPageIsMadeOfIsKeptForEver() throws IOException {
    Matcher links =
        Pattern.compile("(?:src|href)=\"(/assets/[^\"]+)\"").matcher(server.get("/").body());
    assertThat(links.results()).hasSize(4);
    links.reset();
    links.find();
    String directory = links.group(1).substring(0, links.group(1).lastIndexOf('/') + 1);
    try (Stream<Path> files = Files.list(ASSETS)) {
      for (Path file : files.toList()) {
        HttpResponse<String> asset = server.get(directory + file.getFileName());
        assertThat(asset.statusCode()).as(file.toString()).isEqualTo(200);
        assertThat(asset.body()).isEqualTo(Files.readString(file));
        assertThat(asset.headers().firstValue("Cache-Control"))
            .hasValue("public, max-age=31536000, immutable");
      }
    }
  }

  @Test
  void aPageOfAnotherVersionGetsWhatThereIsAndDoesNotKeepIt() {
    HttpResponse<String> asset = server.get("/assets/another/page.js");

    assertThat(asset.statusCode()).isEqualTo(200);
    assertThat(asset.headers().firstValue("Cache-Control")).hasValue("no-store");
    TestServer.problem(server.get("/assets/another/x.js"), 404, "not-found");
    TestServer.problem(server.get("/assets/another/..%2findex.html"), 404, "not-found");
    TestServer.problem(server.send("POST", "/"), 405, "method-not-allowed");
  }

  @Test
  void aPageThatTheBrowserHasIsNotSentAgain() throws Exception {
    String tag = server.get("/").headers().firstValue("ETag").orElseThrow();

    assertThat(get("If-None-Match", tag).statusCode()).isEqualTo(304);
    assertThat(get("If-None-Match", tag).body()).isEmpty();
    assertThat(get("If-None-Match", "W/\"x\"").statusCode()).isEqualTo(200);
  }

  @Test
  void whoeverTakesItGetsItCompressed() throws Exception {
    HttpResponse<byte[]> page = get("Accept-Encoding", "br, gzip;q=0.5");

    assertThat(page.headers().firstValue("Content-Encoding")).hasValue("gzip");
    assertThat(page.headers().allValues("Vary")).isEqualTo(List.of("Accept-Encoding"));
    try (GZIPInputStream plain = new GZIPInputStream(new ByteArrayInputStream(page.body()))) {
      assertThat(plain.readAllBytes()).isEqualTo(get("Accept-Encoding", "gzip;q=0").body());
    }
  }

  @Test
  void withoutOperatorsThereIsNoPageForThem() {
    TestServer.problem(server.get("/admin"), 404, "not-found");
    TestServer.problem(server.get("/admin/"), 404, "not-found");
  }

  private static HttpResponse<byte[]> get(String header, String value) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/"))
              .header(header, value)
              .build(),
          HttpResponse.BodyHandlers.ofByteArray());
    }
  }
}
