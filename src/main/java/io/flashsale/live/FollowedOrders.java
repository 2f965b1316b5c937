package io.flashsale.live;

import io.flashsale.user.Order;
import io.flashsale.user.UserReply.OrderShown;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a client has been told of the orders of its user: those of one sale, which a user may have
 * 100 of. A sale is left when it is known to be over, and none of its orders is pending any more:
 * what was placed in its last moment is told, too.
 */
final class FollowedOrders {

  private final Map<UUID, Order.Status> told = new HashMap<>();
  private long saleId; // 0: none yet
  private boolean over;
  private boolean seenSinceItIsOver;

  /** Which sale to ask about; 0 if there is none. */
  long sale(@Nullable Long open) {
    if (open != null && open != saleId) {
      boolean seenAll = seenSinceItIsOver && !told.containsValue(Order.Status.PENDING);
      if (saleId == 0 || seenAll) {
        saleId = open;
        told.clear();
        over = false;
        seenSinceItIsOver = false;
      } else {
        over = true;
      }
    }
    return saleId;
  }

  /** What is new of these, the orders of the sale. */
  List<OrderShown> news(List<OrderShown> orders) {
    seenSinceItIsOver = over;
    List<OrderShown> news = new ArrayList<>();
    for (OrderShown order : orders) {
      Order.Status before = told.get(order.code());
      boolean ended = before != null && before != Order.Status.PENDING; // for ever
      if (!ended && before != order.status()) {
        told.put(order.code(), order.status());
        news.add(order);
      }
    }
    return news;
  }
}
