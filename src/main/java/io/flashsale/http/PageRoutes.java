package io.flashsale.http;

import static akka.http.javadsl.server.Directives.complete;
import static akka.http.javadsl.server.Directives.concat;
import static akka.http.javadsl.server.Directives.extractRequest;
import static akka.http.javadsl.server.Directives.get;
import static akka.http.javadsl.server.Directives.path;
import static akka.http.javadsl.server.Directives.pathEnd;
import static akka.http.javadsl.server.Directives.pathPrefix;
import static akka.http.javadsl.server.Directives.pathSingleSlash;
import static akka.http.javadsl.server.Directives.reject;
import static akka.http.javadsl.server.PathMatchers.segment;
import static java.util.Objects.requireNonNull;

import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpCharsets;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.MediaTypes;
import akka.http.javadsl.model.StatusCodes;
import akka.http.javadsl.model.headers.AcceptEncoding;
import akka.http.javadsl.model.headers.HttpEncodingRange;
import akka.http.javadsl.model.headers.HttpEncodings;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.javadsl.server.Route;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;

/**
 * The page of the sale at {@code /}, and that of operators at {@code /admin/}, from the directory
 * {@code web} of the resources. What they are made of is at {@code /assets/<version>/}, where the
 * version is a digest of all of it: browsers keep that for ever, and ask for the pages every time.
 * All of it is in memory, less than 200 KB, as it is and compressed.
 */
public final class PageRoutes {

  private static final String ASSETS = "web/assets/";
  private static final String ETAG = "ETag";

  private static final ContentType JAVASCRIPT =
      MediaTypes.APPLICATION_JAVASCRIPT.toContentType(HttpCharsets.UTF_8);

  /** There is no list of what is in a jar. {@code PageRoutesIT} compares it with the directory. */
  private static final Map<String, ContentType> FILES =
      Map.ofEntries(
          Map.entry("style.css", MediaTypes.TEXT_CSS.toContentType(HttpCharsets.UTF_8)),
          Map.entry("icon.svg", MediaTypes.IMAGE_SVG_XML.toContentType()),
          Map.entry("admin.js", JAVASCRIPT),
          Map.entry("api.js", JAVASCRIPT),
          Map.entry("chart.js", JAVASCRIPT),
          Map.entry("clock.js", JAVASCRIPT),
          Map.entry("checkout.js", JAVASCRIPT),
          Map.entry("feed.js", JAVASCRIPT),
          Map.entry("page.js", JAVASCRIPT),
          Map.entry("sale.js", JAVASCRIPT),
          Map.entry("wall.js", JAVASCRIPT));

  /** Stands in the pages, and in nothing else, for the version of what they are made of. */
  private static final String VERSION = "{version}";

  /**
   * Nothing runs and nothing is loaded that is not a file of this server, and nothing is sent
   * anywhere else. {@code 'self'} admits WebSockets of the same host, too (CSP Level 3).
   */
  private static final RawHeader POLICY =
      RawHeader.create(
          "Content-Security-Policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
              + "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
              + "require-trusted-types-for 'script'");

  /** One file, in both forms, and what is said to a browser that has it. */
  private record File(HttpResponse plain, HttpResponse gzipped, HttpResponse unchanged) {

    HttpResponse answer(HttpRequest request) {
      return acceptsGzip(request) ? gzipped : plain;
    }
  }

  private final boolean operators;
  private final String version;
  private final File page;
  private final File adminPage;
  private final Map<String, File> files = new HashMap<>();

  /**
   * The routes.
   *
   * @param operators whether there are any: if not, there is no page for them
   */
  public PageRoutes(boolean operators) {
    this.operators = operators;
    Map<String, byte[]> read = new TreeMap<>();
    FILES.keySet().forEach(name -> read.put(name, Resources.bytes(ASSETS + name)));
    this.version = digest(read);
    FILES.forEach((name, type) -> files.put(name, asset(type, requireNonNull(read.get(name)))));
    this.page = page("web/index.html");
    this.adminPage = page("web/admin.html");
  }

