package io.flashsale.sale;

/** Bitmaps of tests. */
final class SoldBitmaps {

  private SoldBitmaps() {}

  static SoldBitmap sold(long sale, int... items) {
    long[] words = new long[SoldBitmap.MOST_WORDS];
    for (int item : items) {
      words[item / 64] |= 1L << (item % 64);
    }
    return SoldBitmap.of(sale, words);
  }

  /** 0 of another sale, and after the last word. */
  static long word(SoldBitmap bitmap, long sale, int index) {
    return bitmap.saleId() == sale && index < bitmap.length() ? bitmap.word(index) : 0;
  }
}
