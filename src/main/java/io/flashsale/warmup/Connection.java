package io.flashsale.warmup;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * A kept-alive HTTP/1.1 connection to this machine that posts, and waits for the answer. It does no
 * more than it must: what it costs, and what the JVM compiles for it, is taken from the node that
 * is to become warm.
 */
final class Connection implements AutoCloseable {

  private static final int PATIENCE_MILLIS = 5_000; // the node answers within its request time-out
  private static final int MOST_BYTES = 8 * 1024; // of an answer
  private static final String LENGTH = "\r\nContent-Length: ";

  /** What the node has answered. */
  record Answer(int status, String body) {
    boolean isOk() {
      return status == 200;
    }
  }

  private final String header;
  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private final byte[] bytes = new byte[MOST_BYTES];

  /**
   * Connected.
   *
   * @param plain whether requests are such that the node answers them from their bytes. Others go
   *     through Akka HTTP
   */
  Connection(int port, boolean plain) throws IOException {
    this.header =
        " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n"
            + (plain ? "" : "Via: 1.1 localhost\r\n")
            + "\r\n";
    this.socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
    this.in = socket.getInputStream();
    this.out = socket.getOutputStream();
  }

  /** The form that load generators use: parameters in the query, no body. */
  Answer post(String path) throws IOException {
    String request = "POST " + path + header;
    out.write(request.getBytes(StandardCharsets.US_ASCII));
    int filled = 0;
    while (true) {
      int read = in.read(bytes, filled, bytes.length - filled);
      if (read <= 0) {
        throw new IOException(read == 0 ? "The answer is too long" : "The node hung up");
      }
      filled += read;
      String answer = new String(bytes, 0, filled, StandardCharsets.ISO_8859_1);
      int body = answer.indexOf("\r\n\r\n") + 4;
      if (body >= 4 && filled >= body + length(answer)) {
        return new Answer(Integer.parseInt(answer, 9, 12, 10), answer.substring(body));
      }
    }
  }

  private static int length(String answer) throws IOException {
    int at = answer.indexOf(LENGTH);
    if (at < 0) {
      throw new IOException("The answer does not say how long it is");
    }
    int from = at + LENGTH.length();
    return Integer.parseInt(answer, from, answer.indexOf('\r', from), 10);
  }

  /** Also ends a {@link #post} of another thread. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
