package io.flashsale.deployment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What the chart makes, for each of the values in helm/ci. */
class ChartTest {

  private static final Path LEAST = Chart.way("existing-secret");
  private static final Path MOST = Chart.way("everything");
  private static final Path TRIAL = Chart.way("trial");
  private static final String NAME = Chart.RELEASE + "-flashsale";

  /** Kinds of operators, whose fields nothing here knows. */
  private static final List<String> OF_OPERATORS =
      List.of("ServiceMonitor", "PrometheusRule", "Cluster");

  static Stream<Path> ways() {
    return Chart.ways().stream();
  }

  private static Container node(List<JsonNode> objects) {
    return deployment(objects).getSpec().getTemplate().getSpec().getContainers().getFirst();
  }

  private static Deployment deployment(List<JsonNode> objects) {
    return Chart.object(objects, Deployment.class, NAME);
  }

  private static Map<String, String> variables(Container container) {
    Map<String, String> variables = new HashMap<>();
    for (EnvVar variable : container.getEnv()) {
      var from = variable.getValueFrom();
      variables.put(
          variable.getName(),
          from == null
              ? variable.getValue()
              : from.getFieldRef() != null
                  ? from.getFieldRef().getFieldPath()
                  : from.getSecretKeyRef().getName() + "/" + from.getSecretKeyRef().getKey());
    }
    return variables;
  }

  // ---------------------------------------------------------------- all of it

  @Test
  void helmFindsNoFault() {
    var lint = Chart.helm().lint().strict().call();

    assertThat(lint.isFailed()).as(lint.getMessages().toString()).isFalse();
  }

  @ParameterizedTest
  @MethodSource("ways")
  void everyObjectHasOnlyFieldsOfItsKindAndTheLabelsOfTheRelease(Path values) {
    for (JsonNode object : Chart.render(values)) {
      Chart.checkFields(object);
      String kind = object.at("/kind").asText();
      assertThat(Chart.isKnown(object)).as(kind).isNotEqualTo(OF_OPERATORS.contains(kind));
      String name = object.at("/metadata/name").asText();
      assertThat(name).startsWith(Chart.RELEASE).hasSizeLessThan(64);
      if (!name.endsWith("-extra")) {
        assertThat(object.at("/metadata/labels").has("app.kubernetes.io/instance"))
            .as(name)
            .isTrue();
      }
    }
  }

  @Test
  void aFieldThatAKindDoesNotHaveIsFound() {
    JsonNode deployment =
        Chart.render(LEAST).stream().filter(ChartTest::isDeployment).toList().getFirst();
    ((com.fasterxml.jackson.databind.node.ObjectNode) deployment.at("/spec")).put("replicaz", 3);

    assertThatThrownBy(() -> Chart.checkFields(deployment)).hasMessageContaining("replicaz");
  }

  private static boolean isDeployment(JsonNode object) {
    return object.at("/kind").asText().equals("Deployment");
  }

