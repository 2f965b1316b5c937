package io.flashsale.system;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Passes on every request to a server, and two of three answers. Instead of the third it hangs up:
 * by turns when the server has answered, and at once, when the request may not have arrived yet.
 * Every connection is for one request.
 */
final class LosingProxy implements AutoCloseable {

  private static final String LENGTH = "content-length:";

  private final URI server;
  private final ServerSocket socket;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger lost = new AtomicInteger();

  LosingProxy(URI server) {
    this.server = server;
    try {
      this.socket = new ServerSocket(Server.freePort(), 1_000, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.execute(this::accept);
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + socket.getLocalPort());
  }

  /** Answers that nobody has got. */
  int lost() {
    return lost.get();
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket client = socket.accept();
        threads.execute(() -> pass(client));
      } catch (IOException e) {
        // closed
      }
    }
  }

  private void pass(Socket client) {
    try (client;
        Socket upstream = new Socket(server.getHost(), server.getPort())) {
      byte[] request = message(client.getInputStream());
      upstream.getOutputStream().write(request);
      int n = requests.incrementAndGet();
      if (n % 6 == 0) {
        lost.incrementAndGet();
        return;
      }
      byte[] answer = message(upstream.getInputStream());
      if (n % 3 == 0) {
        lost.incrementAndGet();
        return;
      }
      client.getOutputStream().write(answer);
    } catch (IOException e) {
      // one of them is gone: this answer is lost, too
    }
  }

  /** A request or an answer, which says how long it is, and then that the connection ends. */
  private static byte[] message(InputStream socket) throws IOException {
    InputStream in = new BufferedInputStream(socket);
    StringBuilder head = new StringBuilder();
    int length = 0;
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      String name = line.toLowerCase(Locale.ROOT);
      if (name.startsWith(LENGTH)) {
        length = Integer.parseInt(line.substring(LENGTH.length()).strip());
      }
      if (!name.startsWith("connection:")) {
        head.append(line).append("\r\n");
      }
    }
    head.append("Connection: close\r\n\r\n");
    byte[] body = in.readNBytes(length);
    return (head + new String(body, StandardCharsets.ISO_8859_1))
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new IOException("It has ended");
      }
      line.append((char) c);
    }
    return line.toString().strip();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.close();
  }
}
