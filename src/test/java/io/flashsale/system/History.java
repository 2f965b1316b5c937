package io.flashsale.system;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Every call of every client, in the order of their answers. Written by any thread. */
final class History {

  /** What a client can ask for. */
  enum Kind {
    CHECK_OUT,
    PURCHASE,
    GIVE_UP
  }

  /** What a client knows afterwards. */
  enum Outcome {
    OK,
    REFUSED,
    UNKNOWN
  }

  /**
   * A call and its answer. A client that does not know the outcome calls again with the same key.
   *
   * @param code of the checkout; empty when checking out
   * @param start before anything was sent
   * @param end after the answer, or its absence
   */
  record Call(
      Kind kind,
      long user,
      List<Integer> items,
      String code,
      String key,
      Instant start,
      Instant end,
      Shop.Answer answer) {

    Outcome outcome() {
      if (answer.isOk()) {
        return Outcome.OK;
      }
      // A proxy may have tried several nodes, so that a 503 of the last one says nothing of the
      // others: whoever asked with a key repeats it.
      boolean known = answer.status() == 409 && !answer.problem().equals("idempotency-key-in-use");
      return known ? Outcome.REFUSED : Outcome.UNKNOWN;
    }
  }

  private final Queue<Call> calls = new ConcurrentLinkedQueue<>();

  void add(Call call) {
    calls.add(call);
  }

  List<Call> calls() {
    return new ArrayList<>(calls);
  }

  long count(Kind kind, Outcome outcome) {
    return calls.stream().filter(c -> c.kind() == kind && c.outcome() == outcome).count();
  }

  /** When purchases were acknowledged, in order. */
  List<Instant> purchases() {
    return acknowledgedPurchases().map(Call::end).sorted().toList();
  }

  /** The items of each acknowledged purchase. */
  Stream<List<Integer>> itemsSold() {
    return acknowledgedPurchases().map(Call::items);
  }

  private Stream<Call> acknowledgedPurchases() {
    return calls.stream().filter(c -> c.kind() == Kind.PURCHASE && c.outcome() == Outcome.OK);
  }

  /** How often each answer was given. */
  @Override
  public String toString() {
    return calls.stream()
        .collect(
            Collectors.groupingBy(
                c -> c.kind() + " " + c.answer().status() + " " + c.answer().problem(),
                java.util.TreeMap::new,
                Collectors.counting()))
        .toString();
  }
}
