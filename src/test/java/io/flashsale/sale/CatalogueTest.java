package io.flashsale.sale;

import static org.assertj.core.api.Assertions.assertThat;

import io.flashsale.item.ItemId;
import java.math.BigDecimal;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class CatalogueTest {

  @Test
  void namesAndImagesSayWhichItemOfWhichSale() {
    assertThat(Catalogue.name(new ItemId(1, 0))).isEqualTo("Flash Item #0 (Sale 1)");
    assertThat(Catalogue.name(new ItemId(42, 9_999))).isEqualTo("Flash Item #9999 (Sale 42)");
    assertThat(Catalogue.imageUrl(new ItemId(42, 9_999)))
        .isEqualTo("/items/9999/image.svg?sale=42");
  }

  /** Buyers have seen these: they never change. */
  @Test
  void pricesAreForEver() {
    assertThat(Catalogue.price(new ItemId(1, 0))).isEqualTo(new BigDecimal("576.19"));
    assertThat(Catalogue.price(new ItemId(1, 1))).isEqualTo(new BigDecimal("364.49"));
    assertThat(Catalogue.price(new ItemId(42, 9_999))).isEqualTo(new BigDecimal("522.15"));
  }

  @Test
  void neighboursHavePricesOfTheirOwn() {
    long prices =
        IntStream.range(0, 1_000)
            .mapToObj(n -> Catalogue.price(new ItemId(1, n)))
            .distinct()
            .count();

    assertThat(prices).isGreaterThan(950);
  }

  @Property
  void everyItemHasAPriceAndAnImageAlwaysTheSame(
      @ForAll @LongRange(min = 1) long saleId, @ForAll @IntRange(min = 0) int number) {
    ItemId item = new ItemId(saleId, number);

    assertThat(Catalogue.price(item))
        .isBetween(new BigDecimal("1.00"), new BigDecimal("999.99"))
        .isEqualTo(Catalogue.price(new ItemId(saleId, number)))
        .hasScaleOf(2);
    assertThat(Catalogue.image(item))
        .startsWith("<svg xmlns=\"http://www.w3.org/2000/svg\"")
        .contains("<title>" + Catalogue.name(item) + "</title>", ">#" + number + "</text>")
        .isEqualTo(Catalogue.image(new ItemId(saleId, number)));
  }
}