  /** Rejects what is not its own, and at {@code /admin} whatever is no GET of the page. */
  public Route route() {
    return extractRequest(
        request ->
            concat(
                pathSingleSlash(() -> get(() -> complete(page(request, page)))),
                path(
                    segment("assets").slash(segment()).slash(segment()),
                    (asked, name) -> get(() -> complete(asset(request, asked, name)))),
                pathPrefix("admin", () -> operators ? admin(request) : reject())));
  }

  private Route admin(HttpRequest request) {
    return concat(
        pathEnd(() -> get(() -> complete(toAdmin()))),
        pathSingleSlash(() -> get(() -> complete(page(request, adminPage)))));
  }

  private static HttpResponse toAdmin() {
    return Bare.PRIVATE
        .withStatus(StatusCodes.PERMANENT_REDIRECT)
        .addHeader(RawHeader.create("Location", "/admin/"));
  }

  /**
   * In a rolling update a page of one node asks another one for what it is made of. It gets what
   * there is, and is not to keep that.
   */
  private HttpResponse asset(HttpRequest request, String asked, String name) {
    File file = files.get(name);
    if (file == null) {
      return Problem.NOT_FOUND.response();
    }
    HttpResponse answer = file.answer(request);
    return asked.equals(version)
        ? answer
        : answer
            .removeHeader("Cache-Control")
            .addHeader(RawHeader.create("Cache-Control", "no-store"));
  }

  private static HttpResponse page(HttpRequest request, File page) {
    String tag = page.unchanged().getHeader(ETAG).orElseThrow().value();
    boolean has =
        request
            .getHeader("If-None-Match")
            .filter(header -> header.value().contains(tag))
            .isPresent();
    return has ? page.unchanged() : page.answer(request);
  }

  private File page(String name) {
    String text =
        new String(Resources.bytes(name), StandardCharsets.UTF_8).replace(VERSION, version);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    String tag = "W/\"" + digest(Map.of(name, bytes)) + '"';
    HttpResponse bare =
        Bare.PUBLIC
            .addHeader(RawHeader.create("Cache-Control", "no-cache"))
            .addHeader(RawHeader.create(ETAG, tag))
            .addHeader(RawHeader.create("Referrer-Policy", "no-referrer"))
            .addHeader(POLICY);
    return file(bare, ContentTypes.TEXT_HTML_UTF8, bytes);
  }

  private static File asset(ContentType type, byte[] bytes) {
    HttpResponse bare =
        Bare.PUBLIC.addHeader(
            RawHeader.create("Cache-Control", "public, max-age=31536000, immutable"));
    return file(bare, type, bytes);
  }

  private static File file(HttpResponse bare, ContentType type, byte[] bytes) {
    HttpResponse varying = bare.addHeader(RawHeader.create("Vary", "Accept-Encoding"));
    return new File(
        varying.withEntity(HttpEntities.create(type, bytes)),
        varying
            .addHeader(RawHeader.create("Content-Encoding", "gzip"))
            .withEntity(HttpEntities.create(type, gzip(bytes))),
        varying.withStatus(StatusCodes.NOT_MODIFIED));
  }

  private static boolean acceptsGzip(HttpRequest request) {
    for (HttpEncodingRange range :
        request
            .getHeader(AcceptEncoding.class)
            .map(AcceptEncoding::getEncodings)
            .orElse(List.of())) {
      if (range.matches(HttpEncodings.GZIP) && range.qValue() > 0) {
        return true;
      }
    }
    return false;
  }

  private static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** Of the names and the contents, in their order, in 16 hexadecimal digits. */
  private static String digest(Map<String, byte[]> files) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      files.forEach(
          (name, bytes) -> {
            digest.update(name.getBytes(StandardCharsets.UTF_8));
            digest.update(bytes);
          });
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JVM has it", e);
    }
  }
}
