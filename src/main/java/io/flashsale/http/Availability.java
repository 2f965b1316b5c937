package io.flashsale.http;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Whether this node takes requests: starting, then, if its port is only opened when it is warm,
 * opening, then ready, then, if others take over, leaving, then stopping. Counts those in flight
 * and sheds what passes the bound.
 */
public final class Availability {

  private enum Phase {
    STARTING,
    OPENING,
    READY,
    LEAVING,
    STOPPING
  }

  private final int maxInFlight;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final LongAdder shed = new LongAdder();
  private volatile Phase phase = Phase.STARTING;

  public Availability(int maxInFlight) {
    this.maxInFlight = maxInFlight;
  }

  /** Not ready yet, because nobody can connect; who connects from now on is served. */
  public synchronized void opening() {
    if (phase == Phase.STARTING) {
      phase = Phase.OPENING;
    }
  }

  public synchronized void ready() {
    if (phase == Phase.STARTING || phase == Phase.OPENING) {
      phase = Phase.READY;
    }
  }

  /** No longer ready; what still comes is served, if it was before. */
  public synchronized void leaving() {
    phase = phase == Phase.READY ? Phase.LEAVING : Phase.STOPPING;
  }

  public synchronized void stopping() {
    phase = Phase.STOPPING;
  }

  public boolean isReady() {
    return phase == Phase.READY;
  }

  private boolean isOpening() {
    return phase == Phase.OPENING;
  }

  boolean isLeaving() {
    return phase == Phase.LEAVING;
  }

  public boolean isStopping() {
    return phase == Phase.STOPPING;
  }

  public int inFlight() {
    return inFlight.get();
  }

  /** How many requests were refused because there were too many. */
  public long shed() {
    return shed.sum();
  }

  /** Why no requests are to be sent here now, or null if they are. */
  @Nullable Problem unready() {
    return switch (phase) {
      case STARTING, OPENING -> Problem.STARTING;
      case READY -> null;
      case LEAVING, STOPPING -> Problem.STOPPING;
    };
  }

  /** Takes a place for a request; whoever gets one must {@link #leave}. */
  @Nullable Problem enter() {
    int now = inFlight.incrementAndGet();
    // After counting, so that whoever drains sees either the count or the refusal.
    Problem refusal =
        now > maxInFlight ? Problem.OVERLOADED : isLeaving() || isOpening() ? null : unready();
    if (refusal != null) {
      inFlight.decrementAndGet();
    }
    if (refusal == Problem.OVERLOADED) {
      shed.increment();
    }
    return refusal;
  }

  void leave() {
    inFlight.decrementAndGet();
  }
}
