package io.flashsale.system;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A real nginx with the files of deploy/nginx before some nodes. */
final class Nginx implements AutoCloseable {

  private static final Path PROGRAM = Path.of("/usr/sbin/nginx");
  private static final Path DEPLOYED = Path.of("deploy/nginx");
  private static final String PORT = "listen 8080";

  private final int port = Server.freePort();
  private final String scheme;
  private final Process process;

  /**
   * By HTTP, before as many {@code nodes}, {@code host:port}, as are deployed. One test is more
   * than one person behind an address may be.
   */
  Nginx(Path directory, List<String> nodes) {
    this(directory, nodes, "http", "rate=100000r/s");
  }

  /**
   * Listens at once.
   *
   * @param scheme http or https; with the latter the directory has tls.crt and tls.key
   * @param rate instead of the one that is deployed
   */
  Nginx(Path directory, List<String> nodes, String scheme, String rate) {
    this.scheme = scheme;
    try {
      Path own = Files.createDirectories(directory.resolve("nginx"));
      // One worker: with several, each goes round the nodes by itself.
      Files.writeString(
          own.resolve("nginx.conf"),
          deployed("nginx.conf")
              .replace("worker_processes auto", "worker_processes 1")
              .replaceAll("rate=\\d+r/s", rate)
              .replace("/tmp/", own + "/"));
      Files.writeString(own.resolve("nodes.conf"), nodes(nodes));
      Files.writeString(
          own.resolve("listen.conf"),
          deployed("listen-" + scheme + ".conf")
              .replace(PORT, "listen 127.0.0.1:" + port)
              .replace("tls/", directory.toAbsolutePath() + "/"));
      process =
          new ProcessBuilder(
                  PROGRAM.toString(),
                  "-p",
                  own.toString(),
                  "-c",
                  own.resolve("nginx.conf").toString(),
                  "-g",
                  "daemon off; user root;")
              .redirectErrorStream(true)
              .redirectOutput(own.resolve("out").toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    await().atMost(Duration.ofSeconds(10)).until(this::listens);
  }

  private static String deployed(String name) throws IOException {
    return Files.readString(DEPLOYED.resolve(name));
  }

  private static String nodes(List<String> nodes) throws IOException {
    String deployed = deployed("nodes.conf");
    for (int i = 0; i < nodes.size(); i++) {
      deployed = deployed.replace("node-" + (i + 1) + ":8080", nodes.get(i));
    }
    if (deployed.contains("node-")) {
      throw new IllegalStateException("More nodes are deployed than are tested");
    }
    return deployed;
  }

  private boolean listens() {
    try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  URI uri() {
    return URI.create(scheme + "://127.0.0.1:" + port);
  }

  @Override
  public void close() {
    process.destroy(); // its master ends its workers
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
