package io.flashsale.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** docker-compose.yml, as far as it can be judged without running it. */
class ComposeTest {

  /** It makes copies of what is merged; the reader of Jackson does not. */
  private static JsonNode services;

  @BeforeAll
  static void read() throws IOException {
    Map<String, Object> file =
        new Yaml(new SafeConstructor(new LoaderOptions()))
            .load(Files.readString(Path.of("docker-compose.yml")));
    services = Chart.YAML.valueToTree(file.get("services"));
  }

  private static List<JsonNode> nodes() {
    List<JsonNode> nodes = new ArrayList<>();
    services
        .properties()
        .forEach(
            service -> {
              if (service.getKey().startsWith("node-")) {
                nodes.add(service.getValue());
              }
            });
    return nodes;
  }

  @Test
  void threeNodesKnowEachOtherByTheirNames() {
    assertThat(nodes()).hasSize(3);
    List<String> seeds = new ArrayList<>();
    for (JsonNode node : nodes()) {
      seeds.add(node.at("/environment/CLUSTER_HOST").asText() + ":25520");
    }
    for (JsonNode node : nodes()) {
      assertThat(node.at("/environment/CLUSTER_SEEDS").asText()).isEqualTo(String.join(",", seeds));
      assertThat(services.has(node.at("/environment/CLUSTER_HOST").asText())).isTrue();
    }
  }

  @Test
  void nginxHasEveryNodeWhoseAddressStaysTheSame() throws IOException {
    List<String> servers =
        Files.readAllLines(Path.of("deploy/nginx/nodes.conf")).stream()
            .filter(line -> line.startsWith("server "))
            .map(line -> line.split(" ", -1)[1])
            .toList();

    assertThat(servers).hasSize(nodes().size());
    for (String server : servers) {
      String node = server.replaceFirst(":8080$", "");
      assertThat(services.has(node)).as(node).isTrue();
      String address = services.path(node).at("/networks/default/ipv4_address").asText();
      assertThat(address).startsWith("${NETWORK:-10.213.77}.1");
      assertThat(services.at("/nginx/extra_hosts").toString()).contains(node + ":" + address);
    }
  }

  @Test
  void everyImageIsOfOneVersionAndEveryServiceStartsAgain() {
    for (Map.Entry<String, JsonNode> service : services.properties()) {
      assertThat(service.getValue().at("/image").asText())
          .as(service.getKey())
          .matches("\\$\\{[A-Z]+_IMAGE:-[a-z/]+:v?\\d[\\w.-]+}");
      assertThat(service.getValue().at("/restart").asText()).isEqualTo("unless-stopped");
    }
  }

  @Test
  void nodesAndNginxMayDoNothingThatTheyNeedNot() {
    List<JsonNode> restricted = new ArrayList<>(nodes());
    restricted.add(services.at("/nginx"));
    for (JsonNode service : restricted) {
      assertThat(service.at("/read_only").asBoolean()).isTrue();
      assertThat(service.at("/cap_drop/0").asText()).isEqualTo("ALL");
      assertThat(service.at("/security_opt/0").asText()).isEqualTo("no-new-privileges:true");
      assertThat(service.has("mem_limit")).isTrue();
      assertThat(service.has("privileged")).isFalse();
    }
    for (JsonNode node : nodes()) {
      assertThat(node.at("/stop_grace_period").asText()).isEqualTo("25s");
    }
  }

  @Test
  void onlyNginxIsReachedFromOtherMachines() {
    for (Map.Entry<String, JsonNode> service : services.properties()) {
      for (JsonNode port : service.getValue().path("ports")) {
        if (!service.getKey().equals("nginx")) {
          assertThat(port.asText()).as(service.getKey()).startsWith("127.0.0.1:");
        }
      }
    }
    assertThat(services.at("/nginx/ports")).hasSize(1);
  }

  @Test
  void noPasswordIsInTheFile() {
    List<String> secrets = new ArrayList<>();
    for (JsonNode service : services) {
      service
          .path("environment")
          .properties()
          .forEach(
              variable -> {
                if (variable.getKey().matches(".*(PASSWORD|TOKEN).*")) {
                  secrets.add(variable.getValue().asText());
                }
              });
    }
    assertThat(secrets)
        .hasSizeGreaterThan(4)
        .allMatch(secret -> secret.matches("\\$\\{.*(:\\?.*|:-)}}?"));
  }

  @Test
  void whatIsMountedIsThere() {
    for (JsonNode service : services) {
      for (JsonNode volume : service.path("volumes")) {
        String source =
            volume
                .asText()
                .replace("${LISTEN:-http}", "http")
                .replaceFirst("^\\$\\{[A-Z_]+:-(.*)}:", "$1:")
                .split(":", -1)[0];
        if (source.startsWith("./")) {
          assertThat(Path.of(source)).exists();
        }
      }
    }
  }

  @Test
  void prometheusAndGrafanaFindWhatTheyRead() throws IOException {
    Map<String, Path> prometheus = mounted("prometheus");
    String config = services.at("/prometheus/command/0").asText().replace("--config.file=", "");
    assertThat(at(prometheus, config)).exists();
    JsonNode scraped =
        Chart.YAML
            .readTree(at(prometheus, config).toFile())
            .at("/scrape_configs/0/file_sd_configs/0/files/0");
    JsonNode nodes =
        Chart.YAML.readTree(at(prometheus, "/etc/prometheus/" + scraped.asText()).toFile());
    for (JsonNode target : nodes.at("/0/targets")) {
      assertThat(services.has(target.asText().replace(":8080", ""))).as(target.asText()).isTrue();
    }
    assertThat(nodes.at("/0/targets")).hasSize(3);

    Map<String, Path> grafana = mounted("grafana");
    Path provider = at(grafana, "/etc/grafana/provisioning/dashboards/flashsale.yml");
    String dashboards =
        Chart.YAML.readTree(provider.toFile()).at("/providers/0/options/path").asText();
    assertThat(at(grafana, dashboards + "/flashsale.json")).exists();
  }

  /** Of the files of this directory, by the place where the service sees them. */
  private static Map<String, Path> mounted(String service) {
    Map<String, Path> mounted = new TreeMap<>(Comparator.reverseOrder()); // the longest first
    for (JsonNode volume : services.at("/" + service + "/volumes")) {
      String[] parts = volume.asText().split(":", -1);
      if (parts[0].startsWith("./")) {
        mounted.put(parts[1], Path.of(parts[0]));
      }
    }
    return mounted;
  }

  private static Path at(Map<String, Path> mounted, String place) {
    for (var each : mounted.entrySet()) {
      if (place.equals(each.getKey())) {
        return each.getValue();
      }
      if (place.startsWith(each.getKey() + "/")) {
        return each.getValue().resolve(place.substring(each.getKey().length() + 1));
      }
    }
    throw new AssertionError(place + " is not mounted");
  }
}
