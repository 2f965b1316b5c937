package io.flashsale.item;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ItemIdTest {

  @Test
  void textIsSaleThenNumber() {
    assertThat(new ItemId(3, 0)).hasToString("3-0");
    assertThat(ItemId.parse("17-9999")).isEqualTo(new ItemId(17, 9_999));
  }

  @Property
  void parseReadsWhatToStringWrites(
      @ForAll @LongRange(min = 1, max = Long.MAX_VALUE) long saleId,
      @ForAll @IntRange(max = Integer.MAX_VALUE) int number) {
    ItemId id = new ItemId(saleId, number);

    assertThat(ItemId.parse(id.toString())).isEqualTo(id);
  }

  @Test
  void saleIdsStartAtOne() {
    assertThatIllegalArgumentException().isThrownBy(() -> new ItemId(0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new ItemId(-1, 1));
  }

  @Test
  void numbersStartAtZero() {
    assertThatIllegalArgumentException().isThrownBy(() -> new ItemId(1, -1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "3",
        "3-",
        "-3",
        "--3",
        "0-1",
        "-1-5",
        "3--7",
        "3-7-1",
        "a-1",
        "1-a",
        " 3-7",
        "3-7 ",
        "3 -7",
        "3-2147483648",
        "9223372036854775808-1"
      })
  void malformedTextNamesNoItem(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> ItemId.parse(text));
  }

  /** Or two entities, each with a journal of its own, would be the same item. */
  @ParameterizedTest
  @ValueSource(strings = {"03-7", "3-07", "+3-7", "3-+7", "3--0", "\u0663-7"})
  void anItemHasOnlyOneText(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> ItemId.parse(text));
  }
}
