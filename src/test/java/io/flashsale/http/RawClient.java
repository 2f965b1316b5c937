package io.flashsale.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;

/** Sends bytes, and reads all that comes until the server hangs up. */
final class RawClient {

  private static final int PATIENCE_MILLIS = 20_000;

  /** Takes a request through Akka HTTP, and changes nothing else. */
  static final String THE_LONG_WAY = "Via: 1.1 localhost\r\n";

  private static final String LAST =
      "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

  private RawClient() {}

  /** The answers to a request without a body, and what follows from it, but without their dates. */
  static String post(TestServer server, String target, String headers) throws IOException {
    String request = "POST " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.getOutputStream().write((request + LAST).getBytes(StandardCharsets.US_ASCII));
      String all = readAll(socket).replaceAll("\r\nDate: [^\r]*", "");
      return all.substring(0, all.lastIndexOf("HTTP/1.1 200 OK"));
    }
  }

  private static String readAll(Socket socket) throws IOException {
    try (InputStream in = socket.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (SocketException e) {
      return "reset";
    }
  }
}
