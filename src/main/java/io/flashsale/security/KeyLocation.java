package io.flashsale.security;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;

/** Where the keys are with which tokens are verified. What a key is says the algorithm. */
public sealed interface KeyLocation {

  /**
   * A JSON Web Key Set (RFC 7517): RSA keys are for RS256, those of the curve P-256 for ES256.
   *
   * @param every how often the keys are read again
   * @param atMostEvery how soon they may be again, when a token names one that is not known
   */
  record Url(URI uri, Duration every, Duration atMostEvery) implements KeyLocation {}

  /** PEM, RSA for RS256 or EC for ES256. It is read once. */
  record PublicKey(Path file) implements KeyLocation {}

  /** At least 32 bytes for HS256; line ends after them do not count. It is read once. */
  record Secret(Path file) implements KeyLocation {}
}
