package io.flashsale.journal;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.Behaviors;
import akka.persistence.typed.PersistenceId;
import akka.persistence.typed.javadsl.CommandHandler;
import akka.persistence.typed.javadsl.EventHandler;
import akka.persistence.typed.javadsl.EventSourcedBehavior;
import akka.persistence.typed.javadsl.Recovery;
import io.flashsale.item.Item;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.event.Level;

/** One incarnation of an entity that keeps the words it is told: an event each. */
final class Notebook implements AutoCloseable {

  private sealed interface Command {
    CompletableFuture<List<String>> answer();

    record Write(List<String> words, CompletableFuture<List<String>> answer) implements Command {}

    record Read(CompletableFuture<List<String>> answer) implements Command {}
  }

  private final ActorTestKit kit;
  private final ActorRef<Command> entity;
  private final CompletableFuture<List<String>> stopped = new CompletableFuture<>();

  Notebook(ActorTestKit kit, String id) {
    this.kit = kit;
    this.entity = kit.spawn(watched(id));
  }

  /** All its words, once these are written. Fails when the entity stops before. */
  CompletableFuture<List<String>> write(String... words) {
    return tell(new Command.Write(List.of(words), new CompletableFuture<>()));
  }

  /** All its words, once it has recovered. Fails when the entity stops before. */
  CompletableFuture<List<String>> read() {
    return tell(new Command.Read(new CompletableFuture<>()));
  }

  private CompletableFuture<List<String>> tell(Command command) {
    var _ = stopped.whenComplete((_, why) -> command.answer().completeExceptionally(why));
    entity.tell(command);
    return command.answer();
  }

  /** Stops it at once, whatever it waits for. */
  @Override
  public void close() {
    kit.stop(entity);
  }

  private Behavior<Command> watched(String id) {
    return Behaviors.setup(
        context -> {
          ActorRef<Command> entity = context.spawn(Behaviors.setup(_ -> new Entity(id)), "entity");
          context.watch(entity);
          return Behaviors.receive(Command.class)
              .onMessage(
                  Command.class,
                  command -> {
                    entity.tell(command);
                    return Behaviors.same();
                  })
              .onSignal(
                  Terminated.class,
                  _ -> {
                    stopped.completeExceptionally(new IllegalStateException("The entity stopped"));
                    return Behaviors.same();
                  })
              .build();
        });
  }

  private static final class Entity extends EventSourcedBehavior<Command, String, List<String>> {

    private Entity(String id) {
      super(
          PersistenceId.ofUniqueId(id),
          SupervisorStrategy.restartWithBackoff(Duration.ofMillis(1), Duration.ofMillis(1), 0)
              .withMaxRestarts(0) // stops, as users do
              .withLogLevel(Level.DEBUG));
    }

    @Override
    public List<String> emptyState() {
      return List.of();
    }

    @Override
    public Recovery recovery() {
      return Item.NO_SNAPSHOTS;
    }

    @Override
    public CommandHandler<Command, String, List<String>> commandHandler() {
      return (words, command) ->
          switch (command) {
            case Command.Write write ->
                Effect().persist(write.words()).thenRun(write.answer()::complete);
            case Command.Read read ->
                Effect().none().thenRun((List<String> _) -> read.answer().complete(words));
          };
    }

    @Override
    public EventHandler<List<String>, String> eventHandler() {
      return (words, word) -> {
        List<String> all = new ArrayList<>(words);
        all.add(word);
        return all;
      };
    }
  }
}
