package io.flashsale.simulation;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;

/** An actor that remembers nothing beyond its life. */
final class PlainActor<C> {

  private final EntityContext<C> context;
  private Behavior<C> behavior;

  PlainActor(World world, String name, Behavior<C> initial) {
    context =
        new EntityContext<>(
            world,
            name,
            this::receive,
            () -> {
              throw new UnsupportedOperationException(name + " has no journal");
            });
    behavior = Behavior.start(initial, context);
  }

  private void receive(C message) {
    Behavior<C> next = Behavior.interpretMessage(behavior, context, message);
    behavior = Behavior.canonicalize(next, behavior, context);
  }

  ActorRef<C> self() {
    return context.getSelf();
  }

  /** It is not heard of again. */
  void kill() {
    context.end();
  }
}
