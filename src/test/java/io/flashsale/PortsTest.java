package io.flashsale;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigResolveOptions;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class PortsTest {

  private static final int LOOKS = 300;

  /** Not one that the system gives to clients, or a client could be connected with itself. */
  private static int freePort() {
    for (int port = 20_000; ; port++) {
      try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return port;
      } catch (IOException e) {
        // the next one, then
      }
    }
  }

  /** A balancer tries all the time: what it sent to who only looks would be lost. */
  @Test
  void nobodyIsConnectedWhileItLooks() {
    int port = freePort();
    Config config =
        ConfigFactory.parseResources("application.conf")
            .withFallback(ConfigFactory.parseMap(Map.of("HTTP_PORT", port, "CLUSTER_PORT", 0)))
            .withFallback(ConfigFactory.defaultReferenceUnresolved())
            .resolve(ConfigResolveOptions.noSystem());
    Settings settings = Settings.of(config);
    AtomicBoolean over = new AtomicBoolean();
    CompletableFuture<Integer> connected =
        CompletableFuture.supplyAsync(() -> connectionsUntil(over, port));

    for (int i = 0; i < LOOKS; i++) {
      Ports.check(config, settings);
    }

    over.set(true);
    assertThat(connected.join()).isZero();
  }

  private static int connectionsUntil(AtomicBoolean over, int port) {
    int connections = 0;
    while (!over.get()) {
      try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
        connections++;
      } catch (ConnectException e) {
        // as it is to be
      } catch (IOException e) {
        connections++; // and reset
      }
    }
    return connections;
  }
}
