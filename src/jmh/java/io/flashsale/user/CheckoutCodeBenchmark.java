package io.flashsale.user;

import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What every purchase does with its code before it can be routed. */
@State(Scope.Thread)
public class CheckoutCodeBenchmark {

  private final RandomGenerator random = RandomGenerator.of("SplittableRandom");
  private final UserId user = new UserId(17, 1_234_567);
  private final String text = CheckoutCode.create(user, random).toString();

  @Benchmark
  public UUID create() {
    return CheckoutCode.create(user, random);
  }

  @Benchmark
  public Optional<UserId> parseAndRoute() {
    return CheckoutCode.parse(text).flatMap(code -> CheckoutCode.user(code, 17));
  }
}
