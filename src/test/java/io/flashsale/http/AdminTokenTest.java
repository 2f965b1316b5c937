package io.flashsale.http;

import static org.assertj.core.api.Assertions.assertThat;

import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdminTokenTest {

  private static final String TOKEN = "correct-horse-battery";
  private static final AdminToken ADMIN = AdminToken.of(TOKEN).orElseThrow();

  private static boolean admits(String authorization) {
    return ADMIN.isIn(
        HttpRequest.create().addHeader(HttpHeader.parse("Authorization", authorization)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Bearer ", "bearer ", "BEARER "})
  void admitsWhoeverShowsIt(String scheme) {
    assertThat(admits(scheme + TOKEN)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer correct-horse-batterx",
        "Bearer correct-horse-batter",
        "Bearer correct-horse-batteryy",
        "Bearer Correct-horse-battery",
        "Bearer x",
        "Basic Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5",
        "correct-horse-battery",
      })
  void admitsNobodyElse(String authorization) {
    assertThat(admits(authorization)).isFalse();
    assertThat(ADMIN.isIn(HttpRequest.create())).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "fifteen-letters",
        "with a space in it",
        "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
      })
  void hasNoTokenThatCouldBeGuessedOrCannotBeSent(String token) {
    assertThat(AdminToken.of(token)).isEmpty();
    assertThat(AdminToken.of("x".repeat(256))).isEmpty();
    assertThat(AdminToken.of("x".repeat(255))).isPresent();
    assertThat(AdminToken.of("x".repeat(16))).isPresent();
  }

  @Test
  void isNeverPrinted() {
    assertThat(ADMIN.toString()).doesNotContain(TOKEN).isEqualTo("AdminToken");
  }
}
