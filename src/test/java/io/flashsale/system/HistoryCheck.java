package io.flashsale.system;

import io.flashsale.item.ItemEvent;
import io.flashsale.system.History.Call;
import io.flashsale.system.History.Kind;
import io.flashsale.system.History.Outcome;
import io.flashsale.system.JournalStory.Entry;
import io.flashsale.user.UserEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Compares what clients were told with what can have happened.
 *
 * <p>First with a sequential model, in which every call takes place at one moment between the time
 * when it was first sent, repeats having the same key, and its end: an item is free, held by one
 * checkout for its time, or sold for ever. Then with the journal: behind every answer there has to
 * be the event that makes it true, written before the answer and, if it was an acknowledgement,
 * after the call. All clocks are those of one machine.
 */
final class HistoryCheck {

  /** The journal has milliseconds. */
  private static final Duration ROUNDING = Duration.ofMillis(1);

  /** A node refuses from memory for so long, and an event is seen only after its commit. */
  private static final Duration LATE = Duration.ofSeconds(4);

  private final List<Call> calls;
  private final JournalStory journal;
  private final Duration holdTtl;
  private final Map<String, Instant> firstStarts = new HashMap<>(); // by key
  private final List<String> breaches = new ArrayList<>();

  private HistoryCheck(List<Call> calls, JournalStory journal, Duration holdTtl) {
    this.calls = calls;
    this.journal = journal;
    this.holdTtl = holdTtl;
    calls.forEach(call -> firstStarts.merge(call.key(), call.start(), HistoryCheck::earlier));
  }

  /**
   * What cannot be; nothing if all is well. Every user of the history has made one checkout, with
   * at least one call, under one key.
   */
  static List<String> breaches(History history, JournalStory journal, Duration holdTtl) {
    HistoryCheck check = new HistoryCheck(history.calls(), journal, holdTtl);
    check.modelItems();
    check.compareAnswers();
    check.comparePurchases();
    return check.breaches;
  }

  private static Instant earlier(Instant a, Instant b) {
    return a.isBefore(b) ? a : b;
  }

  private void breach(String what, Object... about) {
    breaches.add(what + ": " + List.of(about));
  }

  // ---------------------------------------------------------------- the sequential model

  /**
   * When an item was certainly not anybody else's.
   *
   * @param from the latest moment at which it can have begun
   * @param until the earliest at which it can have ended
   */
  private record Claim(int item, long user, Instant from, Instant until, Call by) {}

  private void modelItems() {
    Map<String, Instant> ended = new HashMap<>(); // by code: may be free from here on
    Map<String, Call> purchased = new HashMap<>();
    for (Call call : calls) {
      if (call.kind() == Kind.GIVE_UP) {
        ended.merge(call.code(), call.start(), HistoryCheck::earlier);
      }
      if (call.kind() == Kind.PURCHASE && call.outcome() == Outcome.OK) {
        purchased.put(call.code(), call);
      }
    }
    List<Claim> claims = new ArrayList<>();
    for (Call call : calls) {
      if (call.kind() != Kind.CHECK_OUT || call.outcome() != Outcome.OK) {
        continue;
      }
      String code = call.answer().body();
      Instant expires = firstStart(call).plus(holdTtl);
      Instant givenUp = ended.getOrDefault(code, expires);
      Instant until = purchased.containsKey(code) ? Instant.MAX : earlier(givenUp, expires);
      call.items()
          .forEach(item -> claims.add(new Claim(item, call.user(), call.end(), until, call)));
    }
    claims.stream()
        .collect(Collectors.groupingBy(Claim::item))
        .values()
        .forEach(this::expectOneAfterTheOther);
  }

  private void expectOneAfterTheOther(List<Claim> claims) {
    claims.sort(Comparator.comparing(Claim::from));
    for (int i = 0; i < claims.size(); i++) {
      for (int j = i + 1; j < claims.size(); j++) {
        Claim first = claims.get(i);
        Claim second = claims.get(j);
        if (first.user() == second.user()) {
          continue; // the same answer, twice
        }
        boolean bothForEver =
            first.until().equals(Instant.MAX) && second.until().equals(Instant.MAX);
        // The second took place after it was first sent, while the first had the item all the time.
        boolean within =
            firstStart(second.by()).isAfter(first.from()) && second.from().isBefore(first.until());
        if (bothForEver || within) {
          breach("two have one item", first, second);
        }
      }
    }
  }

  // ---------------------------------------------------------------- the journal behind the answers

