package io.flashsale.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A network of its own for each node, joined by a bridge, whose packets can be dropped. Linux, as
 * root, with {@code ip} and {@code nft}. The host is on the bridge too: there are the database and
 * the clients, whom no partition cuts off.
 */
final class Namespaces implements AutoCloseable {

  /** The last number of the process id keeps two builds apart. */
  private static final long OWN = ProcessHandle.current().pid() % 200;

  private static final String BRIDGE = "fsb" + OWN;

  private final int nodes;

  Namespaces(int nodes) {
    this.nodes = nodes;
    close(); // what a build that was killed has left
    run("ip", "link", "add", BRIDGE, "type", "bridge");
    run("ip", "addr", "add", host() + "/24", "dev", BRIDGE);
    run("ip", "link", "set", BRIDGE, "up");
    for (int i = 0; i < nodes; i++) {
      String outside = "fsv" + OWN + "-" + i;
      run("ip", "netns", "add", name(i));
      run("ip", "link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", name(i));
      run("ip", "link", "set", outside, "master", BRIDGE, "up");
      inside(i, "ip", "addr", "add", address(i) + "/24", "dev", "eth0");
      inside(i, "ip", "link", "set", "eth0", "up");
      inside(i, "ip", "link", "set", "lo", "up");
      inside(i, "nft", "add table inet partition");
      inside(
          i,
          "nft",
          "add chain inet partition input { type filter hook input priority 0; policy accept; }");
    }
  }

  static String name(int node) {
    return "fsn" + OWN + "-" + node;
  }

  /** Where the nodes reach the host. */
  static String host() {
    return "10.77." + OWN + ".254";
  }

  static String address(int node) {
    return "10.77." + OWN + "." + (node + 1);
  }

  static String network() {
    return "10.77." + OWN + ".0/24";
  }

  /** The one hears nothing of the other any more; the other way it goes on. */
  void deafen(int node, int to) {
    inside(node, "nft", "add rule inet partition input ip saddr " + address(to) + " drop");
  }

  /** Between this node and all others nothing passes. */
  void isolate(int node) {
    for (int other = 0; other < nodes; other++) {
      if (other != node) {
        deafen(node, other);
        deafen(other, node);
      }
    }
  }

  void heal() {
    for (int i = 0; i < nodes; i++) {
      inside(i, "nft", "flush chain inet partition input");
    }
  }

  private static void inside(int node, String... command) {
    List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name(node)));
    all.addAll(List.of(command));
    run(all.toArray(String[]::new));
  }

  private static void run(String... command) {
    if (end(command) != 0) {
      throw new IllegalStateException("Failed (is this root?): " + String.join(" ", command));
    }
  }

  private static int end(String... command) {
    try {
      return new ProcessBuilder(command).inheritIO().start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A namespace takes its ends of the cables with it. */
  @Override
  public void close() {
    for (int i = 0; i < nodes; i++) {
      end("sh", "-c", "ip netns del " + name(i) + " 2>/dev/null");
    }
    end("sh", "-c", "ip link del " + BRIDGE + " 2>/dev/null");
  }
}
