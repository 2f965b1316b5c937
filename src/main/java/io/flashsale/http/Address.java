package io.flashsale.http;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** An address of IPv6, or of IPv4 as IPv6 has it ({@code ::ffff:192.0.2.1}), as a number. */
record Address(long high, long low) {

  private static final long IPV4 = 0xffff_0000_0000L;
  private static final long IPV4_BITS = 0xffff_ffffL;

  static Address of(InetAddress address) {
    ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
    return address instanceof Inet4Address
        ? new Address(0, IPV4 | (bytes.getInt() & IPV4_BITS))
        : new Address(bytes.getLong(), bytes.getLong());
  }

  /** What the text says, without asking anybody for a name; or null. */
  static @Nullable Address parse(String text) {
    if (!text.matches("[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+|[0-9a-fA-F.]*:[0-9a-fA-F:.]+")) {
      return null;
    }
    try {
      return of(InetAddress.ofLiteral(text));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  boolean isIpv4() {
    return high == 0 && (low & ~IPV4_BITS) == IPV4;
  }

  /**
   * What belongs to one client, as far as anybody can tell: an address of IPv4, or the /64 of one
   * of IPv6, all of which a client usually has.
   */
  long client() {
    return isIpv4() ? low : high;
  }
}
