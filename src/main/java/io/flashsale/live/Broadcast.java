package io.flashsale.live;

import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Tells the clients of a node that there is something new to fetch, a few at a time: the next when
 * these have taken note, so that buyers who share their threads wait for a few clients and not for
 * all. After a round there is a pause of {@link #PAUSE} times the time that it took, or {@link
 * #LONGEST_PAUSE}: with thousands of clients rounds become fewer, and the feed leaves the sale its
 * processors.
 *
 * <p>A client is told once until it takes note, and only that there is something: whoever is slow
 * finds the latest state when it looks.
 */
final class Broadcast {

  /** Some 2 ms of work, if each costs 30 µs. */
  static final int AT_ONCE = 64;

  /** A tenth of the time, or less, is for those who watch. */
  static final int PAUSE = 9;

  /** Everybody is to know within a second that all is sold. */
  static final Duration LONGEST_PAUSE = Duration.ofMillis(700);

  private final int most;
  private final LongSupplier nanoTime;
  private final Set<Client> clients = ConcurrentHashMap.newKeySet();
  private final AtomicInteger places = new AtomicInteger();
  private final AtomicInteger untold = new AtomicInteger();
  private Iterator<Client> round = Collections.emptyIterator();
  private boolean underWay;
  private long began;
  private long notBefore;

  /** Who is told. */
  abstract static class Client {
    private final AtomicBoolean told = new AtomicBoolean();
    private volatile boolean gone;

    /** From any thread: the client is to {@link Broadcast#noted take note} soon, on its own. */
    abstract void wake();
  }

  /**
   * Nobody is there yet.
   *
   * @param most clients
   */
  Broadcast(int most, LongSupplier nanoTime) {
    this.most = most;
    this.nanoTime = nanoTime;
    this.notBefore = nanoTime.getAsLong();
  }

  boolean isFull() {
    return places.get() >= most;
  }

  /** Whether there is a place for the client, which it has until it {@linkplain #leave leaves}. */
  boolean join(Client client) {
    if (places.incrementAndGet() > most) {
      places.decrementAndGet();
      return false;
    }
    clients.add(client);
    return true;
  }

  /** It is told nothing any more, and nobody waits for it. */
  void leave(Client client) {
    if (!clients.remove(client)) {
      return; // there was no place for it
    }
    places.decrementAndGet();
    client.gone = true; // before it takes note for the last time, see told
    noted(client);
  }

  int size() {
    return clients.size();
  }

  /** Tells all clients, unless a round is under way or was a moment ago. */
  void begin() {
    synchronized (this) {
      if (underWay || nanoTime.getAsLong() - notBefore < 0) {
        return;
      }
      underWay = true;
      began = nanoTime.getAsLong();
      round = clients.iterator();
    }
    tellSome();
  }

  /** Whether the next round can begin. */
  synchronized boolean isReady() {
    return !underWay && nanoTime.getAsLong() - notBefore >= 0;
  }

  /** Tells all clients at once, whatever is under way. */
  void tellAll() {
    clients.forEach(Client::wake);
  }

  /** The client knows that there is something new. */
  void noted(Client client) {
    if (client.told.getAndSet(false) && untold.decrementAndGet() == 0) {
      tellSome();
    }
  }

  private void tellSome() {
    do {
      untold.set(1); // this thread, until all of them are told
      synchronized (this) {
        for (int i = 0; i < AT_ONCE && round.hasNext(); i++) {
          tell(round.next());
        }
        if (untold.get() == 1 && !round.hasNext()) {
          end();
          return;
        }
      }
    } while (untold.decrementAndGet() == 0);
  }

  private void tell(Client client) {
    untold.incrementAndGet(); // before it is told: it may take note at once
    if (!client.told.compareAndSet(false, true)
        || (client.gone && client.told.getAndSet(false))) { // it left before it was told
      untold.decrementAndGet();
    } else {
      client.wake();
    }
  }

  private void end() {
    long now = nanoTime.getAsLong();
    underWay = false;
    round = Collections.emptyIterator();
    notBefore = now + Math.min(PAUSE * (now - began), LONGEST_PAUSE.toNanos());
  }
}
