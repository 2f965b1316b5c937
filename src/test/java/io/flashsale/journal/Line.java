package io.flashsale.journal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The line to a server, which a test can let swallow what is said on it, and cut. */
final class Line implements AutoCloseable {

  private final ServerSocket entrance;
  private final int serverPort;
  private final Set<Call> calls = ConcurrentHashMap.newKeySet();

  /** One connection through it. */
  private static final class Call {
    private final Socket client;
    private final Socket server;
    private volatile boolean swallowsRequests;
    private volatile boolean swallowsAnswers;
    private volatile boolean hasSwallowed;

    private Call(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    private void passRequests() {
      try (InputStream in = client.getInputStream();
          OutputStream out = server.getOutputStream()) {
        byte[] buffer = new byte[8_192];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          if (swallowsRequests) {
            hasSwallowed = true;
          } else {
            out.write(buffer, 0, n);
          }
        }
      } catch (IOException e) {
        hangUp();
      }
    }

    private void passAnswers() {
      try (InputStream in = server.getInputStream();
          OutputStream out = client.getOutputStream()) {
        byte[] buffer = new byte[8_192];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          if (!swallowsAnswers) {
            out.write(buffer, 0, n);
          }
        }
      } catch (IOException e) {
        hangUp();
      }
    }

    private void hangUp() {
      try (client;
          server) {
        swallowsAnswers = true;
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  Line(int serverPort) throws IOException {
    this.serverPort = serverPort;
    this.entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return entrance.getLocalPort();
  }

  private void accept() {
    while (!entrance.isClosed()) {
      try {
        connect(entrance.accept());
      } catch (IOException e) {
        // closed
      }
    }
  }

  private void connect(Socket client) throws IOException {
    try {
      Call call = new Call(client, new Socket(InetAddress.getLoopbackAddress(), serverPort));
      calls.add(call);
      Thread.ofVirtual().start(call::passRequests);
      Thread.ofVirtual().start(call::passAnswers);
    } catch (IOException e) { // the server is not there
      client.close();
    }
  }

  /** From now on the server hears nothing on the connections that there are. */
  void swallowRequests() {
    calls.forEach(call -> call.swallowsRequests = true);
  }

  /** Something was said that the server will never hear. */
  boolean hasSwallowedARequest() {
    return calls.stream().anyMatch(call -> call.hasSwallowed);
  }

  /** From now on the server hears, but is not heard, on the connections that there are. */
  void swallowAnswers() {
    calls.forEach(call -> call.swallowsAnswers = true);
  }

  /** The connections that there are break. New ones work. */
  void cut() {
    calls.removeIf(
        call -> {
          call.hangUp();
          return true;
        });
  }

  @Override
  public void close() throws IOException {
    entrance.close();
    cut();
  }
}
