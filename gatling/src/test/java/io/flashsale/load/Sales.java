package io.flashsale.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;

/** Sees to it, before anybody comes, that the sale is there that a simulation is about. */
final class Sales {

  static final JsonMapper JSON = new JsonMapper();

  /** An extra sale lasts so long if nothing else is said; the next simulation closes it. */
  private static final Duration LONG = Duration.ofMinutes(30);

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final String baseUrl = Settings.baseUrls().get(0);
  private final String token = Settings.adminToken();

  /**
   * The sale in which a run begins.
   *
   * @param sold items that were sold before it
   */
  record Sale(long id, int items, int sold) {}

  /**
   * Several sales: with {@code -Dsale=new} so many extra ones without a gap, and otherwise those of
   * the schedule.
   *
   * @param each how long each of the extra ones is open
   */
  record Series(int count, Duration each) {

    static Series read() {
      return new Series(Settings.number("sales", 3), Settings.duration("each", "5s"));
    }

    /** The load ends within the last of extra sales, and otherwise after {@code -Dduration}. */
    Duration duration(String otherwise) {
      return Settings.which() == Settings.Which.NEW
          ? each.multipliedBy(count).minusSeconds(1)
          : Settings.duration("duration", otherwise);
    }
  }

  /** The one of {@code -Dsale}; returns when it is open. */
  Sale begin() {
    return begin(new Series(1, LONG));
  }

  /** The same with the first of several. */
  Sale begin(Series series) {
    JsonNode open = active();
    switch (Settings.which()) {
      case OPEN -> {
        if (open == null) {
          throw Settings.end("no sale is open at " + baseUrl + "; try -Dsale=next or -Dsale=new");
        }
      }
      case NEXT -> open = awaitAnother(open, Duration.ofDays(1));
      case NEW -> {
        plan(open, series);
        open = awaitAnother(open, PATIENCE);
      }
    }
    long id = open.path("id").asLong();
    return new Sale(id, open.path("total_items").asInt(), audit(id).at("/sales/0/sold").asInt());
  }

  private void plan(JsonNode open, Series series) {
    Instant start = Instant.now().plusSeconds(1);
    if (open != null) {
      String path = "/admin/sales/" + open.path("id").asLong() + "/close";
      start = Instant.parse(send("POST", path, "", 200).path("ended_at").asText());
    }
    Instant end = Instant.now().plus(PATIENCE);
    for (int i = 0; i < series.count(); i++) {
      HttpResponse<String> answer = plan(start, series);
      // The node that was asked what is open may be behind the one that decides.
      while (i == 0 && answer.statusCode() == 409 && Instant.now().isBefore(end)) {
        sleep();
        start = Instant.now().plusSeconds(1);
        answer = plan(start, series);
      }
      expect(201, answer);
      start = start.plus(series.each());
    }
  }

  private HttpResponse<String> plan(Instant start, Series series) {
    String body =
        "{\"started_at\":\"%s\",\"ended_at\":\"%s\",\"total_items\":%d}"
            .formatted(start, start.plus(series.each()), Settings.number("items", 10_000));
    return ask("POST", "/admin/sales", body);
  }

  private JsonNode awaitAnother(JsonNode before, Duration atMost) {
    Instant end = Instant.now().plus(atMost);
    JsonNode now = active();
    while (now == null || before != null && now.path("id").equals(before.path("id"))) {
      if (Instant.now().isAfter(end)) {
        throw Settings.end("no other sale has opened within " + atMost.toSeconds() + " s");
      }
      sleep();
      now = active();
    }
    return now;
  }

  private JsonNode active() {
    HttpResponse<String> answer = ask("GET", "/sales/active", "");
    return answer.statusCode() == 200 ? json(answer) : null;
  }

  /** Also of a sale that the node that is asked has not heard of yet. */
  private JsonNode audit(long sale) {
    Instant end = Instant.now().plus(PATIENCE);
    HttpResponse<String> answer = ask("GET", "/admin/audit?sale=" + sale, "");
    while (answer.statusCode() != 200
        && !answer.body().contains("\"not-found\"")
        && answer.statusCode() != 401
        && Instant.now().isBefore(end)) {
      sleep();
      answer = ask("GET", "/admin/audit?sale=" + sale, "");
    }
    return expect(200, answer);
  }

  private JsonNode send(String method, String path, String body, int expected) {
    return expect(expected, ask(method, path, body));
  }

  private static JsonNode expect(int status, HttpResponse<String> answer) {
    if (answer.statusCode() != status) {
      String what = answer.request().method() + " " + answer.uri();
      boolean stranger = answer.statusCode() == 401 || answer.body().contains("\"not-found\"");
      String why = stranger ? "is ADMIN_TOKEN the one of the program?" : answer.body().strip();
      throw Settings.end(what + " is answered " + answer.statusCode() + ": " + why);
    }
    return json(answer);
  }

  /** Between two questions: the program is asked until its answer is another one. */
  private static void sleep() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private HttpResponse<String> ask(String method, String path, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(baseUrl + path))
            .timeout(Duration.ofSeconds(60))
            .header("Authorization", "Bearer " + token)
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw Settings.end("nothing answers at " + baseUrl + ": " + e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JsonNode json(HttpResponse<String> answer) {
    try {
      return JSON.readTree(answer.body());
    } catch (IOException e) {
      throw Settings.end("no JSON: " + answer.body());
    }
  }
}
