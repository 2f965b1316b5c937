package io.flashsale.http;

import akka.http.javadsl.model.Query;
import io.flashsale.user.CheckoutCode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a request, from its query or its form body. Each is given once, but for {@code
 * item_id}; names that are not known are ignored.
 */
final class Parameters {

  /** Items of one checkout. */
  static final int MOST_ITEMS = 10;

  /** A parameter that cannot be used; becomes 400 with its name. */
  static final class Invalid extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final String parameter;
    private final String detail;

    Invalid(String parameter, String detail) {
      super(parameter + " " + detail, null, false, false);
      this.parameter = parameter;
      this.detail = detail;
    }

    String parameter() {
      return parameter;
    }

    String detail() {
      return detail;
    }
  }

  private final Map<String, List<String>> values;

  private Parameters(Map<String, List<String>> values) {
    this.values = values;
  }

  static Parameters of(Query query) {
    return new Parameters(query.toMultiMap());
  }

  /** Whoever fills both is not to guess which of them counts. */
  static Parameters of(Query query, Query form) {
    Map<String, List<String>> fromQuery = query.toMultiMap();
    Map<String, List<String>> fromForm = form.toMultiMap();
    for (String name : fromForm.keySet()) {
      if (fromQuery.containsKey(name)) {
        throw new Invalid(name, "is given in the query and in the body");
      }
    }
    Map<String, List<String>> all = new java.util.HashMap<>(fromQuery);
    all.putAll(fromForm);
    return new Parameters(all);
  }

  @Nullable String optional(String name) {
    List<String> given = values.getOrDefault(name, List.of());
    if (given.size() > 1) {
      throw new Invalid(name, "is given more than once");
    }
    return given.isEmpty() ? null : given.getFirst();
  }

  /** Any signed 64-bit integer. */
  long userId() {
    String text = optional("user_id");
    if (text == null) {
      throw new Invalid("user_id", "is missing");
    }
    return number("user_id", text, Long.MIN_VALUE, Long.MAX_VALUE);
  }

  /**
   * 1 to 10 different items.
   *
   * @param items the number of items of the sale
   */
  List<Integer> itemIds(int items) {
    List<String> texts = values.getOrDefault("item_id", List.of());
    String name = "item_id";
    if (texts.isEmpty()) {
      name = "id"; // an alias
      texts = values.getOrDefault(name, List.of());
    } else if (values.containsKey("id")) {
      throw new Invalid("id", "is another name of item_id; give one of them");
    }
    if (texts.isEmpty()) {
      throw new Invalid("item_id", "is missing");
    }
    if (texts.size() > MOST_ITEMS) {
      throw new Invalid(name, "is given more than " + MOST_ITEMS + " times");
    }
    List<Integer> ids = new ArrayList<>(texts.size());
    for (String text : texts) {
      ids.add((int) number(name, text, 0, items - 1L));
    }
    Set<Integer> different = new HashSet<>(ids);
    if (different.size() < ids.size()) {
      throw new Invalid(name, "names an item twice");
    }
    return ids;
  }

  @Nullable UUID optionalCode() {
    String text = optional("code");
    return text == null ? null : code(text);
  }

  UUID code() {
    UUID code = optionalCode();
    if (code == null) {
      throw new Invalid("code", "is missing");
    }
    return code;
  }

  static UUID code(String text) {
    return CheckoutCode.parse(text)
        .orElseThrow(() -> new Invalid("code", "is not a UUID of 36 characters"));
  }

  long number(String name, long otherwise, long least, long most) {
    String text = optional(name);
    return text == null ? otherwise : number(name, text, least, most);
  }

  /** Digits with an optional sign, and nothing else: no white space, no other alphabets. */
  static long number(String name, String text, long least, long most) {
    try {
      if (text.startsWith("+") || !text.chars().allMatch(c -> c == '-' || (c >= '0' && c <= '9'))) {
        throw new NumberFormatException();
      }
      long value = Long.parseLong(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new Invalid(
        name,
        least == Long.MIN_VALUE
            ? "is not a signed 64-bit integer"
            : "is not an integer from " + least + " to " + most);
  }
}
