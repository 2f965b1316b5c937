package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import akka.Done;
import akka.actor.ActorRef;
import akka.actor.ActorSystem;
import akka.actor.Kill;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.testkit.javadsl.TestKit;
import akka.util.ByteString;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Its connections say what they hear. */
class ListenerTest {

  /** More than it accepts at once. */
  private static final int CROWD = 300;

  private static final String ALL_SOCKETS = "/system/IO-TCP/selectors/*/*";

  private static final ActorSystem system = ActorSystem.create();

  private final List<Socket> clients = new ArrayList<>();
  private ActorRef listener = system.deadLetters();

  @AfterAll
  static void stop() {
    TestKit.shutdownActorSystem(system);
  }

  @AfterEach
  void hangUp() throws IOException {
    listener.tell(Listener.Unbind.NOW, ActorRef.noSender());
    for (Socket client : clients) {
      client.close();
    }
  }

  @Test
  void aCrowdIsAcceptedAndServed() throws IOException {
    int number = listen(CROWD, 0).bound().join().getPort();
    for (int i = 0; i < CROWD; i++) {
      connect(number).getOutputStream().write(i % 100);
    }
    for (int i = 0; i < CROWD; i++) {
      assertThat(clients.get(i).getInputStream().read()).isEqualTo(i % 100);
    }
  }

  @Test
  void whoIsOneTooManyWaitsUntilSomebodyHasGone() throws IOException {
    int number = listen(1, 0).bound().join().getPort();
    Socket first = connect(number);
    assertThat(echoOf(7, first)).isEqualTo(7);
    Socket second = connect(number);
    second.setSoTimeout(200);
    assertThatThrownBy(() -> echoOf(8, second)).isInstanceOf(SocketTimeoutException.class);
    first.close();
    second.setSoTimeout(10_000);
    assertThat(second.getInputStream().read()).isEqualTo(8);
  }

  @Test
  void aPortThatIsInUseIsSaid() {
    int number = listen(1, 0).bound().join().getPort();
    ActorRef one = listener;
    Listener.Port taken = listen(1, number);
    assertThatThrownBy(() -> taken.bound().join()).hasRootCauseInstanceOf(BindException.class);
    listener = one;
  }

  @Test
  void anUnboundPortIsFreeWhileItsConnectionsGoOn() throws IOException {
    Listener.Port port = listen(2, 0);
    int number = port.bound().join().getPort();
    Socket client = connect(number);
    assertThat(echoOf(1, client)).isEqualTo(1);
    listener.tell(Listener.Unbind.NOW, ActorRef.noSender());
    port.unbound().join();
    assertThatThrownBy(() -> connect(number)).isInstanceOf(ConnectException.class);
    assertThat(echoOf(2, client)).isEqualTo(2);
    client.close();
    await().until(() -> listener.isTerminated());
  }

  @Test
  void aLostPortIsBoundAgain() throws IOException {
    int number;
    try (ServerSocket free = new ServerSocket(0)) {
      number = free.getLocalPort();
    }
    listen(2, number).bound().join();
    system.actorSelection(ALL_SOCKETS).tell(Kill.getInstance(), ActorRef.noSender());
    await()
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(echoOf(3, connect(number))).isEqualTo(3));
  }

  private Listener.Port listen(int most, int number) {
    Listener.Port port =
        new Listener.Port(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), number), CROWD, List.of());
    listener = system.actorOf(Listener.props(port, most, (bytes, _) -> echo(bytes)));
    return port;
  }

  private static CompletionStage<Done> echo(Flow<ByteString, ByteString, ?> bytes) {
    return bytes
        .joinMat(Flow.of(ByteString.class).watchTermination(Keep.right()), Keep.right())
        .run(system);
  }

  private Socket connect(int number) throws IOException {
    Socket client = new Socket(InetAddress.getLoopbackAddress(), number);
    client.setSoTimeout(10_000);
    clients.add(client);
    return client;
  }

  private static int echoOf(int b, Socket client) throws IOException {
    client.getOutputStream().write(b);
    return client.getInputStream().read();
  }
}
