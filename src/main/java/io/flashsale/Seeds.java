package io.flashsale;

import akka.actor.Address;
import akka.actor.AddressFromURIString;
import akka.actor.typed.ActorSystem;
import akka.cluster.Cluster;
import io.flashsale.database.ClusterLock;
import io.flashsale.database.Database;
import io.flashsale.ops.OperatorException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins the nodes that are named. Akka lets the first of them form a cluster if none of the others
 * answers within five seconds. They may be at work, and it too busy to hear them, or cut off; then
 * there would be two clusters. So the first one forms a cluster only while no other node is a
 * member of one that works with the same database, and joins them otherwise.
 */
final class Seeds implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(Seeds.class);

  /** How often the lock is looked after. */
  private static final Duration EVERY = Duration.ofSeconds(2);

  private final ActorSystem<?> system;
  private final Cluster cluster;
  private final List<Address> seeds;
  private final ClusterLock lock;
  private final Consumer<OperatorException> fail;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread named = new Thread(task, "cluster-lock");
            named.setDaemon(true);
            return named;
          });
  private boolean joining;
  private boolean forming;
  private boolean member;

  private Seeds(
      ActorSystem<?> system,
      List<String> seeds,
      Database database,
      Consumer<OperatorException> fail) {
    this.system = system;
    this.cluster = Cluster.get(system.classicSystem());
    this.seeds =
        seeds.stream().map(seed -> AddressFromURIString.parse("akka://flashsale@" + seed)).toList();
    this.lock = new ClusterLock(database);
    this.fail = fail;
  }

  /**
   * Begins to join.
   *
   * @param fail told if this node can neither form a cluster nor join one; the system terminates
   */
  static void join(
      ActorSystem<?> system,
      List<String> seeds,
      Database database,
      Consumer<OperatorException> fail) {
    Seeds joining = new Seeds(system, seeds, database, fail);
    var _ =
        joining.thread.scheduleWithFixedDelay(joining, 0, EVERY.toMillis(), TimeUnit.MILLISECONDS);
    joining.cluster.registerOnMemberUp(() -> joining.thread.execute(joining::joined));
    system.getWhenTerminated().whenComplete((_, _) -> joining.thread.execute(joining::end));
  }

  /** By its own thread, as everything that follows. */
  @Override
  public void run() {
    if (member) {
      lock.keep();
    } else if (!forming && seeds.getFirst().equals(cluster.selfAddress())) {
      formUnlessOthersHave();
    } else if (!joining) {
      join(seeds);
    }
  }

  private void formUnlessOthersHave() {
    try {
      forming = lock.takeAlone();
    } catch (SQLException e) {
      log.warn("Whether there is a cluster cannot be asked for: {}", Database.oneLine(e));
      return;
    }
    List<Address> others = seeds.subList(1, seeds.size());
    if (forming) {
      join(seeds);
    } else if (others.isEmpty()) {
      fail.accept(
          new OperatorException(
              "Other nodes are a cluster with this database already, and CLUSTER_SEEDS names this"
                  + " node alone: name one of them, too, or stop them"));
      system.terminate();
    } else if (!joining) {
      log.info("Other nodes are a cluster already: this one joins them");
      join(others);
    }
  }

  private void join(List<Address> addresses) {
    joining = true;
    cluster.joinSeedNodes(addresses);
  }

  private void joined() {
    member = true;
    lock.join();
  }

  private void end() {
    lock.close();
    thread.shutdown();
  }
}
