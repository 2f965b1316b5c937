package io.flashsale.warmup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ConnectionTest {

  /** Answers with these parts, one write each, and hangs up; gives what it was asked. */
  private static CompletableFuture<String> answering(ServerSocket server, String... parts) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (Socket socket = server.accept()) {
            socket.setTcpNoDelay(true);
            StringBuilder asked = new StringBuilder();
            while (!asked.toString().endsWith("\r\n\r\n")) {
              asked.append((char) socket.getInputStream().read());
            }
            for (String part : parts) {
              socket.getOutputStream().write(part.getBytes(StandardCharsets.ISO_8859_1));
              socket.getOutputStream().flush();
            }
            return asked.toString();
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static ServerSocket server() throws IOException {
    return new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
  }

  @Test
  void asksAsLoadGeneratorsDo() throws IOException {
    try (ServerSocket server = server()) {
      var asked = answering(server, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd");
      try (Connection connection = new Connection(server.getLocalPort(), true)) {
        assertThat(connection.post("/checkout?user_id=1&item_id=5"))
            .isEqualTo(new Connection.Answer(200, "abcd"));
      }
      assertThat(asked.join().lines())
          .containsExactly(
              "POST /checkout?user_id=1&item_id=5 HTTP/1.1",
              "Host: 127.0.0.1",
              "Content-Length: 0",
              "");
    }
  }

  @Test
  void readsAnAnswerThatComesInPieces() throws IOException {
    List<String> pieces = new ArrayList<>();
    "HTTP/1.1 409 Conflict\r\nServer: x\r\nContent-Length: 2\r\n\r\nno"
        .chars()
        .forEach(c -> pieces.add(Character.toString(c)));
    try (ServerSocket server = server()) {
      var _ = answering(server, pieces.toArray(String[]::new));
      try (Connection connection = new Connection(server.getLocalPort(), true)) {
        Connection.Answer answer = connection.post("/");

        assertThat(answer).isEqualTo(new Connection.Answer(409, "no"));
        assertThat(answer.isOk()).isFalse();
      }
    }
  }

  @Test
  void failsWhenTheNodeHangsUpInTheMiddle() throws IOException {
    try (ServerSocket server = server()) {
      var _ = answering(server, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
      try (Connection connection = new Connection(server.getLocalPort(), true)) {
        assertThatExceptionOfType(IOException.class)
            .isThrownBy(() -> connection.post("/"))
            .withMessage("The node hung up");
      }
    }
  }

  @Test
  void readsNoAnswerWithoutEnd() throws IOException {
    try (ServerSocket server = server()) {
      var _ = answering(server, "HTTP/1.1 200 OK\r\nX: " + "x".repeat(9_000));
      try (Connection connection = new Connection(server.getLocalPort(), true)) {
        assertThatExceptionOfType(IOException.class)
            .isThrownBy(() -> connection.post("/"))
            .withMessage("The answer is too long");
      }
    }
  }
}
