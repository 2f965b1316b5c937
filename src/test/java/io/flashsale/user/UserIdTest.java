package io.flashsale.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserIdTest {

  @Test
  void textIsSaleThenNumber() {
    assertThat(new UserId(3, 7)).hasToString("3-7");
    assertThat(UserId.parse("3-7")).isEqualTo(new UserId(3, 7));
  }

  @Test
  void aUserMayBeNegative() {
    assertThat(new UserId(3, -7)).hasToString("3--7");
    assertThat(UserId.parse("3--7")).isEqualTo(new UserId(3, -7));
  }

  @Property
  void parseReadsWhatToStringWrites(
      @ForAll @LongRange(min = 1, max = Long.MAX_VALUE) long saleId, @ForAll long number) {
    UserId id = new UserId(saleId, number);

    assertThat(UserId.parse(id.toString())).isEqualTo(id);
  }

  @Test
  void parseReadsTheUtmostUsers() {
    assertThat(UserId.parse("1--9223372036854775808")).isEqualTo(new UserId(1, Long.MIN_VALUE));
    assertThat(UserId.parse("1-9223372036854775807")).isEqualTo(new UserId(1, Long.MAX_VALUE));
  }

  @Test
  void saleIdsStartAtOne() {
    assertThatIllegalArgumentException().isThrownBy(() -> new UserId(0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new UserId(-1, 1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "3",
        "3-",
        "3--",
        "-3",
        "--3",
        "0-1",
        "-1-5",
        "3---7",
        "3-7-1",
        "a-1",
        "1-a",
        " 3-7",
        "3-7 ",
        "3 -7",
        "1-9223372036854775808",
        "9223372036854775808-1"
      })
  void malformedTextNamesNoUser(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> UserId.parse(text));
  }

  /** Or two entities, each with a journal and a limit of its own, would be the same user. */
  @ParameterizedTest
  @ValueSource(strings = {"03-7", "3-07", "+3-7", "3-+7", "3--07", "3--0", "\u0663-7"})
  void aUserHasOnlyOneText(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> UserId.parse(text));
  }
}
