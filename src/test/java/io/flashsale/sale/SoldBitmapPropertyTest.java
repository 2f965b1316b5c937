package io.flashsale.sale;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever the nodes tell each other, in whatever order and how often, all know the same. */
class SoldBitmapPropertyTest {

  @Provide
  Arbitrary<SoldBitmap> bitmaps() {
    Arbitrary<Long> sales = Arbitraries.longs().between(1, 3);
    Arbitrary<List<Integer>> items =
        Arbitraries.oneOf(
                Arbitraries.of(0, 63, 64, Sale.MOST_ITEMS - 1),
                Arbitraries.integers().between(0, 200),
                Arbitraries.integers().between(0, Sale.MOST_ITEMS - 1))
            .list()
            .ofMaxSize(30)
            .withoutEdgeCases(); // they would leave no tries for anything else
    return Arbitraries.oneOf(
        Arbitraries.just(SoldBitmap.EMPTY), Combinators.combine(sales, items).as(this::bitmap));
  }

  private SoldBitmap bitmap(long sale, List<Integer> items) {
    return SoldBitmaps.sold(sale, items.stream().mapToInt(Integer::intValue).toArray());
  }

  @Property
  void mergingTwiceIsMergingOnce(
      @ForAll("bitmaps") SoldBitmap one, @ForAll("bitmaps") SoldBitmap other) {
    SoldBitmap merged = one.mergeData(other);

    assertThat(one.mergeData(one)).isEqualTo(one);
    assertThat(merged.mergeData(other)).isEqualTo(merged);
    assertThat(merged.mergeData(one)).isEqualTo(merged);
  }

  @Property
  void mergingGoesBothWays(@ForAll("bitmaps") SoldBitmap one, @ForAll("bitmaps") SoldBitmap other) {
    assertThat(one.mergeData(other)).isEqualTo(other.mergeData(one));
  }

  @Property
  void mergingGoesInAnyOrder(
      @ForAll("bitmaps") SoldBitmap one,
      @ForAll("bitmaps") SoldBitmap other,
      @ForAll("bitmaps") SoldBitmap third) {
    assertThat(one.mergeData(other).mergeData(third))
        .isEqualTo(one.mergeData(other.mergeData(third)));
  }

  /** Neither is a sold item forgotten, nor is one added that nobody has sold. */
  @Property
  void mergingUnitesTheItemsOfTheLatestSale(
      @ForAll("bitmaps") SoldBitmap one, @ForAll("bitmaps") SoldBitmap other) {
    SoldBitmap merged = one.mergeData(other);

    assertThat(merged.saleId()).isEqualTo(Math.max(one.saleId(), other.saleId()));
    for (int word = 0; word < merged.length(); word++) {
      assertThat(merged.word(word))
          .isEqualTo(
              SoldBitmaps.word(one, merged.saleId(), word)
                  | SoldBitmaps.word(other, merged.saleId(), word));
    }
  }

  @Property
  void aDeltaDoesWhatTheWholeDoes(
      @ForAll("bitmaps") SoldBitmap before,
      @ForAll("bitmaps") SoldBitmap sold,
      @ForAll("bitmaps") SoldBitmap elsewhere) {
    SoldBitmap after = before.plus(sold);
    SoldBitmap delta = after.deltaData().orElseThrow();

    assertThat(after).isEqualTo(before.mergeData(sold));
    assertThat(before.mergeDeltaData(delta)).isEqualTo(after);
    assertThat(elsewhere.mergeData(before).mergeDeltaData(delta))
        .isEqualTo(elsewhere.mergeData(after));
    assertThat(after.mergeDeltaData(delta)).isEqualTo(after); // late, or for the second time
    assertThat(after.resetDelta().deltaData()).isEmpty();
    assertThat(after.resetDelta()).isEqualTo(after);
  }

  /** Groups of deltas are merged before they are sent, and meet nodes that know nothing. */
  @Property
  void deltasCanBeGathered(
      @ForAll("bitmaps") SoldBitmap first, @ForAll("bitmaps") SoldBitmap second) {
    SoldBitmap one = SoldBitmap.EMPTY.plus(first);
    SoldBitmap both = one.resetDelta().plus(second);
    SoldBitmap group = one.deltaData().orElseThrow().mergeData(both.deltaData().orElseThrow());

    assertThat(group.zero().mergeDeltaData(group)).isEqualTo(both);
    assertThat(one.plus(second).deltaData().orElseThrow()).isEqualTo(group);
  }

  @Property
  void aDeltaHasOnlyWordsThatHaveChanged(
      @ForAll("bitmaps") SoldBitmap before, @ForAll("bitmaps") SoldBitmap sold) {
    SoldBitmap after = before.plus(sold);
    SoldBitmap delta = after.deltaData().orElseThrow();

    for (int word = 0; word < delta.length(); word++) {
      if (delta.word(word) != 0) {
        assertThat(delta.word(word))
            .isEqualTo(after.word(word))
            .isNotEqualTo(SoldBitmaps.word(before, after.saleId(), word));
      }
    }
  }
}
