package io.flashsale.item;

/**
 * An item of a sale. Its text {@code "<saleId>-<number>"} is the id of the entity.
 *
 * @param saleId 1, 2, 3 ...
 * @param number 0 up to the number of items of the sale, exclusive
 */
public record ItemId(long saleId, int number) {

  public ItemId {
    if (saleId < 1 || number < 0) {
      throw new IllegalArgumentException("No item " + saleId + "-" + number);
    }
  }

  public static ItemId parse(String entityId) {
    int dash = entityId.indexOf('-');
    return new ItemId(
        Long.parseLong(entityId, 0, dash, 10),
        Integer.parseInt(entityId, dash + 1, entityId.length(), 10));
  }

  @Override
  public String toString() {
    return saleId + "-" + number;
  }
}
