package io.flashsale.http;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Whether this node takes requests: starting, then ready, then stopping. Counts those in flight and
 * sheds what passes the bound.
 */
public final class Availability {

  private enum Phase {
    STARTING,
    READY,
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

  public synchronized void stopping() {
    phase = Phase.STOPPING;
  }

  public boolean isReady() {
    return phase == Phase.READY;
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

  /** Why the node takes no requests now, or null if it does. */
  @Nullable Problem refusal() {
    return switch (phase) {
      case STARTING -> Problem.STARTING;
      case READY -> null;
      case STOPPING -> Problem.STOPPING;
    };
  }

  /** Takes a place for a request; whoever gets one must {@link #leave}. */
  @Nullable Problem enter() {
    int now = inFlight.incrementAndGet();
    // After counting, so that whoever drains sees either the count or the refusal.
    Problem refusal = now > maxInFlight ? Problem.OVERLOADED : refusal();
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
