package io.flashsale.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The values of the chart, their schema, and their table in the README of the chart. */
class ChartValuesTest {

  private static final Path VALUES = Chart.DIRECTORY.resolve("values.yaml");
  private static final Path README = Chart.DIRECTORY.resolve("README.md");
  private static final String COMMENT = "# -- ";
  private static final String BEGIN = "| Value | Default | |\n|---|---|---|\n";

  /** A mismatch is mended by what target/values.md has then. */
  @Test
  void theReadmeHasTheTableOfAllValues() throws IOException {
    String readme = Files.readString(README);
    int begin = readme.indexOf(BEGIN);
    String table = table();
    Files.writeString(Path.of("target/values.md"), table);

    assertThat(readme.substring(begin, readme.indexOf("\n\n", begin) + 1)).isEqualTo(table);
  }

  @Test
  void theSchemaHasEveryValueAndNoOther() throws IOException {
    JsonNode schema = Chart.YAML.readTree(Chart.DIRECTORY.resolve("values.schema.json").toFile());
    JsonNode values = Chart.YAML.readTree(VALUES.toFile());

    compare("", schema, values);
  }

  private static void compare(String path, JsonNode schema, JsonNode values) {
    JsonNode properties = schema.path("properties");
    if (schema.has("$ref") || !schema.path("additionalProperties").isBoolean()) {
      return; // a map, or the fields of an object of Kubernetes
    }
    TreeSet<String> known = new TreeSet<>();
    properties.fieldNames().forEachRemaining(known::add);
    known.remove("global"); // every chart may be given it
    TreeSet<String> given = new TreeSet<>();
    values.fieldNames().forEachRemaining(given::add);
    assertThat(known).as(path).isEqualTo(given);
    for (String name : given) {
      compare(path + name + ".", properties.path(name), values.path(name));
    }
  }

  /** Of each comment that begins with "--" the value below it. */
  private static String table() throws IOException {
    JsonNode values = Chart.YAML.readTree(VALUES.toFile());
    StringBuilder table = new StringBuilder(BEGIN);
    Deque<String> path = new ArrayDeque<>();
    List<String> said = new ArrayList<>();
    for (String line : Files.readAllLines(VALUES)) {
      String text = line.strip();
      if (text.startsWith(COMMENT)) {
        said.add(text.substring(COMMENT.length()));
      } else if (text.matches("[a-zA-Z]\\w*:.*")) {
        int depth = (line.length() - line.stripLeading().length()) / 2;
        while (path.size() > depth) {
          path.removeLast();
        }
        path.addLast(text.substring(0, text.indexOf(':')));
        if (!said.isEmpty()) {
          JsonNode value = values.at("/" + String.join("/", path));
          table.append(
              "| `%s` | `%s` | %s |%n"
                  .formatted(String.join(".", path), value, String.join(" ", said)));
        }
        said.clear();
      }
    }
    return table.toString();
  }
}
