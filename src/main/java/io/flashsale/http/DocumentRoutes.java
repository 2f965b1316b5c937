package io.flashsale.http;

import static akka.http.javadsl.server.Directives.complete;
import static akka.http.javadsl.server.Directives.concat;
import static akka.http.javadsl.server.Directives.get;
import static akka.http.javadsl.server.Directives.path;
import static akka.http.javadsl.server.Directives.pathEnd;
import static akka.http.javadsl.server.Directives.pathPrefix;
import static akka.http.javadsl.server.Directives.pathSingleSlash;
import static akka.http.javadsl.server.PathMatchers.segment;

import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpCharsets;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpEntity;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.javadsl.server.Route;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;

/**
 * {@code /openapi.json}, the API in words for programs, {@code /asyncapi.json}, what goes over its
 * WebSockets and event streams, and {@code /docs}, a page to try it: Swagger UI from its WebJar, so
 * that nothing is fetched from elsewhere. All of it is in memory, some 2 MB.
 */
public final class DocumentRoutes {

  private static final String WEBJAR = "META-INF/maven/org.webjars/swagger-ui/pom.properties";

  private static final ContentType JAVASCRIPT =
      MediaTypes.APPLICATION_JAVASCRIPT.toContentType(HttpCharsets.UTF_8);
  private static final ContentType CSS = MediaTypes.TEXT_CSS.toContentType(HttpCharsets.UTF_8);

  private static final String PAGE =
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <title>flashsale</title>
      <link rel="stylesheet" href="/docs/swagger-ui.css">
      </head>
      <body>
      <div id="swagger-ui"></div>
      <script src="/docs/swagger-ui-bundle.js"></script>
      <script src="/docs/start.js"></script>
      </body>
      </html>
      """;

  private static final String START =
      "SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', validatorUrl: null });\n";

  /** Pictures of Swagger UI are in its style sheet as data, and it sets styles of elements. */
  private static final RawHeader POLICY =
      RawHeader.create(
          "Content-Security-Policy",
          "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
              + "object-src 'none'; base-uri 'none'; frame-ancestors 'none'");

  private static final HttpResponse PUBLIC =
      Bare.PUBLIC.addHeader(RawHeader.create("Cache-Control", "public, max-age=3600"));

  private final HttpResponse document;
  private final HttpResponse asyncDocument;
  private final HttpResponse page;
  private final Map<String, HttpResponse> files;

  public DocumentRoutes() {
    String webjar = "META-INF/resources/webjars/swagger-ui/" + version() + "/";
    this.document =
        file(ContentTypes.APPLICATION_JSON, Resources.bytes("io/flashsale/http/openapi.json"));
    this.asyncDocument =
        file(ContentTypes.APPLICATION_JSON, Resources.bytes("io/flashsale/http/asyncapi.json"));
    this.page =
        file(ContentTypes.TEXT_HTML_UTF8, PAGE.getBytes(StandardCharsets.UTF_8)).addHeader(POLICY);
    this.files =
        Map.of(
            "start.js", file(JAVASCRIPT, START.getBytes(StandardCharsets.UTF_8)),
            "swagger-ui.css", file(CSS, Resources.bytes(webjar + "swagger-ui.css")),
            "swagger-ui-bundle.js",
                file(JAVASCRIPT, Resources.bytes(webjar + "swagger-ui-bundle.js")));
  }

  /** Rejects what is not its own. */
  public Route route() {
    return concat(
        path("openapi.json", () -> get(() -> complete(document))),
        path("asyncapi.json", () -> get(() -> complete(asyncDocument))),
        pathPrefix(
            "docs",
            () ->
                concat(
                    pathEnd(() -> get(() -> complete(page))),
                    pathSingleSlash(() -> get(() -> complete(page))),
                    path(
                        segment(),
                        name ->
                            get(
                                () ->
                                    complete(
                                        files.getOrDefault(
                                            name, Problem.NOT_FOUND.response())))))));
  }

  private static HttpResponse file(ContentType type, byte[] bytes) {
    HttpEntity.Strict entity = HttpEntities.create(type, bytes);
    return PUBLIC.withStatus(StatusCodes.OK).withEntity(entity);
  }

  private static String version() {
    Properties properties = new Properties();
    try (InputStream in = Resources.open(WEBJAR)) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }
}
