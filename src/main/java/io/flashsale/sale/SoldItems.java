package io.flashsale.sale;

import io.flashsale.item.ItemId;
import java.util.BitSet;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Which items are sold, as far as this node has heard: told by the items after their {@code Sold}
 * is durable, and when they recover. Sold is for ever, so whoever asks may hear "not sold" a moment
 * too long, but never "sold" of an item that is not.
 */
public final class SoldItems {

  /** The running sale, the announced one, and the two before; older ones are forgotten. */
  private static final int SALES = 4;

  private final ConcurrentNavigableMap<Long, Bitmap> sales = new ConcurrentSkipListMap<>();

  private static final class Bitmap {
    private final BitSet items = new BitSet();

    private synchronized boolean get(int item) {
      return items.get(item);
    }

    private synchronized void set(int item) {
      items.set(item);
    }

    private synchronized int count() {
      return items.cardinality();
    }
  }

  public void add(ItemId item) {
    sales.computeIfAbsent(item.saleId(), _ -> new Bitmap()).set(item.number());
    while (sales.size() > SALES) {
      sales.pollFirstEntry();
    }
  }

  public boolean contains(ItemId item) {
    Bitmap bitmap = sales.get(item.saleId());
    return bitmap != null && bitmap.get(item.number());
  }

  /** Whether all the items of the sale are sold. */
  public boolean all(Sale sale) {
    Bitmap bitmap = sales.get(sale.id());
    return bitmap != null && bitmap.count() == sale.items();
  }
}
