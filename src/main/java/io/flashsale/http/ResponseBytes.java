package io.flashsale.http;

import akka.http.javadsl.model.DateTime;
import akka.http.javadsl.model.HttpEntity;
import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpResponse;
import akka.util.ByteString;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Responses as the bytes that Akka HTTP would send for them. */
final class ResponseBytes {

  private final InstantSource clock;
  private final String server;
  private volatile Second second = new Second(Long.MIN_VALUE, "");

  /** Those that never change, with the second for which they were last rendered. */
  private final IdentityHashMap<HttpResponse, Constant> constants = new IdentityHashMap<>();

  /** A date as HTTP has it. */
  private record Second(long number, String date) {}

  private record Rendered(long second, ByteString bytes) {}

  private static final class Constant {
    private volatile @Nullable Rendered rendered;
  }

  /**
   * Nothing is rendered yet.
   *
   * @param server what the server calls itself
   * @param others that never change, besides the problems
   */
  ResponseBytes(InstantSource clock, String server, List<HttpResponse> others) {
    this.clock = clock;
    this.server = server;
    for (Problem problem : Problem.values()) {
      constants.put(problem.response(), new Constant());
    }
    for (HttpResponse other : others) {
      constants.put(other, new Constant());
    }
  }

  /**
   * The whole response.
   *
   * @param response with an entity in memory
   */
  ByteString of(HttpResponse response) {
    Second now = now();
    Constant constant = constants.get(response);
    if (constant == null) {
      return render(response, now);
    }
    Rendered rendered = constant.rendered;
    if (rendered == null || rendered.second != now.number) {
      rendered = new Rendered(now.number, render(response, now));
      constant.rendered = rendered;
    }
    return rendered.bytes;
  }

  /** The same with an X-Request-Id, after the status. */
  ByteString of(HttpResponse response, @Nullable String requestId) {
    ByteString whole = of(response);
    if (requestId == null) {
      return whole;
    }
    byte[] bytes = whole.toArrayUnsafe();
    byte[] header =
        ("\r\n" + RequestLog.HEADER + ": " + requestId).getBytes(StandardCharsets.ISO_8859_1);
    int at = 0;
    while (bytes[at] != '\r') {
      at++;
    }
    byte[] all = new byte[bytes.length + header.length];
    System.arraycopy(bytes, 0, all, 0, at);
    System.arraycopy(header, 0, all, at, header.length);
    System.arraycopy(bytes, at, all, at + header.length, bytes.length - at);
    return ByteString.fromArrayUnsafe(all);
  }

  private Second now() {
    long millis = clock.millis();
    long number = Math.floorDiv(millis, 1_000L);
    Second known = second;
    if (known.number != number) {
      known = new Second(number, DateTime.create(1_000 * number).toRfc1123DateTimeString());
      second = known;
    }
    return known;
  }

  private ByteString render(HttpResponse response, Second now) {
    HttpEntity.Strict entity = (HttpEntity.Strict) response.entity();
    StringBuilder header = new StringBuilder(256);
    header
        .append("HTTP/1.1 ")
        .append(response.status().intValue())
        .append(' ')
        .append(response.status().reason());
    for (HttpHeader each : response.getHeaders()) {
      append(header, each.name(), each.value());
    }
    append(header, "Server", server);
    append(header, "Date", now.date);
    append(header, "Content-Type", entity.getContentType().toString());
    append(header, "Content-Length", Integer.toString(entity.getData().size()));
    header.append("\r\n\r\n");
    byte[] begin = header.toString().getBytes(StandardCharsets.ISO_8859_1);
    byte[] body = entity.getData().toArrayUnsafe();
    byte[] all = new byte[begin.length + body.length];
    System.arraycopy(begin, 0, all, 0, begin.length);
    System.arraycopy(body, 0, all, begin.length, body.length);
    return ByteString.fromArrayUnsafe(all);
  }

  private static void append(StringBuilder header, String name, String value) {
    header.append("\r\n").append(name).append(": ").append(value);
  }
}
