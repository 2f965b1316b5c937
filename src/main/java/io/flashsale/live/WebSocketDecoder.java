package io.flashsale.live;

import akka.util.ByteString;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a client sends over a WebSocket (RFC 6455). Of a message it keeps {@link
 * #MOST_MESSAGE_BYTES}: what is longer is read over.
 */
final class WebSocketDecoder {

  static final int MOST_MESSAGE_BYTES = 4096;

  /** Nobody sends so much by mistake: the connection ends. */
  static final int MOST_IGNORED_BYTES = 1 << 20;

  static final int PROTOCOL_ERROR = 1002;
  static final int INVALID_TEXT = 1007;
  static final int TOO_BIG = 1009;

  private static final int RESERVED = 0x70;
  private static final int MASKED = 0x80;
  private static final int OPCODE = 0x0F;
  private static final int CONTROL = 0x08;
  private static final int MASK_BYTES = 4;
  private static final int NONE = -1;

  /** What has come. */
  sealed interface Received {
    record Text(String text) implements Received {}

    /** A text that is too long. */
    record TooLong() implements Received {}

    record Binary() implements Received {}

    record Ping(ByteString payload) implements Received {}

    record Pong() implements Received {}

    /** The client ends the connection. */
    record Close() implements Received {}

    /** The connection is to be ended, with this code. */
    record Violation(int code, String reason) implements Received {}
  }

  private byte[] bytes = new byte[0]; // what is not read yet
  private int at;

  private boolean inFrame;
  private int opcode;
  private boolean last;
  private long left; // of the payload of this frame
  private final byte[] mask = new byte[MASK_BYTES];
  private int masked;

  private int message = NONE; // the opcode of a message that is not complete
  private long length; // of it
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream(0);
  private final ByteArrayOutputStream control = new ByteArrayOutputStream(0);

  /** Takes bytes that have come. What came before is to be read already. */
  void feed(ByteString more) {
    int rest = bytes.length - at;
    byte[] joined = Arrays.copyOfRange(bytes, at, at + rest + more.size());
    System.arraycopy(more.toArrayUnsafe(), 0, joined, rest, more.size());
    bytes = joined;
    at = 0;
  }

  /** The next of it, or null if more has to come first. After a violation there is no next. */
  @Nullable Received next() {
    while (true) {
      if (!inFrame) {
        Received violation = header();
        if (violation != null || !inFrame) {
          return violation;
        }
      }
      int count = (int) Math.min(left, bytes.length - at);
      payload(count);
      if (left > 0) {
        return length > MOST_IGNORED_BYTES ? tooBig() : null;
      }
      inFrame = false;
      Received done = isControl() ? controlled() : message();
      if (done != null) {
        return done;
      }
    }
  }

  /** Reads a header if all of it is there; null unless it is one that may not be. */
  private @Nullable Received header() {
    int available = bytes.length - at;
    if (available < 2) {
      return null;
    }
    int first = bytes[at] & 0xFF;
    int second = bytes[at + 1] & 0xFF;
    int shortLength = second & ~MASKED;
    int lengthBytes =
        shortLength == WebSocketFrames.TWO_BYTES
            ? Short.BYTES
            : shortLength == WebSocketFrames.EIGHT_BYTES ? Long.BYTES : 0;
    opcode = first & OPCODE;
    last = (first & WebSocketFrames.FIN) != 0;
    Received violation = violation(first, second, shortLength);
    if (violation != null || available < 2 + lengthBytes + MASK_BYTES) {
      return violation;
    }
    ByteBuffer header = ByteBuffer.wrap(bytes, at + 2, lengthBytes + MASK_BYTES);
    left =
        switch (lengthBytes) {
          case Short.BYTES -> header.getShort() & 0xFFFF;
          case Long.BYTES -> header.getLong();
          default -> shortLength;
        };
    if (left < 0) {
      return violated("a length is negative");
    }
    header.get(mask);
    masked = 0;
    at = header.position();
    inFrame = true;
    control.reset();
    if (!isControl() && opcode != WebSocketFrames.CONTINUATION) {
      message = opcode;
      length = 0;
      kept.reset();
    }
    return null;
  }

  private @Nullable Received violation(int first, int second, int shortLength) {
    if ((first & RESERVED) != 0) {
      return violated("no extension was agreed on");
    }
    if ((second & MASKED) == 0) {
      return violated("a client has to mask");
    }
    return switch (opcode) {
      case WebSocketFrames.CONTINUATION ->
          message == NONE ? violated("there is nothing to continue") : null;
      case WebSocketFrames.TEXT, WebSocketFrames.BINARY ->
          message == NONE ? null : violated("the last message is not complete");
      case WebSocketFrames.CLOSE, WebSocketFrames.PING, WebSocketFrames.PONG ->
          last && shortLength <= WebSocketFrames.MOST_OF_CONTROL
              ? null
              : violated("a control frame is too long, or not whole");
      default -> violated("there is no such opcode");
    };
  }

  private static Received violated(String why) {
    return new Received.Violation(PROTOCOL_ERROR, why);
  }

  private static Received tooBig() {
    return new Received.Violation(TOO_BIG, "a message is too big");
  }

  private boolean isControl() {
    return (opcode & CONTROL) != 0;
  }

  private void payload(int count) {
    ByteArrayOutputStream into = isControl() ? control : kept;
    for (int i = 0; i < count; i++) {
      byte plain = (byte) (bytes[at + i] ^ mask[masked]);
      masked = (masked + 1) % MASK_BYTES;
      if (into.size() <= MOST_MESSAGE_BYTES) { // one more, to know that it is too long
        into.write(plain);
      }
    }
    at += count;
    left -= count;
    if (!isControl()) {
      length += count;
    }
  }

  private Received controlled() {
    return switch (opcode) {
      case WebSocketFrames.PING ->
          new Received.Ping(ByteString.fromArrayUnsafe(control.toByteArray()));
      case WebSocketFrames.PONG -> new Received.Pong();
      default -> new Received.Close();
    };
  }

  private @Nullable Received message() {
    if (!last) {
      return length > MOST_IGNORED_BYTES ? tooBig() : null;
    }
    int complete = message;
    message = NONE;
    if (complete == WebSocketFrames.BINARY) {
      return new Received.Binary();
    }
    if (kept.size() > MOST_MESSAGE_BYTES) {
      return new Received.TooLong();
    }
    try {
      ByteBuffer utf8 = ByteBuffer.wrap(kept.toByteArray());
      return new Received.Text(StandardCharsets.UTF_8.newDecoder().decode(utf8).toString());
    } catch (CharacterCodingException e) {
      return new Received.Violation(INVALID_TEXT, "a text is not UTF-8");
    }
  }
}
