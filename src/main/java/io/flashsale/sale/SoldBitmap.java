package io.flashsale.sale;

import akka.cluster.ddata.AbstractDeltaReplicatedData;
import akka.cluster.ddata.ReplicatedDelta;
import akka.cluster.ddata.ReplicatedDeltaSize;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The sold items of one sale as the nodes tell each other: one bit per item, that is set once and
 * for ever. Immutable.
 *
 * <p>A join semilattice: of two sales the later one wins, of one sale the bits are united. So
 * copies may be merged in any order and as often as one likes, and a later sale takes the place of
 * an earlier one without anything being deleted. A delta is a bitmap of the same kind with nothing
 * but the words that have changed, and is merged in the same way (delta-state CRDTs: Almeida,
 * Shoker, Baquero, "Delta State Replicated Data Types", 2018). Nothing depends on deltas arriving
 * in order, or at all: whole bitmaps are exchanged as well.
 */
final class SoldBitmap extends AbstractDeltaReplicatedData<SoldBitmap, SoldBitmap>
    implements ReplicatedDelta, ReplicatedDeltaSize {

  /** 125 KB, so that a whole bitmap fits into a frame of 256 KiB. */
  static final int MOST_WORDS = (Sale.MOST_ITEMS + Long.SIZE - 1) / Long.SIZE;

  /**
   * Words of a delta, 12 bytes each. A message has up to one delta for each of {@link
   * SoldItems#SLOTS}, and all of them fit into one frame; more goes as a whole bitmap, each in a
   * message of its own. The same number is in application.conf, for deltas that are merged on the
   * way.
   */
  static final int MOST_DELTA_WORDS = 4_000;

  static final SoldBitmap EMPTY = new SoldBitmap(0, new long[0], null);

  private final long saleId;
  private final long[] words;
  private final @Nullable SoldBitmap delta;

  private SoldBitmap(long saleId, long[] words, @Nullable SoldBitmap delta) {
    this.saleId = saleId;
    this.words = words;
    this.delta = delta;
  }

  /**
   * The bitmap with a copy of these words: bit {@code n % 64} of word {@code n / 64} is item {@code
   * n}.
   *
   * @throws IllegalArgumentException if no sale has such an id or so many items
   */
  static SoldBitmap of(long saleId, long[] words) {
    int length = words.length;
    while (length > 0 && words[length - 1] == 0) {
      length--; // equal bitmaps are to have equal bytes
    }
    if (saleId < 0 || length > MOST_WORDS || (saleId == 0 && length > 0)) {
      throw new IllegalArgumentException("No sale " + saleId + " of " + length + " words");
    }
    return new SoldBitmap(saleId, Arrays.copyOf(words, length), null);
  }

  /** 0 if nothing of any sale is known. */
  long saleId() {
    return saleId;
  }

  /** Words up to the last that has a sold item. */
  int length() {
    return words.length;
  }

  long word(int index) {
    return words[index];
  }

  /** This and what is sold besides, with the words that this changes as the delta. */
  SoldBitmap plus(SoldBitmap sold) {
    SoldBitmap sum = mergeData(sold);
    SoldBitmap changed = sum.changesSince(this);
    return new SoldBitmap(
        sum.saleId, sum.words, delta == null ? changed : delta.mergeData(changed));
  }

  private SoldBitmap changesSince(SoldBitmap before) {
    long[] changed = words.clone();
    if (before.saleId == saleId) {
      for (int i = 0; i < before.words.length; i++) {
        if (changed[i] == before.words[i]) {
          changed[i] = 0;
        }
      }
    }
    return of(saleId, changed);
  }

  @Override
  public SoldBitmap mergeData(SoldBitmap that) {
    if (that.saleId != saleId) {
      return that.saleId > saleId ? that : this;
    }
    long[] both = Arrays.copyOf(words, Math.max(words.length, that.words.length));
    for (int i = 0; i < that.words.length; i++) {
      both[i] |= that.words[i];
    }
    return new SoldBitmap(saleId, both, null);
  }

  /**
   * What has changed since the last {@link #resetDelta}; nothing if that is too much for a message.
   * If there was an update without a change, an empty delta: no delta at all would make the
   * replicator send the whole bitmap.
   */
  @Override
  public Optional<SoldBitmap> deltaData() {
    return delta == null || delta.deltaSize() >= MOST_DELTA_WORDS
        ? Optional.empty()
        : Optional.of(delta);
  }

  @Override
  public SoldBitmap mergeDeltaData(SoldBitmap changed) {
    return mergeData(changed);
  }

  @Override
  public SoldBitmap resetDelta() {
    return delta == null ? this : new SoldBitmap(saleId, words, null);
  }

  @Override
  public SoldBitmap zero() {
    return EMPTY;
  }

  /** In words that have a sold item. */
  @Override
  public int deltaSize() {
    int size = 0;
    for (long word : words) {
      if (word != 0) {
        size++;
      }
    }
    return size;
  }

  /** Whether the same items of the same sale are sold, whatever the delta. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SoldBitmap that
        && saleId == that.saleId
        && Arrays.equals(words, that.words);
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(saleId) + Arrays.hashCode(words);
  }

  @Override
  public String toString() {
    return "sale " + saleId + ": " + Arrays.stream(words).map(Long::bitCount).sum() + " sold";
  }
}
