package io.flashsale.security;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Files of keys and certificates, as text (RFC 7468). No message has what is in them. */
final class Pem {

  /** Bytes of a file. */
  private static final int MOST_BYTES = 1024 * 1024;

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");

  private Pem() {}

  static byte[] read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw new IOException("more than " + MOST_BYTES + " bytes");
      }
      return bytes;
    }
  }

  /** What is in the first block with this label. */
  static byte[] block(byte[] file, String label) throws GeneralSecurityException {
    String found = "nothing";
    Matcher blocks = BLOCK.matcher(new String(file, StandardCharsets.ISO_8859_1));
    while (blocks.find()) {
      if (blocks.group(1).equals(label)) {
        try {
          return Base64.getMimeDecoder().decode(blocks.group(2));
        } catch (IllegalArgumentException e) {
          throw new GeneralSecurityException("its BEGIN " + label + " is damaged");
        }
      }
      found = "BEGIN " + blocks.group(1);
    }
    throw new GeneralSecurityException(
        "it must have a BEGIN %s in PEM, and has %s".formatted(label, found));
  }
}
