package io.flashsale.user;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.random.RandomGenerator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckoutCodeTest {

  private static final long RANDOM_BITS = 0xFFFF_FFFF_FFFFL;
  private static final int LONGEST_AGO = CheckoutCode.SALES - 1 - CheckoutCode.AHEAD;
  private static final UUID CODE = CheckoutCode.create(new UserId(5, 42), random(1));

  @Property
  void namesTheUserAndTheSaleItWasMadeFor(
      @ForAll long number,
      @ForAll @LongRange(min = 1, max = 1L << 53) long saleId,
      @ForAll @IntRange(min = -CheckoutCode.AHEAD, max = LONGEST_AGO) int salesSince,
      @ForAll long seed) {
    UserId user = new UserId(saleId, number);
    long newest = Math.max(0, saleId + salesSince);

    assertThat(CheckoutCode.user(CheckoutCode.create(user, random(seed)), newest)).contains(user);
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE, Long.MAX_VALUE, 0, -1, 1, 0xFFFF, 0x1_0000, -0x1_0000})
  void namesTheUtmostUsers(long number) {
    for (long saleId : new long[] {1, 1023, 1024, 1025, 1L << 53}) {
      UserId user = new UserId(saleId, number);

      assertThat(CheckoutCode.user(CheckoutCode.create(user, random(1)), saleId)).contains(user);
    }
  }

  @Test
  void aSaleCannotBeToldFromTheOneThatComes1024SalesLater() {
    UUID code = CheckoutCode.create(new UserId(5, 42), random(1));

    assertThat(CheckoutCode.user(code, 5 + LONGEST_AGO)).contains(new UserId(5, 42));
    assertThat(CheckoutCode.user(code, 5 + LONGEST_AGO + 1)).contains(new UserId(5 + 1024, 42));
  }

  @Property
  void isAnUuidOfVersion8(@ForAll long number, @ForAll long seed) {
    UUID code = CheckoutCode.create(new UserId(1, number), random(seed));

    assertThat(code.version()).isEqualTo(8);
    assertThat(code.variant()).isEqualTo(2);
  }

  @Test
  void has48RandomBitsAndNoMore() {
    UserId user = new UserId(1023, -1);
    RandomGenerator random = random(2026);
    Set<UUID> codes = new HashSet<>();
    long high = CheckoutCode.create(user, random).getMostSignificantBits();
    long everZero = 0;
    long everOne = 0;
    for (int i = 0; i < 20_000; i++) {
      UUID code = CheckoutCode.create(user, random);
      codes.add(code);
      everOne |= code.getLeastSignificantBits();
      everZero |= ~code.getLeastSignificantBits();
      assertThat(code.getMostSignificantBits()).isEqualTo(high);
    }

    assertThat(codes).hasSize(20_000);
    assertThat(everZero & everOne).isEqualTo(RANDOM_BITS);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE})
  void noRandomNumberSpillsIntoTheUserOrTheSale(long drawn) {
    UserId user = new UserId(7, 42);
    UUID code = CheckoutCode.create(user, () -> drawn);

    assertThat(CheckoutCode.user(code, 7)).contains(user);
    assertThat(code.getLeastSignificantBits() & RANDOM_BITS).isEqualTo(drawn & RANDOM_BITS);
  }

  @Property
  void parseReadsWhatToStringWritesInAnyCase(@ForAll("uuids") UUID code) {
    String text = code.toString();

    assertThat(CheckoutCode.parse(text)).contains(code);
    assertThat(CheckoutCode.parse(text.toUpperCase(Locale.ROOT))).contains(code);
  }

  @Test
  void parseRejectsShortFormsThatUuidTakes() {
    assertThat(UUID.fromString("1-2-3-8-5")).isNotNull();

    assertThat(CheckoutCode.parse("1-2-3-8-5")).isEmpty();
  }

  @Test
  void parseRejectsOtherGroupsOf36Characters() {
    String text = "00000001-002-08003-8004-000000000005";

    assertThat(text).hasSize(36);
    assertThat(UUID.fromString(text)).isNotNull();
    assertThat(CheckoutCode.parse(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "                                    ",
        "------------------------------------",
        "0000000000000000800080000000000000000000",
        "00000000000080008000000000000005",
        "00000000-0000-8000-8000-00000000000",
        "00000000-0000-8000-8000-0000000000050",
        " 0000000-0000-8000-8000-000000000005",
        "00000000-0000-8000-8000-00000000000 ",
        " 00000000-0000-8000-8000-000000000005",
        "00000000-0000-8000-8000-000000000005\n",
        "{00000000-0000-8000-8000-000000000005}",
        "urn:uuid:00000000-0000-8000-8000-000000000005",
        "00000000-0000-8000-8000-00000000000g",
        "0000000+-0000-8000-8000-000000000005",
        "+0000000-0000-8000-8000-000000000005",
        "-0000000-0000-8000-8000-000000000005",
        "0000-0000-0000-8000-8000-00000000005",
        "00000000_0000_8000_8000_000000000005",
        "0000000\u0661-0000-8000-8000-000000000005",
        "0000000\uff11-0000-8000-8000-000000000005",
        "0000000\uff41-0000-8000-8000-000000000005"
      })
  void parseRejectsWhatIsNotCanonical(String text) {
    assertThat(CheckoutCode.parse(text)).isEmpty();
  }

  @Property
  void parseRejectsACodeWithAWrongCharacter(
      @ForAll("uuids") UUID code, @ForAll @IntRange(max = 35) int at, @ForAll char wrong) {
    String text = code.toString();
    String changed = text.substring(0, at) + wrong + text.substring(at + 1);
    boolean canonical = changed.matches("(?i)\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

    assertThat(CheckoutCode.parse(changed).isPresent()).isEqualTo(canonical);
  }

  @Property(tries = 200)
  void parseNeverThrows(@ForAll String text) {
    assertThat(CheckoutCode.parse(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15})
  void otherVersionsNameNoUser(long version) {
    long high = (CODE.getMostSignificantBits() & ~0xF000L) | (version << 12);

    assertThat(CheckoutCode.user(new UUID(high, CODE.getLeastSignificantBits()), 5)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 3})
  void otherVariantsNameNoUser(long topBits) {
    long low = (CODE.getLeastSignificantBits() & ~(3L << 62)) | (topBits << 62);

    assertThat(CheckoutCode.user(new UUID(CODE.getMostSignificantBits(), low), 5)).isEmpty();
  }

  @Property
  void aSaleIsNeverBelowOneNorFarAboveTheNewest(
      @ForAll("codes") UUID code, @ForAll("newest") long newest) {
    CheckoutCode.user(code, newest)
        .ifPresent(
            user ->
                assertThat(user.saleId())
                    .isBetween(Math.max(1, newest - LONGEST_AGO), newest + CheckoutCode.AHEAD));
  }

  @Test
  void aCodeOfASaleThatThisNodeHasNotHeardOfYetNamesItsUser() {
    assertThat(CheckoutCode.user(CODE, 4)).contains(new UserId(5, 42));
  }

  @Test
  void aCodeOfNoSaleThatCanBeNamesNoUser() {
    UUID code = CheckoutCode.create(new UserId(900, 42), random(1));

    assertThat(CheckoutCode.user(code, 5)).isEmpty();
  }

  @Provide
  Arbitrary<UUID> uuids() {
    return Arbitraries.longs().tuple2().map(bits -> new UUID(bits.get1(), bits.get2()));
  }

  @Provide
  Arbitrary<UUID> codes() {
    return uuids()
        .map(
            any ->
                new UUID(
                    (any.getMostSignificantBits() & ~0xF000L) | 0x8000L,
                    (any.getLeastSignificantBits() & ~(3L << 62)) | (1L << 63)));
  }

  @Provide
  Arbitrary<Long> newest() {
    return Arbitraries.oneOf(
        Arbitraries.longs().between(0, 3_000), Arbitraries.longs().between(0, 1L << 53));
  }

  private static RandomGenerator random(long seed) {
    return new SplittableRandom(seed);
  }
}
