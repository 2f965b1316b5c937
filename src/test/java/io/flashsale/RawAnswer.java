package io.flashsale;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An answer of HTTP/1.1, read by hand.
 *
 * @param headers whose names are of any case
 */
public record RawAnswer(int status, Map<String, String> headers, String body) {

  private static final String VERSION = "HTTP/1.1 ";

  /**
   * Reads answers that come one after the other.
   *
   * @param methods of the requests, in order: an answer to HEAD has no body
   * @throws IllegalArgumentException if this is anything but whole answers
   */
  public static List<RawAnswer> all(String bytes, List<String> methods) {
    List<RawAnswer> answers = new ArrayList<>();
    Reader reader = new Reader(bytes);
    while (reader.at < bytes.length()) {
      boolean head = answers.size() < methods.size() && methods.get(answers.size()).equals("HEAD");
      RawAnswer answer = reader.next(head);
      if (answer.status >= 200) {
        answers.add(answer); // others, like 100, come before it
      }
    }
    return answers;
  }

  private static final class Reader {
    private final String bytes;
    private int at;

    Reader(String bytes) {
      this.bytes = bytes;
    }

    RawAnswer next(boolean head) {
      String statusLine = line();
      if (!statusLine.matches(VERSION + "[1-5][0-9]{2} .*")) {
        throw new IllegalArgumentException("Not a status: " + statusLine);
      }
      Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      for (String line = line(); !line.isEmpty(); line = line()) {
        int colon = line.indexOf(": ");
        if (colon < 1 || headers.put(line.substring(0, colon), line.substring(colon + 2)) != null) {
          throw new IllegalArgumentException("Not a header, or one more: " + line);
        }
      }
      int status = Integer.parseInt(statusLine, VERSION.length(), VERSION.length() + 3, 10);
      // A request that was not understood is not known to be HEAD.
      boolean none = status < 200 || (head && !bytes.startsWith("{", at));
      int length = none ? 0 : Integer.parseInt(headers.getOrDefault("Content-Length", "0"));
      return new RawAnswer(status, headers, utf8(take(length)));
    }

    private String line() {
      int end = bytes.indexOf("\r\n", at);
      if (end < 0) {
        throw new IllegalArgumentException("Not a whole answer: " + bytes.substring(at));
      }
      String line = bytes.substring(at, end);
      at = end + 2;
      return line;
    }

    private String take(int length) {
      if (at + length > bytes.length()) {
        throw new IllegalArgumentException("Not a whole body: " + bytes.substring(at));
      }
      at += length;
      return bytes.substring(at - length, at);
    }

    private static String utf8(String text) {
      return new String(text.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
  }
}
