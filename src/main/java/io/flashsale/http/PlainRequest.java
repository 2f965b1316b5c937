package io.flashsale.http;

import io.flashsale.user.CheckoutCode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /checkout?user_id=..&item_id=..} or {@code POST /purchase?code=..} as nearly every
 * client sends it: complete, without a body, and without anything that could mean something else.
 * Whatever is not exactly that is not refused but left to Akka HTTP, which knows all of HTTP (RFC
 * 9112): this reader only has to be right about what it accepts.
 *
 * @param userId of a checkout
 * @param items of a checkout, in order, all different; empty for a purchase
 * @param code of a purchase
 * @param key the Idempotency-Key, not checked yet
 * @param requestId the X-Request-Id, which the answer has too
 * @param forwardedFor all X-Forwarded-For, with commas in between
 * @param traceparent as the client says it, not checked
 * @param json whether JSON is wanted
 * @param end the index after its last byte
 */
record PlainRequest(
    long userId,
    List<Integer> items,
    @Nullable UUID code,
    @Nullable String key,
    @Nullable String requestId,
    @Nullable String forwardedFor,
    @Nullable String traceparent,
    boolean json,
    int end) {

  /** Bytes of a request that is read here. */
  static final int LONGEST = 2_048;

  /** Digits of an item, and of a user: no number of so many digits overflows. */
  private static final int MOST_ITEM_DIGITS = 9;

  private static final int MOST_USER_DIGITS = 18;
  private static final int CODE_LENGTH = 36;

  private static final byte[] CHECK_OUT = bytes("POST /checkout?");
  private static final byte[] PURCHASE = bytes("POST /purchase?");
  private static final byte[] VERSION = bytes(" HTTP/1.1\r\n");
  private static final byte[] USER_ID = bytes("user_id=");
  private static final byte[] ITEM_ID = bytes("item_id=");
  private static final byte[] CODE = bytes("code=");

  /** Of a checkout or a purchase, as it is read. */
  boolean isCheckOut() {
    return code == null;
  }

  /** Reads the request that begins there, or null if it is not complete or not plain. */
  static @Nullable PlainRequest read(byte[] bytes, int from, int to) {
    return new Reader(bytes, from, Math.min(to, from + LONGEST)).read();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static final class Reader {
    private final byte[] bytes;
    private final int to;
    private int at;

    private boolean hasUser;
    private long user;
    private final List<Integer> items = new ArrayList<>(1);
    private @Nullable UUID code;
    private boolean hasHost;
    private boolean hasAccept;
    private @Nullable String key;
    private @Nullable String requestId;
    private @Nullable String forwardedFor;
    private @Nullable String traceparent;
    private boolean json;

    Reader(byte[] bytes, int from, int to) {
      this.bytes = bytes;
      this.at = from;
      this.to = to;
    }

    @Nullable PlainRequest read() {
      boolean plain;
      if (take(CHECK_OUT)) {
        plain = checkOut() && hasUser && !items.isEmpty();
      } else {
        plain = take(PURCHASE) && take(CODE) && code();
      }
      return plain && take(VERSION) && headers() && hasHost
          ? new PlainRequest(
              user, List.copyOf(items), code, key, requestId, forwardedFor, traceparent, json, at)
          : null;
    }

    // -------------------------------------------------------------- the query

    private boolean checkOut() {
      do {
        boolean understood = take(USER_ID) ? user() : take(ITEM_ID) && item();
        if (!understood) {
          return false;
        }
      } while (take('&'));
      return true;
    }

    private boolean user() {
      boolean negative = take('-');
      long number = number(MOST_USER_DIGITS);
      if (hasUser || number < 0) {
        return false;
      }
      hasUser = true;
      user = negative ? -number : number;
      return true;
    }

    private boolean item() {
      long number = number(MOST_ITEM_DIGITS);
      if (number < 0 || items.size() == Parameters.MOST_ITEMS || items.contains((int) number)) {
        return false;
      }
      items.add((int) number);
      return true;
    }

    /** Or -1. */
    private long number(int mostDigits) {
      long number = 0;
      int begin = at;
      while (at < to && bytes[at] >= '0' && bytes[at] <= '9') {
        number = 10 * number + bytes[at] - '0';
        at++;
        if (at - begin > mostDigits) {
          return -1;
        }
      }
      return at == begin ? -1 : number;
    }

    private boolean code() {
      if (to - at < CODE_LENGTH) {
        return false;
      }
      code = CheckoutCode.parse(text(at, at + CODE_LENGTH)).orElse(null);
      at += CODE_LENGTH;
      return code != null;
    }

    // -------------------------------------------------------------- the header

    private boolean headers() {
      while (at < to && bytes[at] != '\r') {
        int name = at;
        while (at < to && isInName(bytes[at])) {
          at++;
        }
        int colon = at;
        if (colon == name || !take(':')) {
          return false;
        }
        while (take(' ')) {
          // optional white space
        }
        int value = at;
        while (at < to && bytes[at] >= ' ' && bytes[at] <= '~') {
          at++;
        }
        if (!header(name, colon, value, at) || !takeLineEnd()) {
          return false;
        }
      }
      return takeLineEnd();
    }

    /** What is not named here may change what the request means. */
    private boolean header(int name, int colon, int from, int end) {
      switch (colon - name) {
        case 4 -> {
          return is(name, "host") && host(from, end);
        }
        case 6 -> {
          return is(name, "accept") ? accept(from, end) : is(name, "pragma");
        }
        case 7 -> {
          return is(name, "referer");
        }
        case 9 -> {
          return is(name, "x-real-ip");
        }
        case 10 -> {
          return is(name, "user-agent")
              || is(name, "tracestate") // nobody here has anything to say in it
              || (is(name, "connection") && end - from == 10 && is(from, "keep-alive"));
        }
        case 11 -> {
          return is(name, Followed.HEADER) && traceparent(from, end);
        }
        case 12 -> {
          return is(name, "x-request-id")
              ? requestId(from, end)
              : is(name, "content-type"); // of no body
        }
        case 13 -> {
          return is(name, "cache-control");
        }
        case 14 -> {
          return is(name, "content-length") && end - from == 1 && bytes[from] == '0';
        }
        case 15 -> {
          return is(name, "idempotency-key")
              ? key(from, end)
              : is(name, "accept-encoding")
                  || is(name, "accept-language")
                  || (is(name, "x-forwarded-for") && forwardedFor(from, end));
        }
        case 17 -> {
          return is(name, "x-forwarded-proto");
        }
        default -> {
          return false;
        }
      }
    }

    private boolean host(int from, int end) {
      boolean first = !hasHost && end > from;
      hasHost = true;
      for (int i = from; i < end && first; i++) {
        int c = bytes[i];
        first = isAlphanumeric(c) || c == '.' || c == ':' || c == '-';
      }
      return first;
    }

    private boolean accept(int from, int end) {
      boolean first = !hasAccept;
      hasAccept = true;
      json = end - from == 16 && is(from, "application/json");
      return first
          && (json
              || (end - from == 3 && is(from, "*/*"))
              || (end - from == 10 && is(from, "text/plain")));
    }

    private boolean key(int from, int end) {
      if (key != null || end == from || bytes[end - 1] == ' ') {
        return false;
      }
      key = text(from, end);
      return true;
    }

    private boolean requestId(int from, int end) {
      boolean first = requestId == null;
      requestId = text(from, end);
      return first && RequestLog.isValid(requestId);
    }

    private boolean traceparent(int from, int end) {
      boolean first = traceparent == null;
      traceparent = text(from, end);
      return first;
    }

    private boolean forwardedFor(int from, int end) {
      String value = text(from, end);
      forwardedFor = forwardedFor == null ? value : forwardedFor + "," + value;
      return true;
    }

    // -------------------------------------------------------------- bytes

    private String text(int from, int end) {
      return new String(bytes, from, end - from, StandardCharsets.ISO_8859_1);
    }

    private boolean take(byte[] expected) {
      int end = at + expected.length;
      if (end > to) {
        return false;
      }
      for (int i = 0; i < expected.length; i++) {
        if (bytes[at + i] != expected[i]) {
          return false;
        }
      }
      at = end;
      return true;
    }

    private boolean take(char expected) {
      if (at < to && bytes[at] == expected) {
        at++;
        return true;
      }
      return false;
    }

    private boolean takeLineEnd() {
      return take('\r') && take('\n');
    }

    /** Whether the bytes from there on are these letters, of any case. */
    private boolean is(int from, String lowerCase) {
      for (int i = 0; i < lowerCase.length(); i++) {
        int c = bytes[from + i];
        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != lowerCase.charAt(i)) {
          return false;
        }
      }
      return true;
    }

    private static boolean isInName(int c) {
      return isAlphanumeric(c) || c == '-';
    }

    private static boolean isAlphanumeric(int c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }
  }
}
