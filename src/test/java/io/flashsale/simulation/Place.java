package io.flashsale.simulation;

import akka.actor.typed.Behavior;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where an entity runs: started by the first message to it, as sharding does, on one node; on two
 * nodes at once in a partition.
 */
final class Place<C> {

  /** Makes the program of one more incarnation. */
  interface Creation<C> {
    Behavior<C> create(Node node, Tenancy tenancy);
  }

  /** What an incarnation may ask of its place. */
  interface Tenancy {

    /** It wants to leave memory. */
    void passivate();

    /** Run when it is gone, in whatever way. */
    void atEnd(Runnable what);
  }

  /** An incarnation with what its shard keeps for it while it leaves. */
  private final class Tenant implements Tenancy {
    private final Node node;
    private final Incarnation<C, Object, Object> incarnation;
    private final List<C> kept = new ArrayList<>();
    private final List<Runnable> atEnd = new ArrayList<>();
    private boolean leaving;

    private Tenant(Node node) {
      this.node = node;
      this.incarnation =
          new Incarnation<>(
              world, journal, name + "." + ++lives, _ -> creation.create(node, this), _ -> left());
    }

    private void receive(C message) {
      if (leaving) {
        kept.add(message);
      } else {
        incarnation.receive(message);
      }
    }

    @Override
    public void atEnd(Runnable what) {
      atEnd.add(what);
    }

    @Override
    public void passivate() {
      leaving = true;
      world.timeline.after(world.chance.between(0, 2_000), this::poison);
    }

    private void poison() {
      if (incarnation.isStopped()) {
        return;
      }
      if (stopMessage == null) {
        incarnation.poison();
      } else {
        incarnation.receive(stopMessage); // it may be dropped
        world.timeline.after(10_000, this::poison);
      }
    }

    private void left() {
      tenants.remove(this);
      atEnd.forEach(Runnable::run);
      if (!kept.isEmpty()) {
        Tenant next = start(node);
        kept.forEach(next::receive);
      }
    }

    private void kill() {
      world.trace.add(incarnation.toString(), "is killed");
      tenants.remove(this);
      incarnation.kill();
      atEnd.forEach(Runnable::run);
    }
  }

  private final World world;
  private final Journal journal;
  private final String name;
  private final List<Node> nodes;
  private final @Nullable C stopMessage;
  private final Creation<C> creation;
  private final List<Tenant> tenants = new ArrayList<>();
  private int lives;

  /**
   * Nobody is there yet.
   *
   * @param stopMessage null for that of Akka
   */
  Place(
      World world,
      Journal journal,
      String name,
      List<Node> nodes,
      @Nullable C stopMessage,
      Creation<C> creation) {
    this.world = world;
    this.journal = journal;
    this.name = name;
    this.nodes = nodes;
    this.stopMessage = stopMessage;
    this.creation = creation;
  }

  private Tenant start(Node node) {
    Tenant tenant = new Tenant(node);
    tenants.add(tenant);
    return tenant;
  }

  void deliver(C message) {
    Tenant tenant = tenants.isEmpty() ? start(world.chance.one(nodes)) : world.chance.one(tenants);
    tenant.receive(message);
  }

  /** Starts it if it does not run, on the first node that there is. */
  void ensureStarted() {
    if (tenants.isEmpty()) {
      start(world.chance.one(nodes));
    }
  }

  /** The other side of a partition starts it too. */
  void duplicate() {
    if (tenants.size() == 1) {
      start(world.chance.one(nodes));
    }
  }

  /** The partition is over: one side is downed, whichever it is. */
  void heal() {
    while (tenants.size() > 1) {
      world.chance.one(tenants).kill();
    }
  }

  void crash() {
    if (!tenants.isEmpty()) {
      world.chance.one(tenants).kill();
    }
  }

  void crashOn(Node node) {
    List.copyOf(tenants).stream().filter(tenant -> tenant.node == node).forEach(Tenant::kill);
  }

  /** Its shard finds it idle. */
  void passivate() {
    if (!tenants.isEmpty()) {
      Tenant tenant = world.chance.one(tenants);
      if (!tenant.leaving) {
        tenant.passivate();
      }
    }
  }
}
