package io.flashsale.top;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Draws the running sale, again and again, from what the nodes answer. */
public final class Top {

  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final String CLEAR = "\u001b[H\u001b[2J";

  private final List<URI> nodes;
  private final PrintStream out;
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  private final JsonMapper json = JsonMapper.builder().build();

  /**
   * Nothing is asked yet.
   *
   * @param nodes the first one that answers says what the sale is; counters of all are added up
   */
  public Top(List<URI> nodes, PrintStream out) {
    this.nodes = List.copyOf(nodes);
    this.out = out;
  }

  /**
   * Draws once.
   *
   * @return whether any node has answered
   */
  public boolean once() throws InterruptedException {
    Reading reading = read();
    out.print(Screen.draw(reading, null));
    out.flush();
    return reading.answering() > 0;
  }

  /** Draws for ever. */
  public void run(Duration every) throws InterruptedException {
    Reading before = null;
    while (true) {
      Reading now = read();
      out.print(CLEAR + Screen.draw(now, before));
      out.flush();
      before = now;
      Thread.sleep(every);
    }
  }

  private Reading read() throws InterruptedException {
    List<Sample> samples = new ArrayList<>();
    int answering = 0;
    JsonNode sale = null;
    for (URI node : nodes) {
      HttpResponse<String> metrics = get(node, "/metrics");
      if (metrics != null && metrics.statusCode() == 200) {
        answering++;
        metrics.body().lines().map(Sample::parse).forEach(sample -> sample.ifPresent(samples::add));
      }
      HttpResponse<String> active = sale == null ? get(node, "/sales/active") : null;
      if (active != null && active.statusCode() == 200) {
        sale = parse(active.body());
      }
    }
    return new Reading(System.nanoTime(), nodes.size(), answering, sale, List.copyOf(samples));
  }

  private @Nullable JsonNode parse(String body) {
    try {
      return json.readTree(body);
    } catch (IOException e) {
      return null; // not one of ours
    }
  }

  /** Null if there is no answer. */
  private @Nullable HttpResponse<String> get(URI node, String path) throws InterruptedException {
    try {
      HttpRequest request = HttpRequest.newBuilder(node.resolve(path)).timeout(PATIENCE).build();
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      return null;
    }
  }
}
