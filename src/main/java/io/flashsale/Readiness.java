package io.flashsale;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.Extension;
import akka.actor.typed.ExtensionId;
import akka.actor.typed.javadsl.Adapter;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Whether the node takes requests, as {@code /ready} of the management port says it: who asks there
 * does not wait behind a crowd, and needs no certificate.
 */
final class Readiness implements Extension {

  private static final class Id extends ExtensionId<Readiness> {
    @Override
    public Readiness createExtension(ActorSystem<?> system) {
      return new Readiness();
    }
  }

  private static final Id ID = new Id();

  private volatile BooleanSupplier ready = () -> false;

  private Readiness() {}

  static Readiness get(ActorSystem<?> system) {
    return system.registerExtension(ID);
  }

  /** Says what this says from now on; no before. */
  void follow(BooleanSupplier ready) {
    this.ready = ready;
  }

  /** Made by Akka Management: {@code akka.management.health-checks}. */
  static final class Check implements Supplier<CompletionStage<Boolean>> {
    private final Readiness readiness;

    Check(akka.actor.ActorSystem system) {
      readiness = Readiness.get(Adapter.toTyped(system));
    }

    @Override
    public CompletionStage<Boolean> get() {
      return CompletableFuture.completedFuture(readiness.ready.getAsBoolean());
    }
  }
}
