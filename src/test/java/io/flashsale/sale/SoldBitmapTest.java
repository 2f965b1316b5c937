package io.flashsale.sale;

import static io.flashsale.sale.SoldBitmaps.sold;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.flashsale.item.ItemId;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SoldBitmapTest {

  @Test
  void aLaterSaleTakesThePlaceOfAnEarlierOne() {
    SoldBitmap earlier = sold(1, 7);
    SoldBitmap later = sold(5, 8);

    assertThat(earlier.mergeData(later)).isEqualTo(later);
    assertThat(later.mergeData(earlier)).isEqualTo(later);
    assertThat(earlier.mergeDeltaData(later)).isEqualTo(later);
    assertThat(later.plus(earlier).deltaData()).contains(SoldBitmap.of(5, new long[0]));
  }

  /** Without a delta the replicator would send all of it. */
  @Test
  void anUpdateWithoutAChangeHasAnEmptyDelta() {
    SoldBitmap bitmap = sold(1, 7, 700);

    assertThat(bitmap.plus(sold(1, 7)).deltaData()).contains(SoldBitmap.of(1, new long[0]));
  }

  @Test
  void aDeltaIsTheWordThatHasChanged() {
    SoldBitmap bitmap = sold(1, 7, 700, 999_999);

    assertThat(bitmap.plus(sold(1, 701)).deltaData()).contains(sold(1, 700, 701));
    assertThat(bitmap.plus(sold(1, 701)).deltaSize()).isEqualTo(3);
  }

  @Test
  void whatIsTooMuchForADeltaIsLeftToTheGossip() {
    int[] everyWord = IntStream.range(0, SoldBitmap.MOST_WORDS).map(word -> word * 64).toArray();
    SoldBitmap justFits = sold(1, Arrays.copyOf(everyWord, SoldBitmap.MOST_DELTA_WORDS - 1));
    SoldBitmap tooMuch = sold(1, everyWord);

    assertThat(SoldBitmap.EMPTY.plus(justFits).deltaData()).contains(justFits);
    assertThat(SoldBitmap.EMPTY.plus(tooMuch).deltaData()).isEmpty();
  }

  @Test
  void aFullBitmapAndAllDeltasFitIntoAFrame() {
    Config config = ConfigFactory.load();
    long frame = config.getBytes("akka.remote.artery.advanced.maximum-frame-size");
    long[] full = new long[SoldBitmap.MOST_WORDS];
    Arrays.fill(full, -1);
    SoldBitmap delta = sold(1, IntStream.range(0, 3_999).map(word -> word * 64 * 3).toArray());
    SoldBitmapSerializer serializer = new SoldBitmapSerializer();

    assertThat(serializer.toBinary(SoldBitmap.of(1, full))).hasSizeLessThan((int) frame / 2);
    assertThat(serializer.toBinary(delta).length * SoldItems.SLOTS).isLessThan((int) frame);
    Config ours = config.getConfig("akka.cluster.distributed-data");
    assertThat(ours.getInt("delta-crdt.max-delta-size")).isEqualTo(SoldBitmap.MOST_DELTA_WORDS);
    assertThat(ours.getInt("max-delta-elements")).isEqualTo(SoldItems.SLOTS);
  }

  /** The replicator of the shards takes over whatever it is not told itself. */
  @Test
  void theShardsKeepTheirOwnSettings() {
    Config shards = ConfigFactory.load().getConfig("akka.cluster.sharding.distributed-data");

    assertThat(shards.getDuration("gossip-interval")).hasSeconds(2);
    assertThat(shards.getInt("delta-crdt.max-delta-size")).isEqualTo(50);
    assertThat(shards.getInt("max-delta-elements")).isEqualTo(5);
  }

  @Test
  void refusesWhatNoSaleCanBe() {
    assertThatIllegalArgumentException().isThrownBy(() -> SoldBitmap.of(-1, new long[0]));
    assertThatIllegalArgumentException().isThrownBy(() -> SoldBitmap.of(0, new long[] {1}));
    long[] tooMany = new long[SoldBitmap.MOST_WORDS + 1];
    assertThat(SoldBitmap.of(1, tooMany).length()).isZero();
    tooMany[SoldBitmap.MOST_WORDS] = 1;
    assertThatIllegalArgumentException().isThrownBy(() -> SoldBitmap.of(1, tooMany));
  }

  @Test
  void whoGaveTheWordsCannotChangeThem() {
    long[] words = {1};
    SoldBitmap bitmap = SoldBitmap.of(1, words);

    words[0] = 3;

    assertThat(bitmap).isEqualTo(sold(1, 0));
  }

  @Test
  void onlyTheItemsAndTheSaleMakeBitmapsEqual() {
    SoldBitmap bitmap = sold(1, 7);

    assertThat(bitmap)
        .isEqualTo(SoldBitmap.EMPTY.plus(sold(1, 7)))
        .hasSameHashCodeAs(SoldBitmap.EMPTY.plus(sold(1, 7)))
        .isNotEqualTo(sold(2, 7))
        .isNotEqualTo(sold(1, 8))
        .isNotEqualTo(new ItemId(1, 7))
        .hasToString("sale 1: 1 sold");
  }
}
