package io.flashsale.live;

import java.util.Locale;
import java.util.Optional;

/** What a client can subscribe to, besides what all get. */
public enum Topic {
  /** Which items are sold and held. */
  ITEMS,
  /** What becomes of the orders of a user. */
  ORDERS;

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The topic with this name. */
  public static Optional<Topic> of(String word) {
    for (Topic topic : values()) {
      if (topic.word().equals(word)) {
        return Optional.of(topic);
      }
    }
    return Optional.empty();
  }
}
