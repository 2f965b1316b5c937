package io.flashsale.live;

import static org.assertj.core.api.Assertions.assertThat;

import akka.util.ByteString;
import io.flashsale.live.WebSocketDecoder.Received;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients may and may not send by RFC 6455. */
class WebSocketDecoderTest {

  private static final byte[] MASK = {1, 2, 3, 4};
  private static final int FIN = 0x80;
  private static final int TEXT = 1;

  private static byte[] frame(int first, byte[] payload) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(first);
    if (payload.length <= 125) {
      out.write(0x80 | payload.length);
    } else if (payload.length <= 0xFFFF) {
      out.write(0x80 | 126);
      out.writeBytes(ByteBuffer.allocate(2).putShort((short) payload.length).array());
    } else {
      out.write(0x80 | 127);
      out.writeBytes(ByteBuffer.allocate(8).putLong(payload.length).array());
    }
    out.writeBytes(MASK);
    for (int i = 0; i < payload.length; i++) {
      out.write(payload[i] ^ MASK[i % 4]);
    }
    return out.toByteArray();
  }

  private static byte[] frame(int first, String payload) {
    return frame(first, payload.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] all(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  /** All that is received, the same whether it comes at once or byte by byte. */
  private static List<Received> read(byte[]... parts) {
    byte[] bytes = all(parts);
    List<Received> atOnce = read(bytes, bytes.length);
    List<Received> slowly = read(bytes, 1);
    assertThat(slowly).isEqualTo(atOnce);
    return slowly;
  }

  private static List<Received> read(byte[] bytes, int step) {
    WebSocketDecoder decoder = new WebSocketDecoder();
    List<Received> all = new ArrayList<>();
    for (int at = 0; at < bytes.length; at += step) {
      decoder.feed(ByteString.fromArray(bytes, at, Math.min(step, bytes.length - at)));
      for (Received one = decoder.next(); one != null; one = decoder.next()) {
        all.add(one);
        if (one instanceof Received.Violation) {
          return all;
        }
      }
    }
    return all;
  }

  @Test
  void readsTexts() {
    assertThat(read(frame(FIN | TEXT, "one"), frame(FIN | TEXT, ""), frame(FIN | TEXT, "zw\u00f6")))
        .containsExactly(
            new Received.Text("one"), new Received.Text(""), new Received.Text("zw\u00f6"));
  }

  @Test
  void joinsFragmentsWithControlFramesBetweenThem() {
    List<Received> all =
        read(frame(TEXT, "a"), frame(FIN | 9, "x"), frame(0, "b"), frame(FIN, "c"));

    assertThat(all)
        .containsExactly(new Received.Ping(ByteString.fromString("x")), new Received.Text("abc"));
  }

  @Test
  void readsOverWhatIsTooLongAndGoesOn() {
    assertThat(
            read(
                frame(FIN | TEXT, "x".repeat(4_096)),
                frame(FIN | TEXT, "x".repeat(4_097)),
                frame(FIN | TEXT, "x".repeat(70_000)),
                frame(FIN | TEXT, "next")))
        .containsExactly(
            new Received.Text("x".repeat(4_096)),
            new Received.TooLong(),
            new Received.TooLong(),
            new Received.Text("next"));
  }

  @Test
  void isNotKeptBusyByAMessageWithoutAnEnd() {
    byte[] fragment = frame(0, "x".repeat(60_000));
    byte[][] parts = new byte[20][];
    parts[0] = frame(TEXT, "x");
    for (int i = 1; i < parts.length; i++) {
      parts[i] = fragment;
    }

    assertThat(read(all(parts), 4_096))
        .containsExactly(new Received.Violation(1009, "a message is too big"));
  }

  @Test
  void knowsTheOtherKinds() {
    assertThat(read(frame(FIN | 2, "x"), frame(FIN | 10, "x"), frame(FIN | 8, "")))
        .containsExactly(new Received.Binary(), new Received.Pong(), new Received.Close());
  }

  @ParameterizedTest
  @CsvSource({
    "0xC1, 0x80", // a reserved bit
    "0x81, 0x00", // no mask
    "0x83, 0x80", // no such opcode
    "0x8B, 0x80",
    "0x80, 0x80", // nothing to continue
    "0x09, 0x80", // a control frame in fragments
    "0x89, 0xFE", // and one that is too long
  })
  void refusesWhatNoClientMaySend(String first, String second) {
    byte[] bytes = new byte[16];
    bytes[0] = (byte) Integer.decode(first).intValue();
    bytes[1] = (byte) Integer.decode(second).intValue();

    assertThat(read(bytes))
        .singleElement()
        .isInstanceOfSatisfying(
            Received.Violation.class, violation -> assertThat(violation.code()).isEqualTo(1002));
  }

  @Test
  void refusesAMessageInTheMiddleOfAnother() {
    assertThat(read(frame(TEXT, "a"), frame(FIN | TEXT, "b")))
        .singleElement()
        .isInstanceOf(Received.Violation.class);
  }

  @Test
  void refusesANegativeLength() {
    byte[] bytes = new byte[14];
    bytes[0] = (byte) (FIN | TEXT);
    bytes[1] = (byte) 0xFF;
    bytes[2] = (byte) 0x80;

    assertThat(read(bytes)).singleElement().isInstanceOf(Received.Violation.class);
  }

  @Test
  void refusesATextThatIsNotUtf8() {
    assertThat(read(frame(FIN | TEXT, new byte[] {(byte) 0xC3, 0x28})))
        .containsExactly(new Received.Violation(1007, "a text is not UTF-8"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 125, 126, 65_535, 65_536})
  void framesSayHowLongTheyAre(int length) {
    byte[] frame = WebSocketFrames.text(new byte[length]).toArray();
    ByteBuffer header = ByteBuffer.wrap(frame);

    assertThat(header.get()).isEqualTo((byte) 0x81);
    int said = header.get();
    long real = said == 126 ? header.getShort() & 0xFFFF : said == 127 ? header.getLong() : said;
    assertThat(real).isEqualTo(length);
    assertThat(header.remaining()).isEqualTo(length);
  }

  @Test
  void aCloseSaysWhy() {
    assertThat(WebSocketFrames.close(1001, "bye").toArray())
        .containsExactly(0x88, 5, 0x03, 0xE9, 'b', 'y', 'e');
  }
}