  /** With the defaults, too, of which "existing-secret" changes nothing but the secret. */
  @ParameterizedTest
  @MethodSource("ways")
  void podSecurityRestrictedAdmitsEveryPod(Path values) {
    List<PodTemplateSpec> pods = Chart.pods(Chart.render(values));

    assertThat(pods).isNotEmpty();
    for (PodTemplateSpec pod : pods) {
      var spec = pod.getSpec();
      assertThat(spec.getSecurityContext().getRunAsNonRoot()).isTrue();
      assertThat(spec.getSecurityContext().getRunAsUser()).isPositive();
      assertThat(spec.getSecurityContext().getSeccompProfile().getType())
          .isEqualTo("RuntimeDefault");
      assertThat(spec.getHostNetwork()).isNull();
      for (var volume : spec.getVolumes()) {
        assertThat(volume.getHostPath()).as(volume.getName()).isNull();
      }
      for (Container container : spec.getContainers()) {
        var context = container.getSecurityContext();
        assertThat(context.getAllowPrivilegeEscalation()).as(container.getName()).isFalse();
        assertThat(context.getCapabilities().getDrop()).containsExactly("ALL");
        assertThat(context.getReadOnlyRootFilesystem()).isTrue();
        assertThat(context.getPrivileged()).isNull();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void everyContainerHasABoundOfItsMemoryAndAnImageOfOneVersion(Path values) {
    for (PodTemplateSpec pod : Chart.pods(Chart.render(values))) {
      for (Container container : pod.getSpec().getContainers()) {
        assertThat(container.getResources().getLimits()).containsKey("memory");
        // A node that is throttled looks like one that is lost.
        assertThat(container.getResources().getLimits()).doesNotContainKey("cpu");
        assertThat(container.getImage()).containsAnyOf(":", "@sha256:").doesNotEndWith(":latest");
      }
    }
  }

  // ---------------------------------------------------------------- what refers to what

  @ParameterizedTest
  @MethodSource("ways")
  void whatSelectsNodesSelectsAllOfThemAndNoOtherPod(Path values) {
    List<JsonNode> objects = Chart.render(values);
    List<Map<String, String>> selectors = new ArrayList<>();
    Deployment deployment = deployment(objects);
    selectors.add(deployment.getSpec().getSelector().getMatchLabels());
    selectors.add(Chart.object(objects, Service.class, NAME).getSpec().getSelector());
    selectors.add(Chart.object(objects, Service.class, "-nodes").getSpec().getSelector());
    for (var spread : deployment.getSpec().getTemplate().getSpec().getTopologySpreadConstraints()) {
      selectors.add(spread.getLabelSelector().getMatchLabels());
    }
    if (Chart.has(objects, "PodDisruptionBudget")) {
      var budget = Chart.object(objects, PodDisruptionBudget.class, NAME);
      selectors.add(budget.getSpec().getSelector().getMatchLabels());
    }
    if (Chart.has(objects, "NetworkPolicy")) {
      var policy = Chart.object(objects, NetworkPolicy.class, NAME);
      selectors.add(policy.getSpec().getPodSelector().getMatchLabels());
      selectors.add(
          policy
              .getSpec()
              .getIngress()
              .get(1)
              .getFrom()
              .getFirst()
              .getPodSelector()
              .getMatchLabels());
    }
    // The nodes find each other by this one.
    selectors.add(Map.of("app", NAME));

    for (Map<String, String> selector : selectors) {
      for (PodTemplateSpec pod : Chart.pods(objects)) {
        Map<String, String> labels = pod.getMetadata().getLabels();
        boolean isNode = "node".equals(labels.get("app.kubernetes.io/component"));
        assertThat(labels.entrySet().containsAll(selector.entrySet()))
            .as("%s of %s", selector, labels)
            .isEqualTo(isNode);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void portsProbesAndServicesAreThoseOfTheVariables(Path values) {
    List<JsonNode> objects = Chart.render(values);
    Container node = node(objects);
    Map<String, String> variables = variables(node);
    Map<String, Integer> ports = new HashMap<>();
    for (ContainerPort port : node.getPorts()) {
      ports.put(port.getName(), port.getContainerPort());
    }

    assertThat(ports)
        .containsOnly(
            Map.entry("http", Integer.valueOf(variables.get("HTTP_PORT"))),
            Map.entry("remoting", Integer.valueOf(variables.get("CLUSTER_PORT"))),
            Map.entry("management", Integer.valueOf(variables.get("MANAGEMENT_PORT"))));
    for (Probe probe :
        List.of(node.getStartupProbe(), node.getReadinessProbe(), node.getLivenessProbe())) {
      assertThat(probe.getHttpGet().getPort().getStrVal()).isEqualTo("management");
    }
    for (String service : List.of(NAME, "-nodes")) {
      for (ServicePort port : Chart.object(objects, Service.class, service).getSpec().getPorts()) {
        assertThat(ports).containsKey(port.getTargetPort().getStrVal());
      }
    }
    var headless = Chart.object(objects, Service.class, "-nodes").getSpec();
    assertThat(headless.getClusterIP()).isEqualTo("None");
    assertThat(headless.getPublishNotReadyAddresses()).isTrue();
  }

  @Test
  void secretsAndConfigMapsThatPodsNameAreThereOrWereGiven() {
    for (Path values : Chart.ways()) {
      List<JsonNode> objects = Chart.render(values);
      List<String> there = new ArrayList<>(List.of("flashsale-db", "flashsale-admin", "more"));
      there.add(NAME + "-db-app"); // the operator makes it
      objects.forEach(object -> there.add(object.at("/metadata/name").asText()));
      for (PodTemplateSpec pod : Chart.pods(objects)) {
        for (Container container : pod.getSpec().getContainers()) {
          container.getEnv().stream()
              .filter(env -> env.getValueFrom() != null)
              .filter(env -> env.getValueFrom().getSecretKeyRef() != null)
              .forEach(
                  env ->
                      assertThat(there).contains(env.getValueFrom().getSecretKeyRef().getName()));
          container.getEnvFrom().stream()
              .map(
                  from ->
                      from.getConfigMapRef() == null
                          ? from.getSecretRef().getName()
                          : from.getConfigMapRef().getName())
              .forEach(name -> assertThat(there).contains(name));
        }
      }
    }
  }

  // ---------------------------------------------------------------- nodes

  @Test
  void nodesAreReplacedOneByOneAndAreGivenTimeToLeave() {
    Deployment deployment = deployment(Chart.render(LEAST));
    var rolling = deployment.getSpec().getStrategy().getRollingUpdate();
    var pod = deployment.getSpec().getTemplate().getSpec();
    String pause =
        node(Chart.render(LEAST)).getLifecycle().getPreStop().getExec().getCommand().get(1);

    assertThat(deployment.getSpec().getReplicas()).isEqualTo(3);
    assertThat(rolling.getMaxUnavailable().getIntVal()).isZero();
    assertThat(rolling.getMaxSurge().getIntVal()).isEqualTo(1);
    // The runbook asks for 25 s.
    assertThat(pod.getTerminationGracePeriodSeconds()).isEqualTo(25 + Integer.parseInt(pause));
    // A service called "db" would set DB_PORT.
    assertThat(pod.getEnableServiceLinks()).isFalse();
  }

  /**
   * DB_PATIENCE and WARM_UP_AT_MOST with their defaults, 30 s (README), and some for the cluster.
   */
  @Test
  void aStartMayTakeAsLongAsItsPartsAreAllowedTo() {
    Probe startup = node(Chart.render(LEAST)).getStartupProbe();

    assertThat(startup.getPeriodSeconds() * startup.getFailureThreshold())
        .isGreaterThanOrEqualTo(60 + 20 + 30 + 60);
  }

  @Test
  void aDependencyThatIsLostEndsNoNode() {
    Probe liveness = node(Chart.render(LEAST)).getLivenessProbe();

    assertThat(liveness.getHttpGet().getPath()).isEqualTo("/alive");
    assertThat(liveness.getPeriodSeconds() * liveness.getFailureThreshold()).isGreaterThan(30);
  }

  @Test
  void nodesAskTheApiOfKubernetesWithNoMoreThanTheRightToReadPods() {
    List<JsonNode> objects = Chart.render(LEAST);
    Role role = Chart.object(objects, Role.class, NAME);
    RoleBinding binding = Chart.object(objects, RoleBinding.class, NAME);

    assertThat(variables(node(objects)))
        .containsEntry("CLUSTER_FORM", "kubernetes")
        .containsEntry("CLUSTER_SERVICE", NAME)
        .containsEntry("CLUSTER_NODES", "3")
        .containsEntry("CLUSTER_HOST", "$(POD_IP)")
        .containsEntry("POD_IP", "status.podIP");
    assertThat(
            deployment(objects).getSpec().getTemplate().getSpec().getAutomountServiceAccountToken())
        .isTrue();
    assertThat(role.getRules()).hasSize(1);
    assertThat(role.getRules().getFirst().getResources()).containsExactly("pods");
    assertThat(role.getRules().getFirst().getVerbs()).containsExactly("get", "list", "watch");
    assertThat(binding.getSubjects().getFirst().getNamespace()).isEqualTo(Chart.NAMESPACE);
    assertThat(binding.getSubjects().getFirst().getName())
        .isEqualTo(deployment(objects).getSpec().getTemplate().getSpec().getServiceAccountName());
    assertThat(binding.getRoleRef().getName()).isEqualTo(NAME);
  }

  @Test
  void nodesThatAskANameServerHaveNoRight() {
    List<JsonNode> objects = Chart.render(TRIAL);

    assertThat(variables(node(objects)))
        .containsEntry("CLUSTER_FORM", "dns")
        .containsEntry("CLUSTER_SERVICE", NAME + "-nodes." + Chart.NAMESPACE + ".svc")
        .containsEntry("CLUSTER_NODES", "1");
    assertThat(Chart.has(objects, "Role")).isFalse();
    assertThat(
            deployment(objects).getSpec().getTemplate().getSpec().getAutomountServiceAccountToken())
        .isFalse();
  }

  @Test
  void remotingAndManagementAreClosedToAllButTheNodes() {
    NetworkPolicy policy = Chart.object(Chart.render(LEAST), NetworkPolicy.class, NAME);

    for (NetworkPolicyIngressRule rule : policy.getSpec().getIngress()) {
      List<String> ports =
          rule.getPorts().stream()
              .map(NetworkPolicyPort::getPort)
              .map(port -> port.getStrVal())
              .toList();
      assertThat(rule.getFrom().isEmpty()).isEqualTo(ports.equals(List.of("http")));
    }
    assertThat(Chart.object(Chart.render(LEAST), Service.class, NAME).getSpec().getPorts())
        .extracting(ServicePort::getName)
        .containsExactly("http");
  }

  @Test
  void aChangeOfSettingsReplacesTheNodes() {
    String checksum = "checksum/config";
    Map<String, String> before =
        deployment(Chart.render(LEAST)).getSpec().getTemplate().getMetadata().getAnnotations();
    Map<String, String> same =
        deployment(Chart.render(LEAST)).getSpec().getTemplate().getMetadata().getAnnotations();
    Map<String, String> after =
        deployment(Chart.render(LEAST, "settings.SALE_ITEMS", 7))
            .getSpec()
            .getTemplate()
            .getMetadata()
            .getAnnotations();

    assertThat(same).containsEntry(checksum, before.get(checksum));
    assertThat(after.get(checksum)).isNotEqualTo(before.get(checksum));
  }

  @Test
  void theImageIsThatOfThisVersionAndSoIsWhatNodesSayOfThemselves() throws Exception {
    String version =
        Files.readAllLines(Path.of("pom.xml")).stream()
            .map(String::strip)
            .filter(line -> line.startsWith("<version>"))
            .findFirst()
            .orElseThrow()
            .replaceAll("</?version>", "");
    Container node = node(Chart.render(LEAST));

    assertThat(node.getImage()).isEqualTo("flashsale:" + version);
    assertThat(variables(node)).containsEntry("APP_VERSION", version);
    assertThat(node(Chart.render(MOST)).getImage()).contains("flashsale@sha256:");
    assertThat(variables(node(Chart.render(LEAST, "image.tag", "2.0"))))
        .containsEntry("APP_VERSION", "2.0");
  }

  // ---------------------------------------------------------------- the database

  @Test
  void aSecretInTheFormOfOperatorsIsEnough() {
    assertThat(variables(node(Chart.render(LEAST))))
        .containsEntry("DB_HOST", "flashsale-db/host")
        .containsEntry("DB_PORT", "flashsale-db/port")
        .containsEntry("DB_NAME", "flashsale-db/dbname")
        .containsEntry("DB_USER", "flashsale-db/user")
        .containsEntry("DB_PASSWORD", "flashsale-db/password");
  }

  @Test
  void aUrlIsStrongerThanTheHostOfTheSecret() {
    assertThat(variables(node(Chart.render(MOST))))
        .containsEntry("DB_URL", "jdbc:postgresql://db.example:5432/flashsale?sslmode=verify-full")
        .doesNotContainKey("DB_HOST")
        .containsEntry("DB_USER", "flashsale-db/username")
        .containsEntry("ADMIN_TOKEN", "flashsale-admin/bearer");
  }

  @Test
  void aPasswordIsPutIntoASecret() {
    List<JsonNode> objects = Chart.render(TRIAL);

    assertThat(variables(node(objects)))
        .containsEntry("DB_HOST", "postgresql")
        .containsEntry("DB_USER", "flashsale")
        .containsEntry("DB_PASSWORD", NAME + "-database/password")
        .containsEntry("ADMIN_TOKEN", NAME + "-admin/token");
    assertThat(
            Chart.object(objects, io.fabric8.kubernetes.api.model.Secret.class, "-database")
                .getStringData())
        .containsOnlyKeys("password");
  }

  @Test
  void aDatabaseOfTheOperatorHasEveryCommitOnASecondServer() {
    List<JsonNode> objects = Chart.render(Chart.way("cloudnativepg"));
    JsonNode cluster =
        objects.stream()
            .filter(object -> object.at("/kind").asText().equals("Cluster"))
            .findFirst()
            .orElseThrow();

    assertThat(cluster.at("/apiVersion").asText()).isEqualTo("postgresql.cnpg.io/v1");
    assertThat(cluster.at("/spec/instances").asInt()).isEqualTo(3);
    assertThat(cluster.at("/spec/postgresql/synchronous/number").asInt()).isEqualTo(1);
    assertThat(cluster.at("/spec/monitoring/enablePodMonitor").asBoolean()).isTrue();
    assertThat(variables(node(objects)))
        .containsEntry("DB_HOST", cluster.at("/metadata/name").asText() + "-app/host");
  }

  @Test
  void theSchemaIsMigratedBeforeAnUpgradeWithTheSameDatabaseAndImage() {
    List<JsonNode> objects = Chart.render(LEAST);
    Job job = Chart.object(objects, Job.class, "-migration");
    Container migrate = job.getSpec().getTemplate().getSpec().getContainers().getFirst();

    assertThat(job.getMetadata().getAnnotations()).containsEntry(Chart.HOOK, "pre-upgrade");
    assertThat(migrate.getArgs()).containsExactly("migrate");
    assertThat(migrate.getImage()).isEqualTo(node(objects).getImage());
    assertThat(variables(node(objects))).containsAllEntriesOf(variables(migrate));
    assertThat(variables(migrate)).containsKey("DB_PASSWORD");
  }

  @Test
  void helmTestAsksTheServiceForTheHealthOfANode() {
    List<JsonNode> objects = Chart.render(LEAST);
    Pod test = Chart.object(objects, Pod.class, "-test");

    assertThat(test.getMetadata().getAnnotations()).containsEntry(Chart.HOOK, "test");
    assertThat(test.getSpec().getContainers().getFirst().getCommand())
        .containsExactly("probe", NAME, "80", "/health");
    assertThat(Path.of("deploy/image/probe")).isExecutable();
  }

  // ---------------------------------------------------------------- what can be switched on

  @Test
  void everythingThatCanBeSwitchedOnIsThereAndLeadsToTheNodes() {
    List<JsonNode> objects = Chart.render(MOST);
    var backend =
        Chart.object(objects, Ingress.class, NAME)
            .getSpec()
            .getRules()
            .getFirst()
            .getHttp()
            .getPaths()
            .getFirst()
            .getBackend();
    var route =
        Chart.object(objects, HTTPRoute.class, NAME)
            .getSpec()
            .getRules()
            .getFirst()
            .getBackendRefs()
            .getFirst();
    var scaler = Chart.object(objects, HorizontalPodAutoscaler.class, NAME).getSpec();

    assertThat(backend.getService().getName()).isEqualTo(NAME);
    assertThat(backend.getService().getPort().getName()).isEqualTo("http");
    assertThat(route.getName()).isEqualTo(NAME);
    assertThat(route.getPort()).isEqualTo(80);
    assertThat(scaler.getScaleTargetRef().getName()).isEqualTo(NAME);
    assertThat(deployment(objects).getSpec().getReplicas()).isNull(); // the autoscaler's
    assertThat(variables(node(objects)))
        .containsEntry("CLUSTER_NODES", "3")
        .containsEntry("CLUSTER_TLS_CA", "/etc/flashsale/cluster-tls/ca.crt");
    JsonNode monitor =
        objects.stream()
            .filter(object -> object.at("/kind").asText().equals("ServiceMonitor"))
            .findFirst()
            .orElseThrow();
    assertThat(monitor.at("/spec/endpoints/0/path").asText()).isEqualTo("/metrics");
    assertThat(monitor.at("/spec/endpoints/0/port").asText()).isEqualTo("management");
    assertThat(Chart.object(objects, ConfigMap.class, NAME).getData())
        .containsEntry("METRICS", "management");
    assertThat(Chart.object(objects, Service.class, "-nodes").getMetadata().getLabels())
        .containsAllEntriesOf(
            Chart.YAML.convertValue(monitor.at("/spec/selector/matchLabels"), STRINGS));
    assertThat(node(objects).getResources().getLimits().get("memory"))
        .isEqualTo(new Quantity("2Gi"));
    assertThat(Chart.has(Chart.render(LEAST), "Ingress")).isFalse();
  }

  @Test
  void whatWatchesTheNodesIsWhatTheBuildHasTested() throws IOException {
    Path monitoring = Path.of("monitoring");
    List<JsonNode> objects = Chart.render(MOST);
    JsonNode groups =
        objects.stream()
            .filter(object -> object.at("/kind").asText().equals("PrometheusRule"))
            .findFirst()
            .orElseThrow()
            .at("/spec/groups");

    assertThat(groups.findValuesAsText("name"))
        .containsExactly("flashsale-rules", "flashsale-alerts", "ours");
    for (int i = 0; i < 2; i++) {
      Path file =
          monitoring.resolve(List.of("prometheus/rules.yml", "prometheus/alerts.yml").get(i));
      assertThat(groups.get(i)).isEqualTo(Chart.YAML.readTree(file.toFile()).at("/groups/0"));
    }
    assertThat(Chart.object(objects, ConfigMap.class, "-dashboards").getData())
        .containsEntry(
            "flashsale.json",
            Files.readString(monitoring.resolve("grafana/dashboards/flashsale.json")))
        .containsEntry("ours.json", "{}");
  }

  private static final com.fasterxml.jackson.core.type.TypeReference<Map<String, String>> STRINGS =
      new com.fasterxml.jackson.core.type.TypeReference<>() {};

  // ---------------------------------------------------------------- what is refused

  @ParameterizedTest
  @CsvSource({
    "replicaCount, 2, replicaCount",
    "replicaCount, 0, replicaCount",
    "image.tag, latest, image",
    "cluster.discovery, gossip, discovery",
    "database.port, 70000, port",
    "admin.token, short, token",
    "databaze.host, db, databaze",
    "settings.CLUSTER_SEEDS, a:1, CLUSTER_SEEDS",
    "settings.sale-items, 5, sale-items",
    "terminationGracePeriodSeconds, 26, preStopSeconds",
    "database.existingSecret, '', database.existingSecret",
    "serviceMonitor.enabled, true, networkPolicy.managementFrom",
  })
  void aValueThatCannotBeIsRefusedByName(String name, String value, String said) {
    Object typed = typed(value);

    assertThatThrownBy(() -> Chart.render(LEAST, name, typed)).hasMessageContaining(said);
  }

  private static Object typed(String value) {
    if (value.equals("true")) {
      return true;
    }
    return value.matches("\\d+") ? Integer.valueOf(value) : value;
  }

  @Test
  void aServiceMonitorOfAPortWithoutMetricsIsRefused() {
    assertThatThrownBy(
            () ->
                Chart.render(LEAST, "serviceMonitor.enabled", true, "serviceMonitor.port", "http"))
        .hasMessageContaining("settings.METRICS management");
  }

  @Test
  void fewerNodesThanCouldFormASecondClusterAreRefused() {
    assertThatThrownBy(() -> Chart.render(MOST, "autoscaling.maxReplicas", 6))
        .hasMessageContaining("more than half");
  }
}
