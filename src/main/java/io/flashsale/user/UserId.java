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

  public static UserId parse(String entityId) {
    int dash = entityId.indexOf('-');
    return new UserId(
        Long.parseLong(entityId, 0, dash, 10),
        Long.parseLong(entityId, dash + 1, entityId.length(), 10));
  }

  @Override
  public String toString() {
    return saleId + "-" + number;
  }
}
