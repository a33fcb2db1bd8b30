package org.oneshottuner.predict;

import java.nio.ByteBuffer;

/**
 * A bit an item, as a file has them: the first in the highest bit of the first byte.
 *
 * @param bytes where they are; empty if all are alike
 * @param items how many
 * @param otherwise what all are where there are no bytes
 */
record Plane(ByteBuffer bytes, int items, boolean otherwise) {
  /** Returns a plane of bits that are all alike. */
  static Plane of(int items, boolean bit) {
    return new Plane(ByteBuffer.allocate(0), items, bit);
  }

  /** Returns how many bytes some bits take. */
  static int bytes(int items) {
    return (int) ((items + 7L) / 8);
  }

  boolean get(int item) {
    return bytes.limit() == 0 ? otherwise : ((bytes.get(item >> 3) >> (7 - (item & 7))) & 1) != 0;
  }

  /** Returns whether the last byte is filled up with zeros. */
  boolean endsInZeros() {
    int used = items & 7;
    return used == 0 || (bytes.get(bytes.limit() - 1) & (0xff >> used)) == 0;
  }
}
