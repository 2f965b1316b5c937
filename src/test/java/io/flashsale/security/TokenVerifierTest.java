package io.flashsale.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jwt.JWTClaimsSet;
import io.flashsale.TestClock;
import io.flashsale.ops.OperatorException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real keys, and a real server of them. */
@SuppressWarnings("JavaUtilDate") // the library has no other
class TokenVerifierTest {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Duration LEEWAY = Duration.ofSeconds(30);
  private static final KeyPair RSA = Issuer.rsa();
  private static final KeyPair EC = Issuer.ec();
  private static final KeyPair OTHER = Issuer.rsa();
  private static final String SECRET = "0123456789abcdef0123456789abcdef";
  private static final Key HMAC =
      new SecretKeySpec(SECRET.getBytes(StandardCharsets.US_ASCII), "HmacSHA256");
  private static final String ISSUER = "https://id.example";

  @TempDir Path directory;

  private final TestClock clock = new TestClock(NOON);
  private final Issuer issuer = new Issuer(NOON);
  private JwksServer server;
  private @Nullable TokenVerifier verifier;

  @BeforeEach
  void start() throws IOException {
    server = new JwksServer();
    server.show(RSA, EC);
  }

  @AfterEach
  void stop() {
    server.close();
    if (verifier != null) {
      verifier.close();
    }
  }

  private TokenVerifier open(KeyLocation keys, TokenVerifier.Rules rules) {
    if (verifier != null) {
      verifier.close();
    }
    verifier = new TokenVerifier(keys, rules, 1, clock);
    return verifier;
  }

  private static TokenVerifier.Rules rules() {
    return new TokenVerifier.Rules(null, null, LEEWAY, "roles", null);
  }

  private KeyLocation.Url url() {
    return new KeyLocation.Url(server.uri(), Duration.ofMinutes(5), Duration.ofSeconds(30));
  }

  private KeyLocation file(String text) throws IOException {
    return new KeyLocation.PublicKey(Files.writeString(directory.resolve("key.pem"), text));
  }

  private KeyLocation secret(String text) throws IOException {
    return new KeyLocation.Secret(Files.writeString(directory.resolve("secret"), text));
  }

  private static Identity identity(TokenVerifier verifier, String token) {
    return verifier.verify(token).toCompletableFuture().join();
  }

  private static void refused(TokenVerifier verifier, String token, String why) {
    assertThatExceptionOfType(CompletionException.class)
        .as(token)
        .isThrownBy(() -> identity(verifier, token))
        .havingCause()
        .isInstanceOf(InvalidToken.class)
        .withMessage(why);
  }

  // ---------------------------------------------------------------- signatures

  @Test
  void acceptsWhatAKeyOfTheSetHasSigned() {
    TokenVerifier tokens = open(url(), rules());

    assertThat(identity(tokens, issuer.token(RSA.getPrivate(), "k1", "7")))
        .isEqualTo(new Identity(7L, false));
    assertThat(identity(tokens, issuer.token(EC.getPrivate(), "k2", "-8")))
        .isEqualTo(new Identity(-8L, false));
    assertThat(identity(tokens, issuer.token(EC.getPrivate(), null, "9")).user()).isEqualTo(9);
  }

  @Test
  void acceptsWhatTheKeyOfAFileHasSigned() throws IOException {
    assertThat(
            identity(
                open(file(Issuer.pem(RSA.getPublic())), rules()),
                issuer.token(RSA.getPrivate(), "any", "7")))
        .isEqualTo(new Identity(7L, false));
    assertThat(
            identity(
                open(file(Issuer.pem(EC.getPublic())), rules()),
                issuer.token(EC.getPrivate(), null, "7")))
        .isEqualTo(new Identity(7L, false));
    assertThat(identity(open(secret(SECRET + "\n"), rules()), issuer.token(HMAC, null, "7")))
        .isEqualTo(new Identity(7L, false));
  }

