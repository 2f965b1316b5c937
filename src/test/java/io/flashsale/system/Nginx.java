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

/** A real nginx with docs/nginx.conf before some nodes. */
final class Nginx implements AutoCloseable {

  private static final Path PROGRAM = Path.of("/usr/sbin/nginx");
  private static final String DOCUMENTED_NODE = "127.0.0.1:808";

  private final int port = Server.freePort();
  private final Process process;

  /** Listens at once; {@code nodes} are {@code host:port}, as many as are documented. */
  Nginx(Path directory, List<String> nodes) {
    try {
      Path own = Files.createDirectories(directory.resolve("nginx"));
      Path file = own.resolve("nginx.conf");
      Files.writeString(file, configuration(own, nodes));
      process =
          new ProcessBuilder(
                  PROGRAM.toString(), "-p", own.toString(), "-c", file.toString(), "-e", "stderr")
              .redirectErrorStream(true)
              .redirectOutput(own.resolve("out").toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    await().atMost(Duration.ofSeconds(10)).until(this::listens);
  }

  private String configuration(Path own, List<String> nodes) throws IOException {
    String documented =
        Files.readString(Path.of("docs/nginx.conf")).replace("127.0.0.1:8000", "127.0.0.1:" + port);
    for (int i = 0; i < nodes.size(); i++) {
      documented = documented.replace(DOCUMENTED_NODE + (i + 1), nodes.get(i));
    }
    if (documented.contains(DOCUMENTED_NODE)) {
      throw new IllegalStateException("More nodes are documented than are tested");
    }
    // One worker: with several, each goes round the nodes by itself. Nothing is kept on the disk.
    return """
    daemon off;
    worker_processes 1;
    user root;
    pid %1$s/pid;
    error_log %1$s/error.log;
    events { worker_connections 4096; }
    http {
      access_log off;
      client_body_temp_path %1$s/body;
      proxy_temp_path %1$s/proxy;
      fastcgi_temp_path %1$s/fastcgi;
      uwsgi_temp_path %1$s/uwsgi;
      scgi_temp_path %1$s/scgi;
    %2$s
    }
    """
        .formatted(own, documented);
  }

  private boolean listens() {
    try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + port);
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
