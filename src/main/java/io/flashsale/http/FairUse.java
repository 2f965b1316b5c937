package io.flashsale.http;

import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.RawHeader;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How many requests one user, and one address, may make of this node. More get 429, with the fields
 * of draft-ietf-httpapi-ratelimit-headers; answers to others say nothing of it. Which limit a
 * request meets, and whether, does not depend on the way that it takes through the program.
 */
public final class FairUse {

  /** As many as anybody likes. */
  public static final FairUse UNLIMITED = new FairUse(Limits.NONE, System::nanoTime);

  /**
   * A limit.
   *
   * @param perSecond in the long run
   * @param burst at once, after a time without any
   */
  public record Limit(int perSecond, int burst) {}

  /**
   * The limits of a node.
   *
   * @param user null: none
   * @param address null: none
   * @param proxies who is believed of whom a request comes from
   */
  public record Limits(@Nullable Limit user, @Nullable Limit address, TrustedProxies proxies) {

    public static final Limits NONE = new Limits(null, null, TrustedProxies.NONE);
  }

  /**
   * Where a connection comes from.
   *
   * @param trusted whether it is from a proxy, so that each request may have another client
   */
  record Peer(Address address, boolean trusted) {}

  /** What is over a limit gets the same answer every time: it is made once. */
  private record Limited(RateLimiter limiter, HttpResponse refusal) {

    @Nullable HttpResponse refusal(long key) {
      return limiter.tryAcquire(key) ? null : refusal;
    }
  }

  private final @Nullable Limited users;
  private final @Nullable Limited addresses;
  private final TrustedProxies proxies;

  /**
   * Of a node, which knows nothing of the others.
   *
   * @param nanoTime never goes back
   */
  public FairUse(Limits limits, LongSupplier nanoTime) {
    this.users = limited("user", limits.user(), nanoTime);
    this.addresses = limited("address", limits.address(), nanoTime);
    this.proxies = limits.proxies();
  }

  private static @Nullable Limited limited(
      String name, @Nullable Limit limit, LongSupplier nanoTime) {
    if (limit == null) {
      return null;
    }
    long seed = new SecureRandom().nextLong();
    int seconds = Math.ceilDiv(limit.burst(), limit.perSecond());
    String policy = "\"%s\";q=%d;w=%d".formatted(name, limit.burst(), seconds);
    String detail =
        "The limit of one %s is %d requests a second, and %d at once"
            .formatted(name, limit.perSecond(), limit.burst());
    return new Limited(
        new RateLimiter(limit.perSecond(), limit.burst(), nanoTime, seed),
        Problem.RATE_LIMITED
            .about(null, detail)
            .addHeader(RawHeader.create("RateLimit-Policy", policy))
            // The next token comes within a second, as there is at least one in each.
            .addHeader(RawHeader.create("RateLimit", "\"%s\";r=0;t=1".formatted(name))));
  }

  /** The refusals that there are. */
  List<HttpResponse> refusals() {
    return Stream.of(users, addresses)
        .filter(limited -> limited != null)
        .map(Limited::refusal)
        .toList();
  }

  /** Counts a request of this user: null, or why it is refused. */
  @Nullable HttpResponse refusal(long user) {
    return users == null ? null : users.refusal(user);
  }

  Peer peer(InetSocketAddress remote) {
    Address address = Address.of(remote.getAddress());
    return new Peer(address, proxies.has(address));
  }

  /** Whether anybody counts what comes from an address. */
  boolean countsAddresses() {
    return addresses != null;
  }

  /**
   * Counts a request from an address: null, or why it is refused.
   *
   * @param forwardedFor all {@code X-Forwarded-For} of the request
   * @param forwarded the same of {@code Forwarded}
   */
  @Nullable HttpResponse refusal(
      Peer peer, @Nullable String forwardedFor, @Nullable String forwarded) {
    if (addresses == null) {
      return null;
    }
    Address client =
        peer.trusted() ? proxies.client(peer.address(), forwardedFor, forwarded) : peer.address();
    return addresses.refusal(client.client());
  }
}
