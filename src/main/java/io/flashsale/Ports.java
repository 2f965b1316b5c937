package io.flashsale;

import com.typesafe.config.Config;
import io.flashsale.database.Database;
import io.flashsale.ops.OperatorException;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;

/**
 * Whether the node can listen where it is to, found out before anything is started. Another program
 * can still take its ports later: then whoever binds says so.
 */
final class Ports {

  private Ports() {}

  /**
   * Binds the ports of the API and of remoting for a moment. It does not listen: a balancer that
   * tries would be connected, and its request would be lost.
   *
   * @throws OperatorException if one of them cannot be had
   */
  static void check(Config config, Settings settings) {
    try (Socket api = new Socket();
        Socket remoting = new Socket()) {
      try {
        bind(api, settings.http().host(), settings.http().port());
      } catch (IOException e) {
        throw apiCannot(settings, e);
      }
      try {
        bind(remoting, remotingHost(config), remotingPort(config));
        if (isSame(api, remoting)) {
          throw new BindException("Address already in use: by the API");
        }
      } catch (IOException e) {
        throw remotingCannot(config, e);
      }
    } catch (IOException e) {
      throw new IllegalStateException("A socket could not be closed", e);
    }
  }

  /** What to say when the API could not bind. */
  static OperatorException apiCannot(Settings settings, Throwable why) {
    String host = settings.http().host();
    return new OperatorException(
        "The API cannot listen on %s:%d: %s; set HTTP_HOST and HTTP_PORT"
            .formatted(host, settings.http().port(), reason(host, why)),
        why);
  }

  /** What to say when remoting could not bind. */
  static OperatorException remotingCannot(Config config, Throwable why) {
    String host = remotingHost(config);
    return new OperatorException(
        "The cluster cannot listen on %s:%d: %s; set CLUSTER_HOST and CLUSTER_PORT"
            .formatted(host, remotingPort(config), reason(host, why)),
        why);
  }

  private static String remotingHost(Config config) {
    return config.getString(bindOrCanonical(config, "hostname"));
  }

  private static int remotingPort(Config config) {
    return config.getInt(bindOrCanonical(config, "port"));
  }

  /** A node that others know by another address than its own has "bind"; otherwise it is empty. */
  private static String bindOrCanonical(Config config, String key) {
    String artery = "akka.remote.artery.";
    boolean canonical = config.getString(artery + "bind." + key).isEmpty();
    return artery + (canonical ? "canonical." : "bind.") + key;
  }

  private static void bind(Socket socket, String host, int port) throws IOException {
    // As Akka does: connections of a node that has just stopped linger.
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress(address(host), port));
  }

  /** Two sockets that do not listen may have the same port. */
  private static boolean isSame(Socket one, Socket other) {
    return one.getLocalPort() == other.getLocalPort()
        && (one.getLocalAddress().equals(other.getLocalAddress())
            || one.getLocalAddress().isAnyLocalAddress()
            || other.getLocalAddress().isAnyLocalAddress());
  }

  private static InetAddress address(String host) throws UnknownHostException {
    return switch (host) { // two names that Akka knows
      case "<getHostAddress>", "<getHostName>" -> InetAddress.getLocalHost();
      default -> InetAddress.getByName(host);
    };
  }

  /** Why, in the words of an operator. The system has one exception for all of it. */
  private static String reason(String host, Throwable why) {
    Throwable cause = why;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof UnknownHostException) {
      return "there is no host of this name";
    }
    if (!(cause instanceof BindException)) {
      return Database.oneLine(why);
    }
    if (!isOfThisMachine(host)) {
      return "it is not an address of this machine";
    }
    String said = String.valueOf(cause.getMessage());
    return said.contains("in use") ? "the port is in use" : said;
  }

  /** Whether any port of it can be had. */
  private static boolean isOfThisMachine(String host) {
    try (Socket any = new Socket()) {
      bind(any, host, 0);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
