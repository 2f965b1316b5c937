package io.flashsale.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Proxies whose word for the address of a client counts: {@code X-Forwarded-For}, or {@code
 * Forwarded} (RFC 7239) where there is none. Every proxy adds whom it has heard, at the end; so the
 * last one that is not a trusted proxy itself is the client, and whatever stands before it may be
 * made up.
 */
public final class TrustedProxies {

  /** Nobody's word counts. */
  public static final TrustedProxies NONE = new TrustedProxies(List.of());

  /** The first {@code bits} of an address. */
  private record Network(Address base, int bits) {

    boolean has(Address address) {
      return same(base.high(), address.high(), bits) && same(base.low(), address.low(), bits - 64);
    }

    private static boolean same(long one, long other, int bits) {
      return bits <= 0 || (one ^ other) >>> (64 - Math.min(bits, 64)) == 0;
    }
  }

  private final List<Network> networks;

  private TrustedProxies(List<Network> networks) {
    this.networks = List.copyOf(networks);
  }

  /** Reads {@code 10.0.0.0/8,2001:db8::/32,192.0.2.1}; nothing if it is not that. */
  public static Optional<TrustedProxies> parse(String text) {
    List<Network> networks = new ArrayList<>();
    for (String each : text.strip().split("\\s*,\\s*", -1)) {
      int slash = each.indexOf('/');
      Address base = Address.parse(slash < 0 ? each : each.substring(0, slash));
      if (base == null) {
        return Optional.empty();
      }
      int most = base.isIpv4() ? 32 : 128;
      String bits = slash < 0 ? Integer.toString(most) : each.substring(slash + 1);
      if (!bits.matches("[0-9]{1,3}") || Integer.parseInt(bits) > most) {
        return Optional.empty();
      }
      networks.add(new Network(base, 128 - most + Integer.parseInt(bits)));
    }
    return Optional.of(new TrustedProxies(networks));
  }

  boolean has(Address address) {
    for (Network network : networks) {
      if (network.has(address)) {
        return true;
      }
    }
    return false;
  }

  /**
   * The client of a request that has come from a trusted proxy: the last address that is not one,
   * or the first of all. Where somebody is not named by an address, it is the one that says so.
   *
   * @param forwardedFor all {@code X-Forwarded-For} of the request, with commas in between
   * @param forwarded the same of {@code Forwarded}
   */
  Address client(Address proxy, @Nullable String forwardedFor, @Nullable String forwarded) {
    String hops = forwardedFor != null ? forwardedFor : forwarded;
    Address client = proxy;
    int end = hops == null ? 0 : hops.length();
    while (hops != null && end > 0 && has(client)) {
      int comma = hops.lastIndexOf(',', end - 1);
      String hop = hops.substring(comma + 1, end).strip();
      Address named = address(forwardedFor != null ? hop : nodeOf(hop));
      if (named == null) {
        return client;
      }
      client = named;
      end = Math.max(comma, 0);
    }
    return client;
  }

  /** The {@code for} of {@code for="[2001:db8::1]:4711";proto=https}. */
  private static String nodeOf(String element) {
    for (String pair : element.split(";", -1)) {
      String stripped = pair.strip();
      if (stripped.toLowerCase(Locale.ROOT).startsWith("for=")) {
        return stripped.substring("for=".length()).replace("\"", "");
      }
    }
    return "";
  }

  /** With a port or without. */
  private static @Nullable Address address(String node) {
    if (node.startsWith("[")) {
      int end = node.indexOf(']');
      return end < 0 ? null : Address.parse(node.substring(1, end));
    }
    int colon = node.indexOf(':');
    boolean isPort = colon >= 0 && colon == node.lastIndexOf(':');
    return Address.parse(isPort ? node.substring(0, colon) : node);
  }
}
