package io.flashsale.http;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrustedProxiesTest {

  private static final TrustedProxies PROXIES =
      TrustedProxies.parse("10.0.0.0/8, 192.0.2.1,2001:db8:aa::/48").orElseThrow();

  private static Address address(String text) {
    return requireNonNull(Address.parse(text), text);
  }

  private static Address client(@Nullable String forwardedFor, @Nullable String forwarded) {
    return PROXIES.client(address("10.0.0.1"), forwardedFor, forwarded);
  }

  @ParameterizedTest
  @CsvSource({
    "10.255.0.1, true",
    "11.0.0.1, false",
    "192.0.2.1, true",
    "192.0.2.2, false",
    "::ffff:10.1.1.1, true",
    "2001:db8:aa:1::5, true",
    "2001:db8:ab::5, false",
    "::a00:1, false",
  })
  void knowsItsNetworks(String text, boolean trusted) {
    assertThat(PROXIES.has(address(text))).isEqualTo(trusted);
    assertThat(TrustedProxies.NONE.has(address(text))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",",
        "10.0.0.0/33",
        "::/129",
        "10.0.0.0/",
        "10/8",
        "x",
        "10.0.0.256",
        "::1/-1"
      })
  void isNotWhatItCannotRead(String text) {
    assertThat(TrustedProxies.parse(text)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "203.0.113.7 | 203.0.113.7",
        "1.1.1.1, 203.0.113.7 | 203.0.113.7",
        "1.1.1.1, 203.0.113.7, 10.2.3.4,192.0.2.1 | 203.0.113.7",
        "10.1.1.1, 10.2.2.2 | 10.1.1.1",
        "203.0.113.7:4711 | 203.0.113.7",
        "[2001:db8::7]:4711 | 2001:db8::7",
        "2001:db8::7 | 2001:db8::7",
        "1.1.1.1, unknown | 10.0.0.1",
        "1.1.1.1, unknown, 10.2.2.2 | 10.2.2.2",
        "1.1.1.1, | 10.0.0.1",
        "nonsense | 10.0.0.1",
      })
  void theClientIsTheLastThatIsNoProxy(String forwardedFor, String client) {
    assertThat(client(forwardedFor, null)).isEqualTo(address(client));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "for=203.0.113.7 | 203.0.113.7",
        "For=\"[2001:db8::7]:4711\";proto=https, by=x;for=10.2.2.2 | 2001:db8::7",
        "for=1.1.1.1, for=_hidden | 10.0.0.1",
        "proto=https | 10.0.0.1",
      })
  void readsForwardedToo(String forwarded, String client) {
    assertThat(client(null, forwarded)).isEqualTo(address(client));
  }

  @Test
  void believesWhatTheProxySaysAndNoHeaderThatItOnlyPassesOn() {
    assertThat(client("203.0.113.7", "for=1.1.1.1")).isEqualTo(address("203.0.113.7"));
    assertThat(PROXIES.client(address("203.0.113.7"), "1.1.1.1", "for=1.1.1.1"))
        .isEqualTo(address("203.0.113.7"));
  }

  @Test
  void aClientHasA64OfIpv6AndOneAddressOfIpv4() {
    assertThat(address("2001:db8::1").client()).isEqualTo(address("2001:db8::ffff:1").client());
    assertThat(address("2001:db8::1").client()).isNotEqualTo(address("2001:db8:0:1::1").client());
    assertThat(address("192.0.2.1").client()).isNotEqualTo(address("192.0.2.2").client());
    assertThat(address("192.0.2.1")).isEqualTo(address("::ffff:192.0.2.1"));
  }
}
