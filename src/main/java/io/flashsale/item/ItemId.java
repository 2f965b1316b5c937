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

  /**
   * Reads what {@link #toString} writes and nothing else: two texts would be two entities.
   *
   * @throws IllegalArgumentException if no item of a sale has this text
   */
  public static ItemId parse(String entityId) {
    int dash = entityId.indexOf('-');
    if (dash > 0) {
      ItemId id =
          new ItemId(
              Long.parseLong(entityId, 0, dash, 10),
              Integer.parseInt(entityId, dash + 1, entityId.length(), 10));
      if (id.toString().equals(entityId)) {
        return id;
      }
    }
    throw new IllegalArgumentException("No item of a sale is called \"" + entityId + "\"");
  }

  @Override
  public String toString() {
    return saleId + "-" + number;
  }
}
