package io.flashsale.sale;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Which items of the running sale were held a moment ago, so that a storm on a held item costs one
 * question per node and {@link #REMEMBERED}, and not one per request.
 *
 * <p>An item is marked by an answer that says it is held. While the mark lasts, requests for the
 * item are refused unasked. Then one request is let through, and the others are refused until it
 * has its answer, or for as long again if there is none. If the answer says anything but "held",
 * the mark is gone at once: who asks in vain, because of his limit for instance, keeps nobody else
 * from a free item.
 *
 * <p>Only an answer to a question about a single item marks it: of several it is not said which one
 * is held. For the same reason a mark is removed when a question about several items has been
 * answered, whatever the answer.
 */
public final class HeldItems {

  /** Nobody is refused by a hold that ended longer ago than this and the time of an answer. */
  static final Duration REMEMBERED = Duration.ofMillis(100);

  private static final int[] NO_ITEMS = {};

  private final LongSupplier nanoTime;
  private final long origin;
  private final AtomicReference<OfSale> running =
      new AtomicReference<>(new OfSale(0, new AtomicLongArray(0)));

  /**
   * The latest sale of which an item was held; those before are forgotten. 8 bytes per item.
   *
   * @param until when to ask again, in {@link #now}; 0 if the item is not marked
   */
  private record OfSale(long saleId, AtomicLongArray until) {}

  /**
   * A memory that is empty.
   *
   * @param nanoTime a time that never goes back, as {@link System#nanoTime}
   */
  public HeldItems(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.origin = nanoTime.getAsLong();
  }

  /** A request for these items that has been let through. */
  public final class Question {
    private final Sale sale;
    private final List<Integer> items;
    private final int[] claimed;

    private Question(Sale sale, List<Integer> items, int[] claimed) {
      this.sale = sale;
      this.items = items;
      this.claimed = claimed;
    }

    /**
     * To be called once, also if there is no answer.
     *
     * @param held whether the answer was that one of the items is held
     */
    public void answered(boolean held) {
      if (held && items.size() == 1) {
        OfSale known = ofSale(sale);
        if (known != null) {
          known.until.set(items.getFirst(), askAgainAt(now()));
        }
        return;
      }
      OfSale known = known(sale);
      if (known != null) {
        for (int item : claimed) {
          known.until.set(item, 0);
        }
      }
    }
  }

  /**
   * Asks for leave to ask for these items of the running sale.
   *
   * @return null if one of them is held: the request is to be refused
   */
  public @Nullable Question question(Sale sale, List<Integer> items) {
    OfSale known = known(sale);
    if (known == null) {
      return new Question(sale, items, NO_ITEMS);
    }
    long now = now();
    int[] due = NO_ITEMS;
    for (int item : items) {
      long until = known.until.get(item);
      if (until > now) {
        return null;
      }
      if (until > 0) {
        due = Arrays.copyOf(due, due.length + 1);
        due[due.length - 1] = item;
      }
    }
    return claim(known, due, now) ? new Question(sale, items, due) : null;
  }

  /** Of all who find the marks due, one gets them. */
  private static boolean claim(OfSale known, int[] items, long now) {
    for (int i = 0; i < items.length; i++) {
      long until = known.until.get(items[i]);
      if (until > now || !known.until.compareAndSet(items[i], until, askAgainAt(now))) {
        for (int j = 0; j < i; j++) {
          known.until.compareAndSet(items[j], askAgainAt(now), now); // still due: nobody asks
        }
        return false;
      }
    }
    return true;
  }

  private static long askAgainAt(long now) {
    return now + REMEMBERED.toNanos();
  }

  /** Positive. */
  private long now() {
    return nanoTime.getAsLong() - origin + 1;
  }

  private @Nullable OfSale known(Sale sale) {
    OfSale known = running.get();
    return known.saleId == sale.id() ? known : null;
  }

  /** Null if a later sale is open. */
  private @Nullable OfSale ofSale(Sale sale) {
    OfSale known = running.get();
    while (known.saleId < sale.id()) {
      OfSale begun = new OfSale(sale.id(), new AtomicLongArray(sale.items()));
      if (running.compareAndSet(known, begun)) {
        return begun;
      }
      known = running.get();
    }
    return known.saleId == sale.id() ? known : null;
  }
}
