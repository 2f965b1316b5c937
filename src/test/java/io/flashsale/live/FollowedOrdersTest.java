package io.flashsale.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.flashsale.user.Order.Rejection;
import io.flashsale.user.Order.Status;
import io.flashsale.user.UserReply.OrderShown;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class FollowedOrdersTest {

  private static final UUID A = new UUID(0, 1);
  private static final UUID B = new UUID(0, 2);
  private static final OrderShown PENDING = new OrderShown(A, 5, Status.PENDING, null);
  private static final OrderShown CONFIRMED = new OrderShown(A, 5, Status.CONFIRMED, null);
  private static final OrderShown REJECTED =
      new OrderShown(B, 5, Status.REJECTED, Rejection.ITEM_SOLD);

  private final FollowedOrders orders = new FollowedOrders();

  @Test
  void tellsEachStatusOnce() {
    assertThat(orders.news(List.of(PENDING))).containsExactly(PENDING);
    assertThat(orders.news(List.of(PENDING))).isEmpty();
    assertThat(orders.news(List.of(CONFIRMED, REJECTED))).containsExactly(CONFIRMED, REJECTED);
    assertThat(orders.news(List.of(CONFIRMED, REJECTED))).isEmpty();
  }

  /** A user that has just been lost with its node may for a moment be there twice. */
  @Test
  void anEndIsForEver() {
    orders.news(List.of(CONFIRMED));

    assertThat(orders.news(List.of(PENDING))).isEmpty();
  }

  @Test
  void staysWithASaleUntilNothingIsPendingThere() {
    assertThat(orders.sale(null)).isZero();
    assertThat(orders.sale(3L)).isEqualTo(3);
    orders.news(List.of(PENDING));
    assertThat(orders.sale(null)).isEqualTo(3);
    assertThat(orders.sale(4L)).isEqualTo(3);
    orders.news(List.of(CONFIRMED));
    assertThat(orders.sale(4L)).isEqualTo(4);
  }

  @Test
  void whatWasOrderedInTheLastMomentOfASaleIsTold() {
    orders.sale(3L);
    orders.news(List.of());

    assertThat(orders.sale(4L)).isEqualTo(3);
    assertThat(orders.news(List.of(REJECTED))).containsExactly(REJECTED);
    assertThat(orders.sale(4L)).isEqualTo(4);
  }
}
