package io.flashsale.sale;

import akka.serialization.SerializerWithStringManifest;
import java.io.NotSerializableException;
import java.nio.ByteBuffer;

/**
 * {@link SoldBitmap}s between nodes, big-endian: the sale id in 8 bytes and then either all words,
 * 8 bytes each, or those that have a sold item, each with its index before it in 4 bytes. The
 * shorter form is taken, so that equal bitmaps have equal bytes: replicas are compared by them.
 */
public final class SoldBitmapSerializer extends SerializerWithStringManifest {

  private static final String WORDS = "sold-words";
  private static final String INDEXED_WORDS = "sold-indexed-words";

  private static final int INDEXED_BYTES = Integer.BYTES + Long.BYTES;

  /** Nodes of several versions talk to each other while a cluster is upgraded: never changed. */
  @Override
  public int identifier() {
    return 7302;
  }

  @Override
  public String manifest(Object object) {
    return isIndexed(bitmap(object)) ? INDEXED_WORDS : WORDS;
  }

  @Override
  public byte[] toBinary(Object object) {
    SoldBitmap bitmap = bitmap(object);
    boolean indexed = isIndexed(bitmap);
    int size = indexed ? bitmap.deltaSize() * INDEXED_BYTES : bitmap.length() * Long.BYTES;
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + size).putLong(bitmap.saleId());
    for (int i = 0; i < bitmap.length(); i++) {
      if (!indexed) {
        bytes.putLong(bitmap.word(i));
      } else if (bitmap.word(i) != 0) {
        bytes.putInt(i).putLong(bitmap.word(i));
      }
    }
    return bytes.array();
  }

  /**
   * Reads what {@link #toBinary} writes.
   *
   * @throws NotSerializableException of anything else
   */
  @Override
  public Object fromBinary(byte[] array, String manifest) throws NotSerializableException {
    ByteBuffer bytes = ByteBuffer.wrap(array);
    try {
      long saleId = bytes.getLong();
      long[] words =
          switch (manifest) {
            case WORDS -> words(bytes);
            case INDEXED_WORDS -> indexedWords(bytes);
            default -> throw new IllegalArgumentException("no such form");
          };
      return SoldBitmap.of(saleId, words);
    } catch (RuntimeException e) { // too short, or not what a bitmap can be
      throw (NotSerializableException)
          new NotSerializableException("Not a " + manifest + " of sold items: " + e).initCause(e);
    }
  }

  private static long[] words(ByteBuffer bytes) {
    long[] words = new long[count(bytes, Long.BYTES)];
    bytes.asLongBuffer().get(words);
    if (words.length > 0 && words[words.length - 1] == 0) {
      throw new IllegalArgumentException("nothing in the last word");
    }
    return words;
  }

  private static long[] indexedWords(ByteBuffer bytes) {
    int count = count(bytes, INDEXED_BYTES);
    long[] words = new long[SoldBitmap.MOST_WORDS];
    int last = -1;
    for (int i = 0; i < count; i++) {
      int index = bytes.getInt();
      long word = bytes.getLong();
      if (index <= last || word == 0) {
        throw new IllegalArgumentException("word " + index + " after " + last + " is " + word);
      }
      words[index] = word;
      last = index;
    }
    return words;
  }

  private static int count(ByteBuffer bytes, int size) {
    int count = bytes.remaining() / size;
    if (bytes.remaining() % size != 0 || count > SoldBitmap.MOST_WORDS) {
      throw new IllegalArgumentException(bytes.remaining() + " bytes");
    }
    return count;
  }

  private static boolean isIndexed(SoldBitmap bitmap) {
    return bitmap.deltaSize() * INDEXED_BYTES < bitmap.length() * Long.BYTES;
  }

  private static SoldBitmap bitmap(Object object) {
    if (object instanceof SoldBitmap bitmap) {
      return bitmap;
    }
    throw new IllegalArgumentException("Not sold items: " + object.getClass().getName());
  }
}
