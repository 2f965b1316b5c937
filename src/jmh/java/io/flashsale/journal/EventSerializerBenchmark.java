package io.flashsale.journal;

import io.flashsale.user.UserEvent;
import java.io.NotSerializableException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The largest event of the checkout path, as the journal has it. */
@State(Scope.Thread)
public class EventSerializerBenchmark {

  private final EventSerializer serializer = new EventSerializer();
  private final UserEvent event =
      new UserEvent.CheckedOut(
          new UUID(0x8000L, 1L << 63),
          -42,
          List.of(5),
          Instant.parse("2026-03-01T12:01:00.123Z"),
          null);
  private final byte[] bytes = serializer.toBinary(event);
  private final String manifest = serializer.manifest(event);

  @Benchmark
  public byte[] write() {
    return serializer.toBinary(event);
  }

  @Benchmark
  public Object read() throws NotSerializableException {
    return serializer.fromBinary(bytes, manifest);
  }
}
