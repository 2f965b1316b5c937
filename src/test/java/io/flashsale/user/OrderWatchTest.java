package io.flashsale.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flashsale.TestNode;
import io.flashsale.user.UserCommand.Wake;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Whoever has pending orders is woken, again and again. */
class OrderWatchTest {

  private static final TestNode NODE = new TestNode();
  private static final UserId ONE = new UserId(1, 7);
  private static final UserId OTHER = new UserId(2, -8);

  private record Told(UserId user, UserCommand command) {}

  private final Queue<CompletionStage<Map<UserId, Long>>> answers = new ConcurrentLinkedQueue<>();
  private final List<Boolean> looks = new CopyOnWriteArrayList<>();
  private final List<Told> told = new CopyOnWriteArrayList<>();

  @AfterAll
  static void stop() {
    NODE.close();
  }

  private final OrderWatch.Surroundings surroundings =
      new OrderWatch.Surroundings() {
        @Override
        public CompletionStage<Map<UserId, Long>> pending(boolean far) {
          CompletionStage<Map<UserId, Long>> answer = answers.poll();
          looks.add(far);
          return answer == null ? CompletableFuture.completedFuture(Map.of()) : answer;
        }

        @Override
        public void tell(UserId user, UserCommand command) {
          told.add(new Told(user, command));
        }
      };

  @Test
  void wakesEveryUserWithPendingOrdersAndSaysHowFarTheJournalGoes() {
    answers.add(CompletableFuture.completedFuture(Map.of(ONE, 3L, OTHER, 5L)));

    NODE.spawn(OrderWatch.create(surroundings));

    await().until(() -> told.size() == 2);
    assertThat(told)
        .containsExactlyInAnyOrder(new Told(ONE, new Wake(3)), new Told(OTHER, new Wake(5)));
  }

  @Test
  void looksAgainAndNowAndThenAtSalesThatAreLongOver() {
    NODE.spawn(OrderWatch.create(surroundings));

    for (int look = 1; look <= OrderWatch.FAR + 1; look++) {
      awaitLook(look);
      NODE.pass(OrderWatch.LOOK_EVERY);
    }

    List<Boolean> seen = List.copyOf(looks);
    assertThat(seen.getFirst()).isTrue();
    assertThat(seen.subList(1, OrderWatch.FAR)).doesNotContain(true);
    assertThat(seen.get(OrderWatch.FAR)).isTrue();
  }

  @Test
  void aLookThatFailsIsMadeUpFor() {
    answers.add(CompletableFuture.failedFuture(new IOException("No connection")));
    answers.add(CompletableFuture.completedFuture(Map.of(ONE, 1L)));
    NODE.spawn(OrderWatch.create(surroundings));
    awaitLook(1);

    NODE.pass(OrderWatch.LOOK_EVERY);

    await().until(() -> told.size() == 1);
    assertThat(looks).containsExactly(true, true);
  }

  @Test
  void aLookThatIsNotAnsweredIsGivenUp() {
    answers.add(new CompletableFuture<>());
    answers.add(CompletableFuture.completedFuture(Map.of(ONE, 1L)));
    NODE.spawn(OrderWatch.create(surroundings));
    awaitLook(1);

    NODE.pass(OrderWatch.LOOK_EVERY);
    assertThat(looks).hasSize(1);
    NODE.pass(OrderWatch.PATIENCE);

    await().until(() -> told.size() == 1);
  }

  /** Until it has been worked off, so that the timer for the next one is set. */
  private void awaitLook(int number) {
    NODE.passUntil(() -> looks.size() >= number);
  }
}
