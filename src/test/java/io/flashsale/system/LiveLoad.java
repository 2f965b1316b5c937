package io.flashsale.system;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Thousands of WebSockets on one node while a sale is sold out, for a person to run: {@code java
 * ... LiveLoad [clients] [items] [buyers]}, with the packaged program. Prints what it has measured.
 * With 0 clients it says how long the same sale takes without them.
 */
final class LiveLoad implements AutoCloseable {

  private static final byte[] SOLD = "\"sold\":".getBytes(StandardCharsets.US_ASCII);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Selector selector = Selector.open();
  private final AtomicInteger opened = new AtomicInteger();
  private final AtomicInteger complete = new AtomicInteger();
  private final AtomicInteger lost = new AtomicInteger();
  private final List<Client> clients = new ArrayList<>();
  private final Thread thread = new Thread(this::read, "watchers");
  private final int all;
  private volatile boolean ended;
  private final AtomicLong frames = new AtomicLong();

  /** One WebSocket, and the end of what has come, in which a number may stand in two parts. */
  private static final class Client {
    private byte[] rest = new byte[0];
    private boolean open;
    private volatile long completeAt;
  }

  private LiveLoad(int all) throws IOException {
    this.all = all;
    thread.start();
  }

  public static void main(String[] arguments) throws Exception {
    int clients = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5_000;
    int items = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2_000;
    int buyers = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 32;
    Path directory = Files.createTempDirectory("live-load");
    try (Server server =
        new Server(
            directory,
            "SALE_PERIOD",
            "24h",
            "SALE_ITEMS",
            Integer.toString(items),
            "JAVA_OPTS",
            "-Xmx1g")) {
      server.start();
      Shop shop = new Shop(server);
      try (LiveLoad load = new LiveLoad(items)) {
        long before = server.residentBytes();
        load.connect(server.uri(), clients);
        long each = clients == 0 ? 0 : (server.residentBytes() - before) / clients;
        System.out.printf("%d clients, %d KB of resident memory each%n", clients, each / 1024);
        long began = System.nanoTime();
        Buyers crowd = new Buyers(shop, items, 1);
        crowd.buyUntil(buyers, () -> crowd.purchased.size() >= items);
        long soldOut = System.nanoTime();
        System.out.printf("Sold out in %d ms%n", TimeUnit.NANOSECONDS.toMillis(soldOut - began));
        load.report(soldOut);
        System.out.println(crowd);
      }
    }
  }

  private void connect(URI server, int count) throws Exception {
    byte[] handshake =
        """
        GET /ws HTTP/1.1\r
        Host: x\r
        Connection: Upgrade\r
        Upgrade: websocket\r
        Sec-WebSocket-Version: 13\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        \r
        """
            .getBytes(StandardCharsets.US_ASCII);
    long until = System.nanoTime() + PATIENCE.toNanos();
    for (int i = 0; i < count; i++) {
      SocketChannel channel =
          SocketChannel.open(new InetSocketAddress(server.getHost(), server.getPort()));
      channel.write(ByteBuffer.wrap(handshake));
      channel.configureBlocking(false);
      Client client = new Client();
      clients.add(client);
      channel.register(selector, SelectionKey.OP_READ, client);
    }
    while (opened.get() < count && System.nanoTime() < until) {
      Thread.sleep(20); // not all may come: what is reported then is how many
    }
    System.out.printf("%d of %d are open%n", opened.get(), count);
  }

  private void read() {
    ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
    try {
      while (!ended) {
        selector.select(20);
        var keys = selector.selectedKeys().iterator();
        while (keys.hasNext()) {
          SelectionKey key = keys.next();
          keys.remove();
          buffer.clear();
          int count;
          try {
            count = ((SocketChannel) key.channel()).read(buffer);
          } catch (IOException e) {
            count = -1;
          }
          if (count < 0) {
            lost.incrementAndGet();
            key.cancel();
          } else {
            take((Client) key.attachment(), Arrays.copyOf(buffer.array(), count));
          }
        }
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void take(Client client, byte[] more) {
    byte[] bytes = Arrays.copyOf(client.rest, client.rest.length + more.length);
    System.arraycopy(more, 0, bytes, client.rest.length, more.length);
    int after = 0;
    for (int i = 0; i + SOLD.length < bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + SOLD.length, SOLD, 0, SOLD.length)) {
        int end = i + SOLD.length;
        int sold = 0;
        while (end < bytes.length && Character.isDigit(bytes[end])) {
          sold = sold * 10 + bytes[end++] - '0';
        }
        if (end == bytes.length) {
          break; // more digits may follow
        }
        frames.incrementAndGet();
        saw(client, sold);
        after = end;
      }
    }
    // A number is found once: what stands before its end is not looked at again.
    client.rest = Arrays.copyOfRange(bytes, Math.max(after, bytes.length - 64), bytes.length);
  }

  private void saw(Client client, int sold) {
    if (!client.open) {
      client.open = true;
      opened.incrementAndGet();
    }
    if (sold == all && client.completeAt == 0) {
      client.completeAt = System.nanoTime();
      complete.incrementAndGet();
    }
  }

  private void report(long soldOut) throws InterruptedException {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (complete.get() < clients.size() && System.nanoTime() < until) {
      Thread.sleep(10); // as above
    }
    long[] millis =
        clients.stream()
            .filter(client -> client.completeAt != 0)
            .mapToLong(client -> TimeUnit.NANOSECONDS.toMillis(client.completeAt - soldOut))
            .sorted()
            .toArray();
    System.out.printf(
        "%d of %d know that all is sold, %d are lost, %d messages%n",
        millis.length, clients.size(), lost.get(), frames.get());
    if (millis.length > 0) {
      System.out.printf(
          "after the last purchase: p50 %d ms, p99 %d ms, at most %d ms%n",
          millis[millis.length / 2], millis[millis.length * 99 / 100], millis[millis.length - 1]);
    }
  }

  @Override
  public void close() throws IOException {
    ended = true;
    selector.wakeup();
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    for (SelectionKey key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }
}
