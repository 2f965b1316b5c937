package io.flashsale.system;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A Chromium without a window, driven by its DevTools protocol: JSON over a WebSocket, which the
 * JDK speaks, so that no driver has to be fetched.
 */
final class Browser implements AutoCloseable {

  private static final JsonMapper MAPPER = new JsonMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "chrome");

  private final Process process;
  private final HttpClient client = HttpClient.newHttpClient();
  private final WebSocket socket;
  private final AtomicInteger lastId = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
  private final Map<String, Tab> tabs = new ConcurrentHashMap<>(); // by session

  /** The program, if this machine has it. */
  static Optional<Path> program() {
    return Stream.of(System.getenv("PATH").split(":"))
        .flatMap(directory -> NAMES.stream().map(name -> Path.of(directory, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Runs.
   *
   * @param trusted certificates, PEM, that it takes although nobody known to it has signed them
   */
  Browser(Path program, Path profile, Path... trusted) {
    try {
      process =
          new ProcessBuilder(
                  program.toString(),
                  "--ignore-certificate-errors-spki-list=" + fingerprints(trusted),
                  "--headless=new",
                  "--remote-debugging-port=0",
                  "--user-data-dir=" + profile,
                  "--no-sandbox", // it refuses to have one as root
                  "--no-first-run",
                  "--disable-gpu",
                  "--disable-dev-shm-usage",
                  "--disable-extensions",
                  "--disable-background-networking",
                  "--disable-component-update",
                  "--disable-sync",
                  "--lang=en-GB",
                  "about:blank")
              .redirectErrorStream(true)
              .redirectOutput(profile.resolve("browser.log").toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    socket =
        client
            .newWebSocketBuilder()
            .buildAsync(address(profile), new Receiving())
            .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
            .join();
  }

  private static String fingerprints(Path... certificates) {
    List<String> all = new ArrayList<>();
    for (Path file : certificates) {
      try (InputStream in = Files.newInputStream(file)) {
        byte[] key =
            CertificateFactory.getInstance("X.509")
                .generateCertificate(in)
                .getPublicKey()
                .getEncoded();
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(key);
        all.add(Base64.getEncoder().encodeToString(digest));
      } catch (IOException | GeneralSecurityException e) {
        throw new IllegalArgumentException(file.toString(), e);
      }
    }
    return String.join(",", all);
  }

  private static URI address(Path profile) {
    Path file = profile.resolve("DevToolsActivePort");
    await("the browser; see " + profile)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> Files.exists(file) && Files.readAllLines(file).size() > 1);
    try {
      List<String> lines = Files.readAllLines(file);
      return URI.create("ws://127.0.0.1:" + lines.get(0) + lines.get(1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A tab of somebody else: nothing is stored in common with the others. */
  Tab open(URI uri) {
    String context =
        call("", "Target.createBrowserContext", Map.of()).path("browserContextId").asText();
    String target =
        call("", "Target.createTarget", Map.of("url", "about:blank", "browserContextId", context))
            .path("targetId")
            .asText();
    String session =
        call("", "Target.attachToTarget", Map.of("targetId", target, "flatten", true))
            .path("sessionId")
            .asText();
    Tab tab = new Tab(session, context);
    tabs.put(session, tab);
    tab.call("Page.enable", Map.of());
    tab.call("Runtime.enable", Map.of());
    tab.call("Log.enable", Map.of());
    tab.size(1360, 900, false);
    tab.go(uri);
    return tab;
  }

  /** One page. What its scripts and its browser complain about is kept. */
  final class Tab implements AutoCloseable {

    private final String session;
    private final String context;
    private final Queue<String> complaints = new ConcurrentLinkedQueue<>();
    private final Queue<String> failedLoads = new ConcurrentLinkedQueue<>();

    private Tab(String session, String context) {
      this.session = session;
      this.context = context;
    }

    void go(URI uri) {
      call("Page.navigate", Map.of("url", uri.toString()));
      until("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /** From the next page on this script runs before those of the page. */
    void before(String script) {
      call("Page.addScriptToEvaluateOnNewDocument", Map.of("source", script));
    }

    /** Errors and warnings of scripts, violations of the policy ... but for what was not loaded. */
    List<String> complaints() {
      return List.copyOf(complaints);
    }

    /** Answers that were no success, and connections that failed. */
    List<String> failedLoads() {
      return List.copyOf(failedLoads);
    }

    /** The value of an expression, or what a promise becomes. */
    JsonNode evaluate(String expression) {
      JsonNode answer =
          call(
              "Runtime.evaluate",
              Map.of("expression", expression, "awaitPromise", true, "returnByValue", true));
      if (answer.has("exceptionDetails")) {
        throw new AssertionError(answer.path("exceptionDetails").toString());
      }
      return answer.at("/result/value");
    }

    /** Waits until an expression is true. */
    void until(String expression) {
      try {
        await(expression)
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(25))
            .ignoreExceptions() // between two pages
            .until(() -> evaluate("Boolean(" + expression + ")").asBoolean());
      } catch (org.awaitility.core.ConditionTimeoutException e) {
        throw new AssertionError(
            "%s does not come about; %s; %s; the page says: %s"
                .formatted(
                    expression,
                    complaints,
                    failedLoads,
                    evaluate("document.body.innerText").asText()),
            e);
      }
    }

    /** What can be read of the first element that fits. */
    String text(String selector) {
      return evaluate("document.querySelector('" + selector + "').innerText").asText();
    }

    /** A number that a person can read there. */
    int number(String selector) {
      return Integer.parseInt(text(selector).replace(",", ""));
    }

    /** As a mouse does. */
    void click(String selector) {
      click(selector, 0.5, 0.5);
    }

    /** Somewhere in the element: shares of its width and height. */
    void click(String selector, double x, double y) {
      JsonNode at =
          evaluate(
              """
              (() => {
                const element = document.querySelector('%s');
                element.scrollIntoView({ block: 'center', behavior: 'instant' });
                const box = element.getBoundingClientRect();
                return [box.left + box.width * %s, box.top + box.height * %s];
              })()
              """
                  .formatted(selector, x, y));
      for (String type : List.of("mousePressed", "mouseReleased")) {
        call(
            "Input.dispatchMouseEvent",
            Map.of(
                "type", type, "x", at.get(0), "y", at.get(1), "button", "left", "clickCount", 1));
      }
    }

    /** Types over what is in a field, and leaves it. */
    void type(String selector, String text) {
      evaluate("document.querySelector('" + selector + "').select()");
      call("Input.insertText", Map.of("text", text));
      press("Tab", 9);
    }

    void press(String key, int code) {
      String text = key.equals("Enter") ? "\r" : "";
      for (String type : List.of("keyDown", "keyUp")) {
        call(
            "Input.dispatchKeyEvent",
            Map.of("type", type, "key", key, "text", text, "windowsVirtualKeyCode", code));
      }
    }

    void size(int width, int height, boolean phone) {
      call(
          "Emulation.setDeviceMetricsOverride",
          Map.of(
              "width",
              width,
              "height",
              height,
              "deviceScaleFactor",
              phone ? 2 : 1,
              "mobile",
              phone));
    }

    /** {@code light} or {@code dark}. */
    void scheme(String name) {
      call(
          "Emulation.setEmulatedMedia",
          Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", name))));
    }

    /** All of the page, for people to look at. */
    void screenshot(Path file) {
      String data =
          call("Page.captureScreenshot", Map.of("captureBeyondViewport", true))
              .path("data")
              .asText();
      try {
        Files.createDirectories(file.getParent());
        Files.write(file, Base64.getDecoder().decode(data));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private JsonNode call(String method, Map<String, ?> parameters) {
      return Browser.this.call(session, method, parameters);
    }

    private void happened(String method, JsonNode event) {
      switch (method) {
        case "Runtime.exceptionThrown" -> complaints.add(event.path("exceptionDetails").toString());
        case "Runtime.consoleAPICalled" -> complaints.add(event.path("args").toString());
        case "Log.entryAdded" -> {
          JsonNode entry = event.path("entry");
          if (entry.path("level").asText().equals("verbose")) {
            return;
          }
          String said = entry.path("text").asText() + " " + entry.path("url").asText();
          (entry.path("source").asText().equals("network") ? failedLoads : complaints).add(said);
        }
        default -> {} // of no interest
      }
    }

    @Override
    public void close() {
      tabs.remove(session);
      Browser.this.call("", "Target.disposeBrowserContext", Map.of("browserContextId", context));
    }
  }

  // ---------------------------------------------------------------- the protocol

  private JsonNode call(String session, String method, Map<String, ?> parameters) {
    int id = lastId.incrementAndGet();
    ObjectNode request = MAPPER.createObjectNode().put("id", id).put("method", method);
    request.set("params", MAPPER.valueToTree(parameters));
    if (!session.isEmpty()) {
      request.put("sessionId", session);
    }
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    waiting.put(id, answer);
    synchronized (socket) { // one message at a time
      socket.sendText(request.toString(), true).join();
    }
    JsonNode message = answer.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    if (message.has("error")) {
      throw new IllegalStateException(method + ": " + message.path("error"));
    }
    return message.path("result");
  }

  private static JsonNode read(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(json, e);
    }
  }

  private final class Receiving implements WebSocket.Listener {

    private final List<String> parts = new ArrayList<>();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      parts.add(data.toString());
      if (last) {
        JsonNode message = read(String.join("", parts));
        parts.clear();
        CompletableFuture<JsonNode> answer = waiting.remove(message.path("id").asInt());
        Tab tab = tabs.get(message.path("sessionId").asText());
        if (answer != null) {
          answer.complete(message);
        } else if (tab != null) {
          tab.happened(message.path("method").asText(), message.path("params"));
        }
      }
      from.request(1);
      return CompletableFuture.completedFuture(null);
    }
  }

  @Override
  public void close() {
    call("", "Browser.close", Map.of());
    client.shutdownNow();
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
