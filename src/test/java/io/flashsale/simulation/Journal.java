package io.flashsale.simulation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The table of events. Its primary key (persistence id, sequence number) is the fence: of two
 * incarnations only one can write the next event. Reading and writing take time, and fail.
 */
final class Journal {

  private final World world;
  private final BiConsumer<String, Object> onInsert;
  private final Map<String, List<Object>> streams = new LinkedHashMap<>();
  private final Map<String, Map<Long, Object>> states = new HashMap<>();

  /**
   * An empty journal.
   *
   * @param onInsert told of every event at the moment of its commit
   */
  Journal(World world, BiConsumer<String, Object> onInsert) {
    this.world = world;
    this.onInsert = onInsert;
  }

  /** What is committed now. */
  List<Object> events(String persistenceId) {
    return streams.getOrDefault(persistenceId, List.of());
  }

  /**
   * Writes events in one transaction, later. Whoever is told {@code false} does not know whether
   * they are written, or will be: the fence may have rejected them, the connection may have been
   * lost before or after the commit, or the statement may still be on its way.
   */
  void write(String persistenceId, long first, List<?> events, Consumer<Boolean> written) {
    Faults faults = world.faults;
    long there = faults.statement(world.chance);
    long back = faults.statement(world.chance);
    if (faults.happen(world.chance, faults.lostWrite)) {
      world.timeline.after(there + back, () -> written.accept(false));
    } else if (faults.happen(world.chance, faults.lateWrite)) {
      world.timeline.after(there, () -> written.accept(false));
      long late = world.chance.between(1_000, 4_000_000);
      world.timeline.after(there + late, () -> insert(persistenceId, first, events));
    } else {
      boolean acknowledged = !faults.happen(world.chance, faults.lostAcknowledgement);
      world.timeline.after(
          there,
          () -> {
            boolean inserted = insert(persistenceId, first, events);
            world.timeline.after(back, () -> written.accept(inserted && acknowledged));
          });
    }
  }

  private boolean insert(String persistenceId, long first, List<?> events) {
    List<Object> stream = streams.computeIfAbsent(persistenceId, _ -> new ArrayList<>());
    if (first != stream.size() + 1) {
      world.trace.add(persistenceId, "key conflict", () -> first + " " + events);
      return false;
    }
    for (Object event : events) {
      stream.add(event);
      world.trace.add(persistenceId, "COMMIT", () -> stream.size() + " " + event);
      onInsert.accept(persistenceId, event);
    }
    return true;
  }

  /** What is committed at some moment between now and the answer, or null if it is not answered. */
  void read(String persistenceId, Consumer<@Nullable List<Object>> answer) {
    query(() -> List.copyOf(events(persistenceId)), answer);
  }

  /** How far the streams that there are have come, or null if it is not answered. */
  void heads(List<String> persistenceIds, Consumer<@Nullable Map<String, Long>> answer) {
    query(
        () ->
            persistenceIds.stream()
                .filter(streams::containsKey)
                .collect(Collectors.toMap(id -> id, id -> (long) events(id).size())),
        answer);
  }

  /** Any other question, answered by what is committed at that moment. */
  <T> void query(Supplier<T> query, Consumer<@Nullable T> answer) {
    long there = world.faults.statement(world.chance);
    long back = world.faults.statement(world.chance);
    if (world.faults.happen(world.chance, world.faults.lostRead)) {
      world.timeline.after(there + back, () -> answer.accept(null));
    } else {
      world.timeline.after(
          there,
          () -> {
            T read = query.get();
            world.timeline.after(back, () -> answer.accept(read));
          });
    }
  }

  /**
   * Compares the state of an incarnation with that of others which have come as far (I8): who
   * recovers must know what those know who wrote.
   */
  void compare(String persistenceId, long sequenceNr, Object state) {
    Object known =
        states.computeIfAbsent(persistenceId, _ -> new HashMap<>()).putIfAbsent(sequenceNr, state);
    if (known != null && !known.equals(state)) {
      throw new Breach("I8", persistenceId + " at " + sequenceNr + ": " + known + ", " + state);
    }
  }
}
