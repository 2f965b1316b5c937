package io.flashsale.sale;

import io.flashsale.item.ItemId;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Which items are sold, as far as this node has heard: told by its own items after their {@code
 * Sold} is durable and when they recover, and by the other nodes ({@link SoldItemsReplicator}).
 * Sold is for ever, so whoever asks may hear "not sold" a moment too long, but never "sold" of an
 * item that is not.
 *
 * <p>Read by every request: reading waits for nothing, and is two or three reads of memory.
 */
public final class SoldItems {

  /**
   * Sale {@code n} has slot {@code n % SLOTS}, and the later of two sales the slot: the running
   * sale, the announced one and the two before are remembered, older ones are forgotten. 125 KB
   * each.
   */
  static final int SLOTS = 4;

  private final AtomicReferenceArray<OfSale> slots = new AtomicReferenceArray<>(SLOTS);

  private static final class OfSale {
    private final long saleId;

    /** As many as any sale can need: nothing has to grow while others write. */
    private final AtomicLongArray words = new AtomicLongArray(SoldBitmap.MOST_WORDS);

    private final AtomicInteger count = new AtomicInteger();

    /** Whether an item was sold here that the other nodes have not been told of. */
    private volatile boolean unsent;

    private OfSale(long saleId) {
      this.saleId = saleId;
    }

    private boolean get(int item) {
      return (words.get(item / Long.SIZE) & bit(item)) != 0;
    }

    /** Whether any of the bits is new. */
    private boolean set(int word, long bits) {
      long before = words.getAndAccumulate(word, bits, (known, more) -> known | more);
      int added = Long.bitCount(bits & ~before);
      if (added > 0) {
        count.addAndGet(added); // after the bits: nobody hears "sold out" too early
      }
      return added > 0;
    }

    private long[] copy() {
      long[] copy = new long[words.length()];
      for (int word = 0; word < copy.length; word++) {
        copy[word] = words.get(word);
      }
      return copy;
    }

    private static long bit(int item) {
      return 1L << (item % Long.SIZE);
    }
  }

  /**
   * The item is durably sold. Sale ids grow by one: an id far ahead of the others would keep its
   * slot from them, on all nodes.
   */
  public void add(ItemId item) {
    OfSale sale = item.number() < Sale.MOST_ITEMS ? ofSale(item.saleId()) : null;
    if (sale == null || !sale.set(item.number() / Long.SIZE, OfSale.bit(item.number()))) {
      return;
    }
    if (!sale.unsent) { // after the bit: whoever takes the mark away finds the bit
      sale.unsent = true;
    }
  }

  public boolean contains(ItemId item) {
    OfSale sale = known(item.saleId());
    return sale != null && item.number() < Sale.MOST_ITEMS && sale.get(item.number());
  }

  /** Whether all the items of the sale are sold. */
  public boolean all(Sale sale) {
    OfSale known = known(sale.id());
    return known != null && known.count.get() == sale.items();
  }

  /** How many items of the sale are sold; 0 of a sale that is forgotten. */
  public int count(long saleId) {
    OfSale known = known(saleId);
    return known == null ? 0 : known.count.get();
  }

  /** The numbers of the items that are sold; none of a sale that is forgotten. */
  public BitSet items(long saleId) {
    OfSale known = known(saleId);
    return known == null ? new BitSet() : BitSet.valueOf(known.copy());
  }

  // ---------------------------------------------------------------- the other nodes

  /** What another node has heard. */
  void heard(SoldBitmap bitmap) {
    OfSale sale = bitmap.saleId() == 0 ? null : ofSale(bitmap.saleId());
    if (sale == null) {
      return;
    }
    for (int word = 0; word < bitmap.length(); word++) {
      if (bitmap.word(word) != 0) {
        sale.set(word, bitmap.word(word));
      }
    }
  }

  /** All that is known of a sale if an item of it was sold here since the last time, or null. */
  @Nullable SoldBitmap takeUnsent(int slot) {
    OfSale sale = slots.get(slot);
    if (sale == null || !sale.unsent) {
      return null;
    }
    sale.unsent = false; // before the bits are read: an item that is sold now is in the next one
    return SoldBitmap.of(sale.saleId, sale.copy());
  }

  /** It is not known whether what was taken has been sent. */
  void notSent(int slot) {
    OfSale sale = slots.get(slot);
    if (sale != null) {
      sale.unsent = true;
    }
  }

  private @Nullable OfSale known(long saleId) {
    OfSale sale = slots.get(slot(saleId));
    return sale != null && sale.saleId == saleId ? sale : null;
  }

  /** Null if a later sale has the slot. */
  private @Nullable OfSale ofSale(long saleId) {
    int slot = slot(saleId);
    OfSale sale = slots.get(slot);
    while (sale == null || sale.saleId < saleId) {
      OfSale begun = new OfSale(saleId);
      if (slots.compareAndSet(slot, sale, begun)) {
        return begun;
      }
      sale = slots.get(slot);
    }
    return sale.saleId == saleId ? sale : null;
  }

  private static int slot(long saleId) {
    return (int) (saleId % SLOTS);
  }
}
