package io.flashsale.live;

import akka.util.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Frames that a server sends (RFC 6455, 5.2): whole messages, without a mask. */
final class WebSocketFrames {

  static final int CONTINUATION = 0x0;
  static final int TEXT = 0x1;
  static final int BINARY = 0x2;
  static final int CLOSE = 0x8;
  static final int PING = 0x9;
  static final int PONG = 0xA;

  static final int FIN = 0x80;
  static final int MOST_OF_CONTROL = 125;

  /** Lengths that say how many bytes of the length follow. */
  static final int TWO_BYTES = 126;

  static final int EIGHT_BYTES = 127;

  private WebSocketFrames() {}

  static ByteString text(byte[] utf8) {
    return frame(TEXT, utf8);
  }

  static ByteString ping() {
    return frame(PING, new byte[0]);
  }

  static ByteString pong(byte[] payload) {
    return frame(PONG, payload);
  }

  /** The reason is ASCII, of at most 123 characters. */
  static ByteString close(int code, String reason) {
    byte[] why = reason.getBytes(StandardCharsets.US_ASCII);
    return frame(
        CLOSE,
        ByteBuffer.allocate(Short.BYTES + why.length).putShort((short) code).put(why).array());
  }

  private static ByteString frame(int opcode, byte[] payload) {
    int length = payload.length;
    ByteBuffer frame = ByteBuffer.allocate(2 + Long.BYTES + length).put((byte) (FIN | opcode));
    if (length <= MOST_OF_CONTROL) {
      frame.put((byte) length);
    } else if (length <= 0xFFFF) {
      frame.put((byte) TWO_BYTES).putShort((short) length);
    } else {
      frame.put((byte) EIGHT_BYTES).putLong(length);
    }
    frame.put(payload).flip();
    return ByteString.fromArray(frame.array(), 0, frame.limit());
  }
}
