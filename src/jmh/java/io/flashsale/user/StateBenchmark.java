package io.flashsale.user;

import io.flashsale.item.ItemEvent;
import io.flashsale.item.ItemState;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The state transitions of one item that is sold to one user. */
@State(Scope.Thread)
public class StateBenchmark {

  private static final Instant EXPIRES_AT = Instant.parse("2026-03-01T12:01:00Z");

  private final UUID code = new UUID(0x8000L, 1L << 63);
  private final UserEvent checkedOut =
      new UserEvent.CheckedOut(code, 1, List.of(5), EXPIRES_AT, null);
  private final UserEvent purchased = new UserEvent.Purchased(code, null);
  private final ItemEvent reserved = new ItemEvent.Reserved(code, 1, 7, EXPIRES_AT);
  private final ItemEvent sold = new ItemEvent.Sold(code, 1, 7);

  @Benchmark
  public UserState user() {
    return UserState.EMPTY.apply(checkedOut).apply(purchased);
  }

  @Benchmark
  public ItemState item() {
    return new ItemState.Available().apply(reserved).apply(sold);
  }
}
