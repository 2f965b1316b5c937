package io.flashsale.sale;

import static io.flashsale.sale.SoldBitmaps.sold;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.serialization.Serialization;
import akka.serialization.SerializationExtension;
import com.typesafe.config.ConfigFactory;
import java.io.NotSerializableException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SoldBitmapSerializerTest {

  private static final String WORDS = "sold-words";
  private static final String INDEXED = "sold-indexed-words";
  private static final long LAST_SALE = 0x0102_0304_0506_0708L;

  private final SoldBitmapSerializer serializer = new SoldBitmapSerializer();

  /** Nodes of other versions read and write these: lines are added, never changed. */
  static Stream<Arguments> golden() {
    return Stream.of(
        Arguments.of(SoldBitmap.EMPTY, WORDS, "0000000000000000"),
        Arguments.of(sold(LAST_SALE), WORDS, "0102030405060708"),
        Arguments.of(
            sold(2, 0, 63, 64), WORDS, "0000000000000002 8000000000000001 0000000000000001"),
        Arguments.of(
            sold(2, 8, 999_999),
            INDEXED,
            "0000000000000002 00000000 0000000000000100 00003d08 8000000000000000"));
  }

  @ParameterizedTest
  @MethodSource("golden")
  void readsAndWritesGoldenBytes(SoldBitmap bitmap, String manifest, String hex)
      throws NotSerializableException {
    byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));

    assertThat(serializer.manifest(bitmap)).isEqualTo(manifest);
    assertThat(serializer.toBinary(bitmap)).isEqualTo(bytes);
    assertThat(serializer.fromBinary(bytes, manifest)).isEqualTo(bitmap);
  }

  @Provide
  Arbitrary<List<Integer>> items() {
    return Arbitraries.oneOf(
            Arbitraries.integers().between(0, 999),
            Arbitraries.integers().between(0, Sale.MOST_ITEMS - 1))
        .list()
        .ofMaxSize(300);
  }

  @Property(tries = 200)
  void whatIsWrittenIsRead(@ForAll("items") List<Integer> items) throws NotSerializableException {
    SoldBitmap bitmap = sold(LAST_SALE, items.stream().mapToInt(Integer::intValue).toArray());

    byte[] bytes = serializer.toBinary(bitmap);

    assertThat(serializer.fromBinary(bytes, serializer.manifest(bitmap))).isEqualTo(bitmap);
    assertThat(bytes.length).isLessThanOrEqualTo(8 + 12 * items.size());
  }

  /** A delta, and what has come about by merging, are written as any other: replicas compare. */
  @Test
  void equalBitmapsHaveEqualBytes() {
    SoldBitmap atOnce = sold(1, 3, 640, 1_000);
    SoldBitmap inSteps = sold(1, 1_000).plus(sold(1, 3)).mergeData(sold(1, 640));

    assertThat(serializer.manifest(inSteps)).isEqualTo(serializer.manifest(atOnce));
    assertThat(serializer.toBinary(inSteps)).isEqualTo(serializer.toBinary(atOnce));
  }

  @Test
  void everyItemSoldTakesABitEach() {
    SoldBitmap all = sold(1, IntStream.range(0, 10_000).toArray());

    assertThat(serializer.toBinary(all)).hasSize(8 + 157 * 8);
  }

  @ParameterizedTest
  @CsvSource({
    "sold-words, ''",
    "sold-words, 00000000000000", // no sale id
    "sold-words, 000000000000000100", // not a whole word
    "sold-words, 00000000000000010000000000000000", // ends with nothing
    "sold-words, ffffffffffffffff", // no such sale
    "sold-words, 00000000000000000000000000000001", // something of no sale
    "sold-indexed-words, 0000000000000001000000000000000000000001000000000000", // half a word
    "sold-indexed-words, 0000000000000001000000000000000000000000", // no bit
    "sold-indexed-words, 000000000000000100003d090000000000000001", // past the end
    "sold-indexed-words, 0000000000000001ffffffff0000000000000001", // before the beginning
    "sold-indexed-words, 000000000000000100000001000000000000000100000001000000000000000100", // 25
    "sold-indexed-words, 0000000000000001000000010000000000000001000000010000000000000001", // twice
    "sold-indexed-words, 0000000000000001000000020000000000000001000000010000000000000001", // falls
    "sold-somehow, 0000000000000001",
  })
  void refusesOtherBytes(String manifest, String hex) {
    assertThatExceptionOfType(NotSerializableException.class)
        .isThrownBy(() -> serializer.fromBinary(HexFormat.of().parseHex(hex), manifest))
        .withMessageContaining(manifest);
  }

  @ParameterizedTest
  @CsvSource({WORDS, INDEXED})
  void refusesMoreThanAnySaleHas(String manifest) {
    byte[] bytes = ByteBuffer.allocate(8 + 24 * SoldBitmap.MOST_WORDS).putLong(1).array();

    assertThatExceptionOfType(NotSerializableException.class)
        .isThrownBy(() -> serializer.fromBinary(bytes, manifest));
  }

  @Test
  void writesNothingElse() {
    assertThatIllegalArgumentException().isThrownBy(() -> serializer.toBinary("sold"));
    assertThatIllegalArgumentException().isThrownBy(() -> serializer.manifest(1L));
  }

  @Test
  void akkaUsesItForBitmaps() throws NotSerializableException {
    var local = ConfigFactory.parseString("akka.actor.provider = local");
    ActorTestKit kit = ActorTestKit.create("sold", local.withFallback(ConfigFactory.load()));
    try {
      Serialization serialization = SerializationExtension.get(kit.system());

      assertThat(serialization.serializerFor(SoldBitmap.class).identifier()).isEqualTo(7302);
    } finally {
      kit.shutdownTestKit();
    }
  }
}
