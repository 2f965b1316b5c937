package io.flashsale.http;

import akka.Done;
import akka.actor.AbstractActorWithTimers;
import akka.actor.ActorRef;
import akka.actor.CoordinatedShutdown;
import akka.actor.Props;
import akka.actor.Terminated;
import akka.io.Inet;
import akka.io.Tcp;
import akka.io.TcpMessage;
import akka.stream.impl.io.IncomingConnectionStage;
import akka.stream.javadsl.Flow;
import akka.util.ByteString;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.runtime.BoxedUnit;

/**
 * A port, and its connections as streams. As {@code Tcp.bind} of Akka Streams, but for one thing:
 * there a connection is accepted when its predecessor has its stream, which is once in a turn of
 * the event loop. The last of a thousand who come in the same second would wait for all of them.
 *
 * <p>{@link Unbind} ends it. A port that is lost is bound again.
 */
final class Listener extends AbstractActorWithTimers {

  private static final Logger log = LoggerFactory.getLogger(Listener.class);

  /** Accepted between two looks at those that are there already: about 20 ms of work. */
  private static final int AT_ONCE = 128;

  /**
   * Whether the port is lost; and of those that are expected some may have gone before they could
   * be registered.
   */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

  private final Port port;
  private final int most;
  private final BiFunction<Flow<ByteString, ByteString, ?>, InetSocketAddress, CompletionStage<?>>
      serve;
  private @Nullable ActorRef socket;
  private int open;
  private int expected;
  private boolean unbinding;

  /**
   * What is bound.
   *
   * @param options of the socket, and of those of its connections
   * @param bound with its port if 0 was asked for; fails if it cannot be had
   * @param unbound completed when it is free again
   */
  record Port(
      InetSocketAddress address,
      int backlog,
      Iterable<Inet.SocketOption> options,
      CompletableFuture<InetSocketAddress> bound,
      CompletableFuture<Done> unbound) {

    Port(InetSocketAddress address, int backlog, Iterable<Inet.SocketOption> options) {
      this(address, backlog, options, new CompletableFuture<>(), new CompletableFuture<>());
    }
  }

  /** Takes no more connections. Those that there are go on. */
  enum Unbind {
    NOW
  }

  private enum Ended {
    ONE
  }

  private enum Tick {
    LOOK_AGAIN
  }

  /**
   * Binds when it starts.
   *
   * @param most connections at once; who comes then waits in the backlog
   * @param serve given the bytes from and to each client, to be materialized at once; completed
   *     when the connection is closed
   */
  static Props props(
      Port port,
      int most,
      BiFunction<Flow<ByteString, ByteString, ?>, InetSocketAddress, CompletionStage<?>> serve) {
    return Props.create(Listener.class, () -> new Listener(port, most, serve));
  }

  private Listener(
      Port port,
      int most,
      BiFunction<Flow<ByteString, ByteString, ?>, InetSocketAddress, CompletionStage<?>> serve) {
    this.port = port;
    this.most = most;
    this.serve = serve;
  }

  @Override
  public void preStart() {
    getTimers().startTimerWithFixedDelay(Tick.LOOK_AGAIN, Tick.LOOK_AGAIN, LOOK_AGAIN);
    bind();
  }

  private void bind() {
    ActorRef tcp = Tcp.get(getContext().getSystem()).manager();
    boolean onlyWhenAsked = true;
    tcp.tell(
        TcpMessage.bind(getSelf(), port.address, port.backlog, port.options, onlyWhenAsked),
        getSelf());
  }

  @Override
  public Receive createReceive() {
    return receiveBuilder()
        .match(Tcp.Bound.class, this::onBound)
        .match(Tcp.CommandFailed.class, this::onFailure)
        .match(Tcp.Connected.class, this::onConnected)
        .match(Ended.class, this::onEnded)
        .match(Unbind.class, this::onUnbind)
        .match(Tcp.Unbound.class, this::onUnbound)
        .match(Terminated.class, this::onLost)
        .match(Tick.class, this::onTick)
        .build();
  }

  private void onBound(Tcp.Bound bound) {
    socket = getSender();
    getContext().watch(socket);
    if (unbinding) {
      socket.tell(TcpMessage.unbind(), getSelf());
    } else {
      acceptMore();
    }
    port.bound.complete(bound.localAddress());
  }

  private void onFailure(Tcp.CommandFailed failed) {
    Throwable why = failed.cause().getOrElse(() -> new IllegalStateException("Cannot be bound"));
    if (port.bound.completeExceptionally(why)) {
      getContext().stop(getSelf());
    } // or it was lost, and is not free yet
  }

  private void onConnected(Tcp.Connected connected) {
    expected--;
    open++;
    ActorRef self = getSelf();
    var bytes =
        Flow.fromGraph(
            new IncomingConnectionStage(
                getSender(), connected.remoteAddress(), false, () -> BoxedUnit.UNIT));
    // Reads ahead, or nobody would see that a client has gone while its request is worked on.
    serve
        .apply(bytes.detach(), connected.remoteAddress())
        .whenComplete((_, _) -> self.tell(Ended.ONE, ActorRef.noSender()));
    acceptMore();
  }

  private void onEnded(Ended ended) {
    open--;
    acceptMore();
    stopAfterTheLast();
  }

  private void acceptMore() {
    if (socket != null && expected <= 0 && open < most) {
      expected = Math.min(AT_ONCE, most - open);
      socket.tell(TcpMessage.resumeAccepting(expected), getSelf());
    }
  }

  private void onTick(Tick tick) {
    if (socket == null && port.bound.isDone() && !unbinding) {
      bind();
    }
    expected = 0; // the socket is told how many it may accept from now on, not how many more
    acceptMore();
  }

  private void onLost(Terminated terminated) {
    socket = null;
    if (unbinding) {
      isUnbound();
    } else if (CoordinatedShutdown.get(getContext().getSystem()).getShutdownReason().isEmpty()) {
      log.error("The port of {} is lost: it is bound again", port.address);
    } // or it ends with the system
  }

  private void onUnbind(Unbind unbind) {
    unbinding = true;
    if (socket != null) {
      socket.tell(TcpMessage.unbind(), getSelf());
    } else {
      isUnbound();
    }
  }

  private void onUnbound(Tcp.Unbound unbound) {
    if (socket != null) {
      getContext().unwatch(socket);
      socket = null;
    }
    isUnbound();
  }

  private void isUnbound() {
    port.unbound.complete(Done.getInstance());
    stopAfterTheLast();
  }

  private void stopAfterTheLast() {
    if (port.unbound.isDone() && open == 0) {
      getContext().stop(getSelf());
    }
  }
}
