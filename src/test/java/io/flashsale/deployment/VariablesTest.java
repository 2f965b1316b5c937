package io.flashsale.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Whatever starts a node sets variables that the program reads. */
class VariablesTest {

  /** Read by the program, by logback-*.xml and by bin/flashsale. */
  private static Set<String> read() throws IOException {
    Set<String> names = new HashSet<>(Set.of("JAVA_OPTS", "JAVA_HOME"));
    names.addAll(all("\\$\\{\\?([A-Z_]+)}", Path.of("application.conf")));
    for (String file : List.of("logback.xml", "logback-text.xml", "logback-json.xml")) {
      names.addAll(all("\\$\\{([A-Z_]+)", Path.of("src/main/resources", file)));
    }
    return names;
  }

  private static Set<String> all(String pattern, Path file) throws IOException {
    Set<String> names = new TreeSet<>();
    Matcher matcher = Pattern.compile(pattern, Pattern.MULTILINE).matcher(Files.readString(file));
    while (matcher.find()) {
      names.add(matcher.group(1));
    }
    return names;
  }

  @Test
  void thoseOfTheReadmeAreReadAndThoseThatAreReadAreInIt() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    Set<String> rows = new TreeSet<>();
    for (String row : readme.split("\n", -1)) {
      if (row.matches("\\| .?`[A-Z_]+`.*")) {
        Matcher name = Pattern.compile("`([A-Z][A-Z_]+)`").matcher(row.split("\\|", -1)[1]);
        while (name.find()) {
          rows.add(name.group(1));
        }
      }
    }

    assertThat(read()).containsAll(rows);
    Set<String> silent = new TreeSet<>(read());
    silent.removeAll(rows);
    assertThat(silent).containsExactly("JAVA_HOME", "SALE_ANNOUNCE_AHEAD");
  }

  @Test
  void thoseOfTheChartAreRead() throws IOException {
    Set<String> set = new TreeSet<>();
    for (Path values : Chart.ways()) {
      for (var pod : Chart.pods(Chart.render(values))) {
        for (Container container : pod.getSpec().getContainers()) {
          container.getEnv().stream().map(EnvVar::getName).forEach(set::add);
        }
      }
      Chart.render(values).stream()
          .filter(object -> object.at("/metadata/name").asText().equals("shop-flashsale"))
          .filter(object -> object.at("/kind").asText().equals("ConfigMap"))
          .forEach(object -> object.at("/data").fieldNames().forEachRemaining(set::add));
    }
    set.remove("POD_IP"); // what others are made of

    assertThat(set).hasSizeGreaterThan(15);
    assertThat(read()).containsAll(set);
  }

  @Test
  void thoseThatTheChartKeepsForItselfAreRead() throws IOException {
    var names =
        Chart.YAML
            .readTree(Chart.DIRECTORY.resolve("values.schema.json").toFile())
            .at("/properties/settings/propertyNames/not/enum");
    Set<String> kept = new TreeSet<>();
    names.forEach(name -> kept.add(name.asText()));

    assertThat(kept).hasSizeGreaterThan(15);
    assertThat(read()).containsAll(kept);
  }

  @Test
  void thoseOfComposeSystemdAndTheImageAreRead() throws IOException {
    Set<String> set = new TreeSet<>(all("^#?([A-Z_]+)=", Path.of("deploy/systemd/flashsale.env")));
    set.addAll(all("^Environment=([A-Z_]+)=", Path.of("deploy/systemd/flashsale.service")));
    String compose = Files.readString(Path.of("docker-compose.yml"));
    String nodes =
        compose.substring(compose.indexOf("x-node-environment"), compose.indexOf("services:"));
    Matcher name = Pattern.compile("(?m)^ {2}([A-Z_]+):").matcher(nodes);
    while (name.find()) {
      set.add(name.group(1));
    }
    set.addAll(all("^ENV ([A-Z_]+)=", Path.of("Dockerfile")));
    set.removeAll(Set.of("HOME", "PATH"));

    assertThat(set).hasSizeGreaterThan(15);
    assertThat(read()).containsAll(set);
  }
}
