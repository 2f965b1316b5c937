package io.flashsale.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** What is served as it lies on the classpath. */
final class Resources {

  private Resources() {}

  static byte[] bytes(String name) {
    try (InputStream in = open(name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static InputStream open(String name) {
    InputStream in = Resources.class.getClassLoader().getResourceAsStream(name);
    if (in == null) {
      throw new IllegalStateException("Not on the classpath: " + name);
    }
    return in;
  }
}