  @Test
  void refusesWhatNobodyOrSomebodyElseHasSigned() {
    TokenVerifier tokens = open(url(), rules());
    String claims = "{\"sub\":\"7\",\"exp\":%d}".formatted(NOON.getEpochSecond() + 60);
    String good = issuer.token(RSA.getPrivate(), "k1", "7");

    refused(
        tokens,
        issuer.token(OTHER.getPrivate(), "k1", "7"),
        "Its signature, algorithm or type is not accepted");
    refused(
        tokens, good.substring(0, good.lastIndexOf('.') + 1), "It is not a signed JSON Web Token");
    refused(
        tokens,
        good.replaceFirst("\\..*\\.", "." + base64(claims.replace("7", "8")) + "."),
        "Its signature, algorithm or type is not accepted");
    for (String none : List.of("none", "None", "NONE")) {
      String header = "{\"alg\":\"" + none + "\",\"kid\":\"k1\"}";
      for (String signature : List.of("", "AAAA")) {
        assertThatExceptionOfType(CompletionException.class)
            .isThrownBy(() -> identity(tokens, Issuer.raw(header, claims, signature)))
            .withCauseInstanceOf(InvalidToken.class);
      }
    }
    for (String nonsense : List.of("", "x", "a.b.c", "....", "\u0000", good + ".x")) {
      refused(tokens, nonsense, "It is not a signed JSON Web Token");
    }
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Everybody knows a public key: as a secret it would be a key to every door. */
  @Test
  void aKeyIsForItsOwnAlgorithmOnly() throws IOException {
    String pem = Issuer.pem(RSA.getPublic());
    Key publicKeyAsSecret =
        new SecretKeySpec(pem.getBytes(StandardCharsets.US_ASCII), "HmacSHA256");
    Key encodedAsSecret = new SecretKeySpec(RSA.getPublic().getEncoded(), "HmacSHA256");
    JWTClaimsSet claims =
        new JWTClaimsSet.Builder()
            .subject("7")
            .expirationTime(Date.from(NOON.plusSeconds(60)))
            .build();
    String why = "Its signature, algorithm or type is not accepted";

    refused(open(file(pem), rules()), issuer.token(publicKeyAsSecret, "k1", "7"), why);
    refused(open(url(), rules()), issuer.token(encodedAsSecret, "k1", "7"), why);
    refused(
        open(url(), rules()),
        Issuer.signed(
            RSA.getPrivate(),
            new JWSHeader.Builder(JWSAlgorithm.RS512).keyID("k1").build(),
            claims),
        why);
    refused(open(secret(SECRET), rules()), issuer.token(RSA.getPrivate(), "k1", "7"), why);
    refused(
        open(url(), rules()),
        Issuer.signed(
            RSA.getPrivate(),
            new JWSHeader.Builder(JWSAlgorithm.RS256)
                .keyID("k1")
                .type(new JOSEObjectType("logout+jwt"))
                .build(),
            claims),
        why);
  }

  // ---------------------------------------------------------------- claims

  @Test
  void aTokenHasItsTime() {
    TokenVerifier tokens = open(url(), rules());
    String token = issuer.token(RSA.getPrivate(), "k1", "7"); // for an hour
    assertThat(identity(tokens, token).user()).isEqualTo(7);

    clock.advance(Duration.ofMinutes(60).plus(LEEWAY).minusMillis(1));
    assertThat(identity(tokens, token).user()).isEqualTo(7);
    clock.advance(Duration.ofMillis(1));
    refused(tokens, token, "It has expired");
  }

  @Test
  void aTokenMayNotBeUsedBeforeItsTimeOrForEver() {
    TokenVerifier tokens = open(url(), rules());
    String why = "Its exp, nbf, iss or aud is missing, or not accepted";

    refused(
        tokens,
        issuer.token(
            RSA.getPrivate(), "k1", "7", c -> c.notBeforeTime(Date.from(NOON.plusSeconds(32)))),
        why);
    assertThat(
            identity(
                    tokens,
                    issuer.token(
                        RSA.getPrivate(),
                        "k1",
                        "7",
                        c -> c.notBeforeTime(Date.from(NOON.plusSeconds(28)))))
                .user())
        .isEqualTo(7);
    refused(tokens, issuer.token(RSA.getPrivate(), "k1", "7", c -> c.expirationTime(null)), why);
  }

  @Test
  void asksForTheIssuerAndTheAudienceThatItIsToldToAskFor() {
    TokenVerifier tokens =
        open(url(), new TokenVerifier.Rules(ISSUER, "shop", LEEWAY, "roles", null));
    String why = "Its exp, nbf, iss or aud is missing, or not accepted";

    assertThat(
            identity(
                    tokens,
                    issuer.token(
                        RSA.getPrivate(),
                        "k1",
                        "7",
                        c -> c.issuer(ISSUER).audience(List.of("forum", "shop"))))
                .user())
        .isEqualTo(7);
    refused(tokens, issuer.token(RSA.getPrivate(), "k1", "7", c -> c.issuer(ISSUER)), why);
    refused(tokens, issuer.token(RSA.getPrivate(), "k1", "7", c -> c.audience("shop")), why);
    refused(
        tokens,
        issuer.token(RSA.getPrivate(), "k1", "7", c -> c.issuer(ISSUER + ".evil").audience("shop")),
        why);
  }

  @Test
  void aUserIsANumberAsNumbersAreWritten() {
    TokenVerifier tokens = open(url(), rules());

    for (String subject : List.of("x", "07", "+7", "7 ", "9223372036854775808", "")) {
      assertThat(identity(tokens, issuer.token(RSA.getPrivate(), "k1", subject)).user())
          .as(subject)
          .isNull();
    }
    assertThat(identity(tokens, issuer.token(RSA.getPrivate(), "k1", null, c -> c)).user())
        .isNull();
  }

  @Test
  void findsTheRoleOfOperatorsWhereItIsToldToLook() {
    TokenVerifier inside =
        open(url(), new TokenVerifier.Rules(null, null, LEEWAY, "realm_access.roles", "admin"));
    assertThat(inside.knowsOperators()).isTrue();
    assertThat(isOperator(inside, "realm_access", Map.of("roles", List.of("a", "admin")))).isTrue();
    assertThat(isOperator(inside, "realm_access", Map.of("roles", List.of("admins")))).isFalse();
    assertThat(isOperator(inside, "roles", List.of("admin"))).isFalse();
    TokenVerifier words =
        open(
            url(), new TokenVerifier.Rules(null, null, LEEWAY, "https://x.example/roles", "admin"));
    assertThat(isOperator(words, "https://x.example/roles", "buyer admin")).isTrue();
    assertThat(isOperator(words, "https://x.example/roles", "administrator")).isFalse();
    assertThat(isOperator(open(url(), rules()), "roles", List.of("admin"))).isFalse();
  }

  private boolean isOperator(TokenVerifier tokens, String claim, Object value) {
    return identity(tokens, issuer.token(RSA.getPrivate(), "k1", "ann", c -> c.claim(claim, value)))
        .operator();
  }

  // ---------------------------------------------------------------- the URL

  @Test
  void asksForAKeyThatIsNotKnownButNotAgainAndAgain() {
    TokenVerifier tokens = open(url(), rules());
    int atFirst = server.asked();
    String next = issuer.token(OTHER.getPrivate(), "k3", "7");
    refused(tokens, next, "Its key is not known");
    server.show(RSA, EC, OTHER);
    refused(tokens, next, "Its key is not known"); // 30 s have to pass
    assertThat(server.asked()).isEqualTo(atFirst);

    clock.advance(Duration.ofSeconds(30));

    assertThat(identity(tokens, next).user()).isEqualTo(7);
    for (int i = 0; i < 20; i++) {
      refused(tokens, issuer.token(OTHER.getPrivate(), "x" + i, "7"), "Its key is not known");
    }
    assertThat(server.asked()).isEqualTo(atFirst + 1);
  }

  @Test
  void aKeyThatIsNoLongerThereIsForgottenWithWhatItHasSigned() {
    TokenVerifier tokens = open(url(), rules());
    String token = issuer.token(RSA.getPrivate(), "k1", "7");
    assertThat(identity(tokens, token).user()).isEqualTo(7);
    server.show(OTHER);

    clock.advance(Duration.ofMinutes(5).plusMillis(1));

    await()
        .until(
            () -> {
              try {
                identity(tokens, token);
                return false;
              } catch (CompletionException e) {
                return e.getCause() instanceof InvalidToken;
              }
            });
  }

  @Test
  void keepsItsKeysWhileTheUrlIsAwayOrHasNone() {
    TokenVerifier tokens = open(url(), rules());
    for (String body : List.of("", "{\"keys\":[]}", "x".repeat(200_000))) {
      server.say(body.isEmpty() ? 503 : 200, body);
      int before = server.asked();
      clock.advance(Duration.ofMinutes(5).plusMillis(1));

      for (int i = 0; i < 3; i++) {
        String token = issuer.token(RSA.getPrivate(), "k1", "" + i);
        assertThat(identity(tokens, token).user()).isEqualTo(i);
      }
      await().until(() -> server.asked() == before + 1);
    }
  }

  @Test
  void saysWhyItHasNoKeysAtAll() throws IOException {
    server.say(404, "");
    fails(url(), "JWT_JWKS_URL is " + server.uri() + ", and its keys cannot be had: ", "404");
    URI nobody = server.uri();
    server.stop();
    fails(new KeyLocation.Url(nobody, LEEWAY, LEEWAY), "JWT_JWKS_URL is ", "nobody listens there");
    fails(file("x"), "JWT_PUBLIC_KEY_FILE is ", "it must have a BEGIN PUBLIC KEY in PEM");
    fails(file(Issuer.pem(RSA.getPrivate())), "JWT_PUBLIC_KEY_FILE is ", "has BEGIN PRIVATE KEY");
    fails(
        file(Issuer.pem(Issuer.keys("EC", "secp384r1").getPublic())),
        "JWT_PUBLIC_KEY_FILE is ",
        "neither RSA of 2048 bits nor P-256");
    fails(file(Issuer.pem(Issuer.keys("Ed25519", null).getPublic())), "JWT_PUBLIC", "neither");
    fails(secret("0123456789"), "JWT_SECRET_FILE is ", "it has 10 bytes, and must have 32 or more");
  }

  private void fails(KeyLocation keys, String begin, String why) {
    assertThatExceptionOfType(OperatorException.class)
        .isThrownBy(() -> open(keys, rules()))
        .withMessageStartingWith(begin)
        .withMessageContaining(why)
        .satisfies(e -> assertThat(e).message().hasLineCount(1));
  }
}
