package io.flashsale.deployment;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The chart, rendered by Helm, and read as strictly as the API of Kubernetes would. */
final class Chart {

  static final Path DIRECTORY = Path.of("helm").toAbsolutePath();
  static final String RELEASE = "shop";
  static final String NAMESPACE = "sales";
  static final String HOOK = "test/hook";

  /** The oldest that Chart.yaml admits. */
  private static final String KUBERNETES = "1.27.0";

  static final YAMLMapper YAML = new YAMLMapper();
  private static final KubernetesSerialization KINDS = new KubernetesSerialization();

  /** The models keep fields that they do not know; this reader refuses them. */
  private static final JsonMapper STRICT =
      JsonMapper.builder()
          .annotationIntrospector(
              new JacksonAnnotationIntrospector() {
                @Override
                public Boolean hasAnySetter(Annotated annotated) {
                  return false;
                }
              })
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private static boolean copied;

  private Chart() {}

  static Helm helm() {
    return new Helm(DIRECTORY);
  }

  /**
   * A copy whose hooks are objects like any other, with the annotation {@link #HOOK}: hooks are not
   * in what is rendered here.
   */
  private static synchronized Path withoutHooks() {
    Path copy = Path.of("target/chart").toAbsolutePath();
    if (!copied) {
      try (Stream<Path> files = Files.walk(DIRECTORY)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          Path to = copy.resolve(DIRECTORY.relativize(file));
          Files.createDirectories(to.getParent());
          Files.writeString(to, Files.readString(file).replace("helm.sh/hook:", HOOK + ":"));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      copied = true;
    }
    return copy;
  }

  /** What ci/ has, each a whole way to install. */
  static List<Path> ways() {
    try (Stream<Path> files = Files.list(DIRECTORY.resolve("ci"))) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path way(String name) {
    return DIRECTORY.resolve("ci").resolve(name + "-values.yaml");
  }

  /** {@code set} is name, value, name, value ... on top of the file. */
  static List<JsonNode> render(Path values, Object... set) {
    TemplateCommand command =
        new Helm(withoutHooks())
            .template()
            .withKubeVersion(KUBERNETES)
            .withName(RELEASE)
            .withNamespace(NAMESPACE)
            .withValuesFile(values);
    for (int i = 0; i < set.length; i += 2) {
      command = command.set((String) set[i], set[i + 1]);
    }
    try (MappingIterator<JsonNode> documents =
        YAML.readerFor(JsonNode.class).readValues(command.call())) {
      return documents.readAll().stream().filter(JsonNode::isObject).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The one object of a kind whose name ends so. */
  static <T> T object(List<JsonNode> objects, Class<T> type, String suffix) {
    List<T> found =
        objects.stream()
            .filter(object -> object.at("/kind").asText().equals(type.getSimpleName()))
            .filter(object -> object.at("/metadata/name").asText().endsWith(suffix))
            .map(object -> read(object, type))
            .toList();
    if (found.size() != 1) {
      throw new AssertionError(
          "%d of %s ...%s".formatted(found.size(), type.getSimpleName(), suffix));
    }
    return found.getFirst();
  }

  static boolean has(List<JsonNode> objects, String kind) {
    return objects.stream().anyMatch(object -> object.at("/kind").asText().equals(kind));
  }

  /**
   * The class of a kind of Kubernetes itself or the Gateway API; null for those of operators.
   *
   * @throws AssertionError with the path of a field that the kind does not have
   */
  static void checkFields(JsonNode object) {
    Class<?> type =
        KINDS.getRegisteredKubernetesResource(
            object.at("/apiVersion").asText(), object.at("/kind").asText());
    if (type != null) {
      read(object, type);
    }
  }

  static boolean isKnown(JsonNode object) {
    return KINDS.getRegisteredKubernetesResource(
            object.at("/apiVersion").asText(), object.at("/kind").asText())
        != null;
  }

  private static <T> T read(JsonNode object, Class<T> type) {
    try {
      return STRICT.treeToValue(object, type);
    } catch (IOException e) {
      throw new AssertionError(object.at("/metadata/name") + ": " + e.getMessage(), e);
    }
  }

  /** The pods that the objects make. */
  static List<PodTemplateSpec> pods(List<JsonNode> objects) {
    return objects.stream().flatMap(Chart::pod).toList();
  }

  private static Stream<PodTemplateSpec> pod(JsonNode object) {
    return switch (object.at("/kind").asText()) {
      case "Deployment", "Job" ->
          Stream.of(read(object.at("/spec/template"), PodTemplateSpec.class));
      case "Pod" -> {
        var pod = read(object, io.fabric8.kubernetes.api.model.Pod.class);
        yield Stream.of(
            new PodTemplateSpecBuilder()
                .withMetadata(((HasMetadata) pod).getMetadata())
                .withSpec(pod.getSpec())
                .build());
      }
      default -> Stream.empty();
    };
  }
}
