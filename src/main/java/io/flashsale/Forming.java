package io.flashsale;

import akka.actor.typed.ActorSystem;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.Join;
import akka.management.cluster.bootstrap.ClusterBootstrap;
import akka.management.javadsl.AkkaManagement;
import io.flashsale.database.Database;
import io.flashsale.http.MetricsManagement;
import io.flashsale.ops.OperatorException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a node finds its cluster: it is one by itself, it joins nodes that are named, or it finds
 * them by DNS or from Kubernetes (Akka Cluster Bootstrap, over the management port).
 */
final class Forming {

  private static final Logger log = LoggerFactory.getLogger(Forming.class);

  private Forming() {}

  /** What Akka has to know before the actor system starts. */
  static Map<String, Object> known(Settings.Cluster cluster) {
    Map<String, Object> known = new HashMap<>();
    known.put("akka.cluster.roles", cluster.roles());
    String bootstrap = "akka.management.cluster.bootstrap.contact-point-discovery.";
    switch (cluster.form()) {
      case DNS -> known.put(bootstrap + "discovery-method", "akka-dns");
      case KUBERNETES -> known.put(bootstrap + "discovery-method", "kubernetes-api");
      case SELF, SEEDS -> {}
    }
    if (cluster.metrics()) {
      known.put("akka.management.http.routes.metrics", MetricsManagement.class.getName());
    }
    if (cluster.tls() != null) {
      String artery = "akka.remote.artery.";
      known.put(artery + "transport", "tls-tcp");
      known.put(
          artery + "ssl.ssl-engine-provider",
          "akka.remote.artery.tcp.ssl.RotatingKeysSSLEngineProvider");
      String keys = artery + "ssl.rotating-keys-engine.";
      known.put(keys + "cert-file", cluster.tls().certificate().toString());
      known.put(keys + "key-file", cluster.tls().key().toString());
      known.put(keys + "ca-cert-file", cluster.tls().authority().toString());
    }
    return known;
  }

  /**
   * Begins to join.
   *
   * @param fail told if the management port cannot be used, or no cluster can be joined; the system
   *     terminates then
   */
  static void join(
      ActorSystem<?> system,
      Settings.Cluster cluster,
      Database database,
      Consumer<OperatorException> fail) {
    switch (cluster.form()) {
      case SELF -> {
        Cluster self = Cluster.get(system);
        self.manager().tell(Join.create(self.selfMember().address()));
      }
      case SEEDS -> Seeds.join(system, cluster.seeds(), database, fail);
      case DNS, KUBERNETES -> {} // below, once the management port answers
    }
    if (!cluster.management()) {
      return;
    }
    AkkaManagement.get(system)
        .start()
        .whenComplete(
            (uri, failure) -> {
              if (failure != null) {
                fail.accept(
                    new OperatorException(
                        "The management port cannot be used: %s; set MANAGEMENT_HOST and MANAGEMENT_PORT"
                            .formatted(Database.oneLine(failure)),
                        failure));
                system.terminate();
                return;
              }
              log.info("Management on {}", uri);
              if (cluster.form() == Settings.Form.DNS
                  || cluster.form() == Settings.Form.KUBERNETES) {
                ClusterBootstrap.get(system).start();
              }
            });
  }
}