  private void compareAnswers() {
    for (Call call : calls) {
      switch (call.outcome()) {
        case OK -> expectEvent(call);
        case REFUSED -> expectReason(call);
        case UNKNOWN -> {
          boolean allowed = call.answer().status() == 0 || call.answer().status() > 500;
          if (!allowed && !call.answer().problem().equals("idempotency-key-in-use")) {
            breach("an answer that must not be", call);
          }
        }
      }
    }
  }

  private void expectEvent(Call call) {
    Predicate<Object> wanted =
        switch (call.kind()) {
          case CHECK_OUT ->
              event ->
                  event instanceof UserEvent.CheckedOut e
                      && e.code().toString().equals(call.answer().body())
                      && Set.copyOf(e.items()).equals(Set.copyOf(call.items()));
          case PURCHASE ->
              event ->
                  event instanceof UserEvent.Purchased e && e.code().toString().equals(call.code());
          case GIVE_UP ->
              event ->
                  event instanceof UserEvent.Released e
                      && e.code().toString().equals(call.code())
                      && e.cause() == UserEvent.Cause.GIVEN_UP;
        };
    Instant notBefore = firstStart(call).minus(ROUNDING);
    List<Entry> found =
        journal.ofUser(call.user()).stream().filter(entry -> wanted.test(entry.event())).toList();
    if (found.size() != 1) {
      breach("acknowledged, and " + found.size() + " times in the journal", call);
    } else if (found.getFirst().at().isBefore(notBefore)
        || found.getFirst().at().isAfter(call.end())) {
      breach("acknowledged, and written at another time", call, found);
    }
  }

  private void expectReason(Call call) {
    boolean holds =
        switch (call.answer().problem()) {
          case "item-sold" ->
              call.items().stream().anyMatch(i -> !journal.soldAt(i).isAfter(call.end()));
          case "sold-out" ->
              call.items().stream().allMatch(i -> !journal.soldAt(i).isAfter(call.end()));
          case "item-reserved" -> call.items().stream().anyMatch(item -> wasTaken(item, call));
          case "already-purchased" -> ended(call, UserEvent.Purchased.class);
          case "checkout-expired" -> ended(call, UserEvent.Released.class);
          default -> false;
        };
    if (!holds) {
      breach("refused without the reason", call);
    }
    // What comes later is an earlier sending of the same request, which a node that was cut off has
    // worked off too late: its hold lapses.
    if (call.kind() == Kind.CHECK_OUT
        && journal.ofUser(call.user()).stream()
            .anyMatch(
                entry ->
                    entry.event() instanceof UserEvent.CheckedOut
                        && entry.at().isBefore(call.start()))) {
      breach("refused, although it was done", call);
    }
  }

  /** Held or sold at some moment of the call, or so shortly before that a node still thought so. */
  private boolean wasTaken(int item, Call call) {
    Instant from = call.start().minus(LATE);
    Instant taken = null;
    for (Entry entry : journal.ofItem(item)) {
      switch ((ItemEvent) entry.event()) {
        case ItemEvent.Reserved _ -> taken = entry.at();
        case ItemEvent.Released _ -> {
          if (taken != null && !taken.isAfter(call.end()) && entry.at().isAfter(from)) {
            return true;
          }
          taken = null;
        }
        case ItemEvent.Sold _ -> {}
      }
    }
    return taken != null && !taken.isAfter(call.end());
  }

  private boolean ended(Call call, Class<? extends UserEvent> by) {
    return journal.ofUser(call.user()).stream()
        .anyMatch(entry -> by.isInstance(entry.event()) && !entry.at().isAfter(call.end()));
  }

  // ---------------------------------------------------------------- nothing comes from nowhere

  private void comparePurchases() {
    Map<UUID, Instant> asked = new HashMap<>();
    Map<UUID, Call> lapsed = new HashMap<>();
    for (Call call : calls) {
      if (call.kind() == Kind.PURCHASE) {
        UUID code = UUID.fromString(call.code());
        asked.merge(code, call.start(), HistoryCheck::earlier);
        if (call.answer().problem().equals("checkout-expired")) {
          lapsed.put(code, call);
        }
      }
    }
    journal
        .users()
        .forEach(
            (user, entries) ->
                entries.forEach(
                    entry -> {
                      if (entry.event() instanceof UserEvent.Purchased e) {
                        Instant start = asked.get(e.code());
                        if (start == null || entry.at().isBefore(start.minus(ROUNDING))) {
                          breach("bought, and nobody had asked", user, entry);
                        }
                        if (lapsed.containsKey(e.code())) {
                          breach("told that it was not bought", lapsed.get(e.code()), entry);
                        }
                      }
                    }));
  }

  /** Of the calls with the same key: the first may have done what the last was told. */
  private Instant firstStart(Call call) {
    return Objects.requireNonNull(firstStarts.get(call.key()));
  }
}
