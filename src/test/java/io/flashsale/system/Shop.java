package io.flashsale.system;

import io.flashsale.ApiDocument;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;

/** A client of the API. An answer that never came is status 0: nobody knows. */
final class Shop {

  private static final int BAD_GATEWAY = 502;
  private static final int GATEWAY_TIMEOUT = 504;
  private static final HttpClient CLIENT =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();

  private final URI uri;

  record Answer(int status, String body) {
    boolean isOk() {
      return status == 200;
    }

    boolean isUnknown() {
      return status == 0 || body.contains("\"outcome-unknown\"");
    }

    /** The code in the problem body, or "" if there is none. */
    String problem() {
      int at = body.indexOf("\"code\":\"");
      return at < 0 ? "" : body.substring(at + 8, body.indexOf('"', at + 8));
    }
  }

  Shop(Server server) {
    this(server.uri());
  }

  Shop(URI uri) {
    this.uri = uri;
  }

  boolean isReady() {
    return get("/health/ready").isOk();
  }

  Answer checkOut(long user, int... items) {
    String parameters =
        Arrays.stream(items).mapToObj(item -> "&item_id=" + item).collect(Collectors.joining());
    return post("/checkout?user_id=" + user + parameters);
  }

  Answer purchase(String code) {
    return post("/purchase?code=" + code);
  }

  Answer post(String path) {
    return send(request(path).POST(HttpRequest.BodyPublishers.noBody()));
  }

  Answer delete(String path) {
    return send(request(path).DELETE());
  }

  Answer get(String path) {
    return send(request(path).GET());
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(uri + path)).timeout(Duration.ofSeconds(10));
  }

  static Answer send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> response =
          CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != BAD_GATEWAY && response.statusCode() != GATEWAY_TIMEOUT) {
        ApiDocument.expect(response); // but for what a balancer says by itself
      }
      return new Answer(response.statusCode(), response.body());
    } catch (IOException e) {
      return new Answer(0, String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
