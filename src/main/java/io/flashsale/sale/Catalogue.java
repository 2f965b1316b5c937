package io.flashsale.sale;

import io.flashsale.item.ItemId;
import java.math.BigDecimal;

/** Names, prices and images of items: functions of sale and number, the same on every node. */
public final class Catalogue {

  private Catalogue() {}

  public static String name(ItemId item) {
    return "Flash Item #" + item.number() + " (Sale " + item.saleId() + ")";
  }

  /** From 1.00 to 999.99. */
  public static BigDecimal price(ItemId item) {
    return BigDecimal.valueOf(100 + Math.floorMod(mix(item), 99_900L), 2);
  }

  public static String imageUrl(ItemId item) {
    return "/items/" + item.number() + "/image.svg?sale=" + item.saleId();
  }

  /** An SVG of 320 x 320 in a colour of its own. */
  public static String image(ItemId item) {
    long mixed = mix(item);
    long hue = Math.floorMod(mixed, 360L);
    long turn = Math.floorMod(mixed >>> 20, 90L);
    return """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 320" width="320" height="320" role="img">
    <title>%s</title>
    <rect width="320" height="320" fill="hsl(%d 70%% 92%%)"/>
    <rect x="80" y="80" width="160" height="160" rx="24" fill="hsl(%d 65%% 45%%)" transform="rotate(%d 160 160)"/>
    <text x="160" y="172" font-family="sans-serif" font-size="36" text-anchor="middle" fill="#fff">#%d</text>
    </svg>
    """
        .formatted(name(item), hue, hue, turn, item.number());
  }

  /** The finalizer of SplitMix64 (Steele, Lea, Flood 2014): neighbours look unrelated. */
  private static long mix(ItemId item) {
    long z = item.saleId() * 0x9E3779B97F4A7C15L + item.number();
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }
}
