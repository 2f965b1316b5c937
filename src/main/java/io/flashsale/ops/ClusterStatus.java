package io.flashsale.ops;

import akka.actor.ActorRef;
import akka.actor.Address;
import akka.actor.typed.ActorSystem;
import akka.cluster.Member;
import akka.cluster.MemberStatus;
import akka.cluster.sharding.ClusterSharding;
import akka.cluster.sharding.ShardRegion;
import akka.cluster.typed.Cluster;
import akka.pattern.Patterns;
import io.flashsale.item.Item;
import io.flashsale.user.User;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import scala.concurrent.duration.FiniteDuration;

/** The members of the cluster as this node sees them, and what lives on each. */
public final class ClusterStatus {

  private static final FiniteDuration REGIONS_PATIENCE = FiniteDuration.create(1, "second");
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /**
   * What was seen.
   *
   * @param node {@code host:port} of the node that says so
   * @param members the oldest first
   */
  public record Report(String node, List<Node> members) {}

  /**
   * One member.
   *
   * @param address {@code host:port}
   * @param status {@code up}, {@code leaving} ... as Akka calls it
   * @param reachable whether all others can reach it, as far as this node knows
   * @param singletons those that run on it
   */
  public record Node(
      String address,
      String status,
      boolean reachable,
      List<String> roles,
      String version,
      List<String> singletons,
      Shards shards) {}

  /** How many of a member; 0 of all members if one did not say so within a second. */
  public record Shards(int item, int user) {}

  private final ActorSystem<?> system;
  private final Cluster cluster;
  private final String role;
  private final List<String> singletons;

  /**
   * Asks nobody yet.
   *
   * @param role of the members on which entities and singletons live
   */
  public ClusterStatus(ActorSystem<?> system, String role, List<String> singletons) {
    this.system = system;
    this.cluster = Cluster.get(system);
    this.role = role;
    this.singletons = List.copyOf(singletons);
  }

  /** Asks all members for their shards, which takes a second if one cannot be reached. */
  public CompletionStage<Report> report() {
    return shards(Item.TYPE.name()).thenCombine(shards(User.TYPE.name()), this::report);
  }

  private CompletionStage<Map<Address, Integer>> shards(String type) {
    ActorRef region = ClusterSharding.get(system).shardRegion(type);
    return Patterns.ask(region, new ShardRegion.GetClusterShardingStats(REGIONS_PATIENCE), PATIENCE)
        .thenApply(
            answer ->
                ((ShardRegion.ClusterShardingStats) answer)
                    .getRegions().entrySet().stream()
                        .collect(
                            Collectors.toMap(
                                Map.Entry::getKey, found -> found.getValue().getStats().size())))
        .exceptionally(_ -> Map.of());
  }

  private Report report(Map<Address, Integer> items, Map<Address, Integer> users) {
    List<Member> members =
        StreamSupport.stream(cluster.state().getMembers().spliterator(), false)
            .sorted((one, other) -> Integer.compare(one.upNumber(), other.upNumber()))
            .toList();
    // Where Akka has them, until they have been handed over.
    Member oldest =
        members.stream()
            .filter(member -> member.hasRole(role) && isIn(member))
            .findFirst()
            .orElse(null);
    return new Report(
        name(cluster.selfMember().address()),
        members.stream()
            .map(
                member ->
                    new Node(
                        name(member.address()),
                        member.status().toString().toLowerCase(Locale.ROOT),
                        !cluster.state().getUnreachable().contains(member),
                        member.getRoles().stream()
                            .filter(word -> !word.startsWith("dc-"))
                            .sorted()
                            .toList(),
                        member.appVersion().version(),
                        member.equals(oldest) ? singletons : List.of(),
                        new Shards(shardsOf(member, items), shardsOf(member, users))))
            .toList());
  }

  private static boolean isIn(Member member) {
    return member.status().equals(MemberStatus.up())
        || member.status().equals(MemberStatus.leaving());
  }

  private int shardsOf(Member member, Map<Address, Integer> shards) {
    return shards.getOrDefault(member.address(), 0);
  }

  private static String name(Address address) {
    return address.getHost().orElse("?") + ":" + address.getPort().orElse(0);
  }
}
