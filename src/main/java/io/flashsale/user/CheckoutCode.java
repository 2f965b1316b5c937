package io.flashsale.user;

import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * The code of a checkout: a UUID of version 8 (RFC 9562) that says where its user lives, so that a
 * purchase is routed with no look-up.
 *
 * <pre>
 *  most significant 64 bits    48 bits user | 4 bits version = 8 | 12 bits user
 *  least significant 64 bits   2 bits variant = 10 | 4 bits user | 10 bits sale mod 1024 | 48 bits random
 * </pre>
 *
 * The entity compares the whole code: the random bits are what a stranger would have to guess.
 */
public final class CheckoutCode {

  /** So many sales can be told apart; see {@code Settings} for the check that this is enough. */
  public static final int SALES = 1024;

  /**
   * A node may not have heard yet of so many sales: their codes must not seem unknown (rule R2).
   */
  static final int AHEAD = 64;

  private static final long RANDOM_MASK = (1L << 48) - 1;

  private CheckoutCode() {}

  public static UUID create(UserId user, RandomGenerator random) {
    long id = user.number();
    long high = (id & ~0xFFFFL) | 0x8000L | (id >>> 4 & 0xFFFL);
    long low =
        1L << 63
            | (id & 0xFL) << 58
            | (user.saleId() % SALES) << 48
            | (random.nextLong() & RANDOM_MASK);
    return new UUID(high, low);
  }

  /** Reads the canonical form of 36 characters and nothing else. */
  public static Optional<UUID> parse(String text) {
    if (text.length() != 36) {
      return Optional.empty();
    }
    try {
      UUID code = UUID.fromString(text);
      return code.toString().equalsIgnoreCase(text) ? Optional.of(code) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * The user that the code names, or nothing if no checkout can have this code.
   *
   * @param newestSale the highest sale id that is known; the sale is the newest one that fits, up
   *     to {@value #AHEAD} after it
   */
  public static Optional<UserId> user(UUID code, long newestSale) {
    if (code.version() != 8 || code.variant() != 2) {
      return Optional.empty();
    }
    long high = code.getMostSignificantBits();
    long low = code.getLeastSignificantBits();
    long number = (high & ~0xFFFFL) | (high & 0xFFFL) << 4 | (low >>> 58 & 0xFL);
    long newest = newestSale + AHEAD;
    long saleId = newest - Math.floorMod(newest - (low >>> 48 & (SALES - 1)), SALES);
    return saleId < 1 ? Optional.empty() : Optional.of(new UserId(saleId, number));
  }
}
