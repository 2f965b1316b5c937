package io.flashsale;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;

/** Shows the time that the test has set. */
public final class TestClock implements InstantSource {

  private final AtomicReference<Instant> now;

  public TestClock(Instant now) {
    this.now = new AtomicReference<>(now);
  }

  @Override
  public Instant instant() {
    return now.get();
  }

  public void set(Instant time) {
    now.set(time);
  }

  public void advance(Duration by) {
    now.updateAndGet(time -> time.plus(by));
  }
}
