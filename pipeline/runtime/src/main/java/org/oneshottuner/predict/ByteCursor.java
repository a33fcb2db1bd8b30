package org.oneshottuner.predict;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.oneshottuner.predict.ModelFormatException.Reason;

/**
 * Reads big-endian fields one after another, and refuses every count and length that the remaining
 * bytes cannot hold.
 */
final class ByteCursor {
  private final String source;
  private final ByteBuffer bytes;

  /** Reads {@code bytes} from {@code from} up to, not including, {@code to}. */
  ByteCursor(String source, byte[] bytes, int from, int to) {
    this.source = source;
    this.bytes = ByteBuffer.wrap(bytes, from, to - from);
  }

  int offset() {
    return bytes.position();
  }

  int unsignedByte(String what) {
    need(1, what);
    return bytes.get() & 0xff;
  }

  int unsignedShort(String what) {
    need(2, what);
    return bytes.getShort() & 0xffff;
  }

  int integer(String what) {
    need(4, what);
    return bytes.getInt();
  }

  long longInteger(String what) {
    need(8, what);
    return bytes.getLong();
  }

  float floating(String what) {
    return Float.intBitsToFloat(integer(what));
  }

  float[] floats(int count, String what) {
    need(Math.multiplyExact(4, count), what);
    float[] floats = new float[count];
    bytes.asFloatBuffer().get(floats);
    bytes.position(bytes.position() + 4 * count);
    return floats;
  }

  double doubleFloating(String what) {
    need(8, what);
    return bytes.getDouble();
  }

  /** Reads a count of things that take at least {@code leastBytes} each. */
  int count(int leastBytes, String what) {
    int count = integer(what);
    if (count < 0 || (long) count * leastBytes > bytes.remaining()) {
      throw refuse(
          4,
          (count & 0xffffffffL)
              + " "
              + what
              + ", and only "
              + bytes.remaining()
              + " bytes are left");
    }
    return count;
  }

  /** Returns the next bytes where they are, and goes on behind them. */
  ByteBuffer view(int length, String what) {
    need(length, what);
    ByteBuffer view = bytes.slice(bytes.position(), length);
    bytes.position(bytes.position() + length);
    return view;
  }

  /** Returns all bytes that are left where they are, and stays before them. */
  ByteBuffer rest() {
    return bytes.slice();
  }

  String text(String what) {
    int length = count(1, "bytes of " + what);
    CharBuffer text;
    try {
      // a new decoder reports malformed input, where new String would replace it
      text = StandardCharsets.UTF_8.newDecoder().decode(bytes.slice().limit(length));
    } catch (CharacterCodingException e) {
      throw new ModelFormatException(Reason.MALFORMED, source, offset(), e);
    }
    bytes.position(bytes.position() + length);
    return text.toString();
  }

  void finish() {
    if (bytes.hasRemaining()) {
      throw refuse(0, bytes.remaining() + " bytes are left over");
    }
  }

  /** Returns the refusal of what was read {@code back} bytes ago. */
  ModelFormatException refuse(int back, String detail) {
    return new ModelFormatException(Reason.MALFORMED, source, offset() - back, detail);
  }

  ModelFormatException refuse(Reason reason, Exception cause) {
    return new ModelFormatException(reason, source, offset(), cause);
  }

  private void need(int length, String what) {
    if (length > bytes.remaining()) {
      throw refuse(
          0, what + " takes " + length + " bytes, and only " + bytes.remaining() + " are left");
    }
  }
}
