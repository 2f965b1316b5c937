package io.flashsale;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;

/** A client that sends whatever it likes, byte for byte: texts are ISO 8859-1. */
public final class RawConnection implements AutoCloseable {

  /** Longer than the server waits for anything in the tests: what takes as long hangs. */
  private static final int PATIENCE_MILLIS = 20_000;

  private final Socket socket;
  private boolean reset;

  public RawConnection(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
  }

  /** All answers until the server ends the connection. */
  public static String exchange(int port, String... pieces) throws IOException {
    try (RawConnection connection = new RawConnection(port)) {
      for (String piece : pieces) {
        connection.send(piece);
      }
      return connection.readAll();
    }
  }

  /** The server may not want to hear the rest: then its answer counts. */
  public void send(String text) {
    try {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
    } catch (IOException e) {
      reset = true;
    }
  }

  /** Sends nothing more, and still listens. */
  public void endOutput() throws IOException {
    try {
      socket.shutdownOutput();
    } catch (SocketException e) {
      reset = true;
    }
  }

  /** What comes until the server ends the connection. */
  public String readAll() throws IOException {
    StringBuilder all = new StringBuilder();
    for (String more = read(); !more.isEmpty(); more = read()) {
      all.append(more);
    }
    return all.toString();
  }

  /** What has come, at least one character; none if the server has ended the connection. */
  public String read() throws IOException {
    byte[] buffer = new byte[8192];
    InputStream in = socket.getInputStream();
    try {
      int n = in.read(buffer);
      return n < 0 ? "" : new String(buffer, 0, n, StandardCharsets.ISO_8859_1);
    } catch (SocketException e) {
      reset = true; // after the answer, because there was more to read
      return "";
    }
  }

  /** Whether bytes, also those of an answer, may have been lost in the end. */
  public boolean isReset() {
    return reset;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
