package io.flashsale.security;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** Certificates of a test, made by openssl. */
public final class Certificates {

  private final Path directory;

  public Certificates(Path directory) {
    this.directory = directory;
  }

  /** {@code name.crt} and {@code name.key}: for this machine, and signed by itself. */
  public Certificates make(String name, String... kindOfKey) {
    List<String> command =
        new ArrayList<>(List.of("openssl", "req", "-x509", "-nodes", "-days", "2", "-newkey"));
    command.addAll(List.of(kindOfKey));
    command.addAll(
        List.of("-keyout", name + ".key", "-out", name + ".crt", "-subj", "/CN=" + name));
    command.addAll(List.of("-addext", "subjectAltName=IP:127.0.0.1"));
    run(command);
    return this;
  }

  /** Who signs others. */
  public Certificates makeAuthority(String name) {
    run(
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout %1$s.key -out %1$s.crt -days 2 -subj /CN=%1$s"
            .formatted(name));
    return this;
  }

  /** {@code name.crt} and {@code name.key}: for this machine, and signed by that authority. */
  public Certificates makeSigned(String name, String authority) {
    run(
        "openssl req -newkey rsa:2048 -nodes -keyout %1$s.key -out %1$s.csr -subj /CN=%1$s"
            .formatted(name));
    try {
      Files.writeString(directory.resolve("names"), "subjectAltName=IP:127.0.0.1");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    run(
        "openssl x509 -req -in %1$s.csr -CA %2$s.crt -CAkey %2$s.key -CAcreateserial -out %1$s.crt -days 2 -extfile names"
            .formatted(name, authority));
    return this;
  }

  public Certificates makeRsa(String name) {
    return make(name, "rsa:2048");
  }

  public Certificates makeEc(String name) {
    return make(name, "ec", "-pkeyopt", "ec_paramgen_curve:P-256");
  }

  /** The key of RSA as it was written before PKCS#8. */
  public void makeTraditional(String from, String to) {
    run(List.of("openssl", "rsa", "-traditional", "-in", from + ".key", "-out", to + ".key"));
  }

  public Path certificate(String name) {
    return directory.resolve(name + ".crt");
  }

  public Path key(String name) {
    return directory.resolve(name + ".key");
  }

  /** As operators replace a file: at once. */
  public void replace(Path file, Path by) throws IOException {
    Path next = Files.copy(by, directory.resolve("next"), StandardCopyOption.REPLACE_EXISTING);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private void run(String command) {
    run(List.of(command.split(" ")));
  }

  private void run(List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("openssl").toFile())
              .start();
      if (process.waitFor() != 0) {
        throw new AssertionError(command + ": " + Files.readString(directory.resolve("openssl")));
      }
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
