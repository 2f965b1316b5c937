package io.flashsale.http;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Whether this node takes requests: starting, then ready, then, if others take over, leaving, then
 * stopping. Counts those in flight and sheds what passes the bound.
 */
public final class Availability {

  private enum Phase {
    STARTING,
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

  public synchronized void ready() {
    if (phase == Phase.STARTING) {
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
      case STARTING -> Problem.STARTING;
      case READY -> null;
      case LEAVING, STOPPING -> Problem.STOPPING;
    };
  }

  /** Takes a place for a request; whoever gets one must {@link #leave}. */
  @Nullable Problem enter() {
    int now = inFlight.incrementAndGet();
    // After counting, so that whoever drains sees either the count or the refusal.
    Problem refusal = now > maxInFlight ? Problem.OVERLOADED : isLeaving() ? null : unready();
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
