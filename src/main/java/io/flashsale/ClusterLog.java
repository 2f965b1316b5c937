package io.flashsale;

import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.Behaviors;
import akka.cluster.ClusterEvent;
import akka.cluster.Member;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.Subscribe;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says in the log who comes and goes, a line for each: Akka says it in many. */
final class ClusterLog {

  private static final Logger log = LoggerFactory.getLogger(ClusterLog.class);

  private ClusterLog() {}

  static Behavior<ClusterEvent.ClusterDomainEvent> create() {
    return Behaviors.setup(
        context -> {
          Cluster.get(context.getSystem())
              .subscriptions()
              .tell(Subscribe.create(context.getSelf(), ClusterEvent.ClusterDomainEvent.class));
          return Behaviors.receiveMessage(
              event -> {
                log(event);
                return Behaviors.same();
              });
        });
  }

  private static void log(ClusterEvent.ClusterDomainEvent event) {
    switch (event) {
      case ClusterEvent.MemberUp up -> log.info("Node {} has joined", address(up.member()));
      case ClusterEvent.MemberLeft left -> log.info("Node {} is leaving", address(left.member()));
      case ClusterEvent.MemberDowned downed ->
          log.warn("Node {} is downed: the others go on without it", address(downed.member()));
      case ClusterEvent.MemberRemoved removed ->
          log.info("Node {} is no longer in the cluster", address(removed.member()));
      case ClusterEvent.UnreachableMember lost ->
          log.warn("Node {} cannot be reached", address(lost.member()));
      case ClusterEvent.ReachableMember back ->
          log.info("Node {} can be reached again", address(back.member()));
      default -> {} // what only Akka needs
    }
  }

  static String address(Member member) {
    return member.address().getHost().orElse("?") + ":" + member.address().getPort().orElse(0);
  }
}
