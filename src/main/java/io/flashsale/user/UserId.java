package io.flashsale.user;

/**
 * A user in a sale. Its text {@code "<saleId>-<number>"} is the id of the entity.
 *
 * @param saleId 1, 2, 3 ...
 * @param number any signed 64-bit integer
 */
public record UserId(long saleId, long number) {

  public UserId {
    if (saleId < 1) {
      throw new IllegalArgumentException("No user in sale " + saleId);
    }
  }

  /**
   * Reads what {@link #toString} writes and nothing else: two texts would be two entities.
   *
   * @throws IllegalArgumentException if no user of a sale has this text
   */
  public static UserId parse(String entityId) {
    int dash = entityId.indexOf('-');
    if (dash > 0) {
      UserId id =
          new UserId(
              Long.parseLong(entityId, 0, dash, 10),
              Long.parseLong(entityId, dash + 1, entityId.length(), 10));
      if (id.toString().equals(entityId)) {
        return id;
      }
    }
    throw new IllegalArgumentException("No user of a sale is called \"" + entityId + "\"");
  }

  @Override
  public String toString() {
    return saleId + "-" + number;
  }
}
