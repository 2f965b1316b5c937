package io.flashsale.http;

import akka.actor.typed.ActorSystem;
import akka.http.javadsl.model.AttributeKeys;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.io.Inet;
import akka.japi.function.Function;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes connections whose requests do not arrive. Akka HTTP closes one on which nothing comes, but
 * not one on which a byte comes now and then and never a whole request.
 *
 * <p>Every connection is known from its acceptance by the address of the client, which its requests
 * have as an attribute (application.conf turns that on). A request costs a look-up and a write.
 */
public final class Arrivals extends Inet.AbstractSocketOptionV2 {

  private static final Logger log = LoggerFactory.getLogger(Arrivals.class);
  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

  /** The longest request, and the time after which Akka HTTP closes a silent connection. */
  static final Duration NEXT_WITHIN = Duration.ofMinutes(2);

  private static final class Connection {
    private final Socket socket;
    private volatile long deadline; // of System.nanoTime

    private Connection(Socket socket, long deadline) {
      this.socket = socket;
      this.deadline = deadline;
    }
  }

  private final Duration firstWithin;
  private final ConcurrentMap<InetSocketAddress, Connection> connections =
      new ConcurrentHashMap<>(); // akka.http.server.max-connections bounds it

  /**
   * The watch of one server.
   *
   * @param firstWithin by when the first request of a connection has arrived, its headers complete
   */
  public Arrivals(Duration firstWithin) {
    this.firstWithin = firstWithin;
  }

  void start(ActorSystem<?> system) {
    system
        .scheduler()
        .scheduleWithFixedDelay(LOOK_EVERY, LOOK_EVERY, this::look, system.executionContext());
  }

  /** A connection was accepted. */
  @Override
  public void afterConnect(Socket socket) {
    if (socket.getRemoteSocketAddress() instanceof InetSocketAddress client) {
      connections.put(client, new Connection(socket, System.nanoTime() + firstWithin.toNanos()));
    }
  }

  Function<HttpRequest, CompletionStage<HttpResponse>> watched(
      Function<HttpRequest, CompletionStage<HttpResponse>> handler) {
    return request -> {
      arrived(request);
      return handler.apply(request);
    };
  }

  private void arrived(HttpRequest request) {
    request
        .getAttribute(AttributeKeys.remoteAddress)
        .ifPresent(
            address -> {
              InetAddress host = address.getAddress().orElse(null);
              if (host == null) {
                return;
              }
              InetSocketAddress client = new InetSocketAddress(host, address.getPort());
              Connection connection = connections.get(client);
              if (connection == null) {
                return;
              }
              if (request.getAttribute(AttributeKeys.webSocketUpgrade).isPresent()) {
                connections.remove(client, connection); // it has time-outs of its own
              } else {
                connection.deadline = System.nanoTime() + NEXT_WITHIN.toNanos();
              }
            });
  }

  private void look() {
    long now = System.nanoTime();
    connections.forEach(
        (client, connection) -> {
          if (connection.socket.isClosed()) {
            connections.remove(client, connection);
          } else if (connection.deadline - now < 0) {
            connections.remove(client, connection);
            log.debug("No request has arrived from {} in time", client);
            endInput(connection.socket);
          }
        });
  }

  /** For Akka HTTP the client has gone: it closes the connection in its own order. */
  private static void endInput(Socket socket) {
    try {
      socket.shutdownInput();
    } catch (IOException e) {
      log.debug("The connection is closed already", e);
    }
  }
}
