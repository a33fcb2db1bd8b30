package org.oneshottuner.jobs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Parquet files with a flipped byte. */
public final class DamagedParquet {
  /** The footer's length and the magic bytes, with which a file ends. */
  private static final int TAIL_BYTES = 8;

  private DamagedParquet() {}

  /** Returns a file with a byte flipped that its footer cannot be parsed without. */
  public static byte[] footer(byte[] file) {
    int tail = file.length - TAIL_BYTES;
    int footerBytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(tail);
    return flipped(file, tail - footerBytes + 2);
  }

  /** Returns a file with a byte flipped in the four letters with which it ends. */
  public static byte[] magic(byte[] file) {
    return flipped(file, file.length - 1);
  }

  /** Returns a file whose footer is said to be longer than the file. */
  public static byte[] footerLength(byte[] file) {
    byte[] damaged = file.clone();
    ByteBuffer.wrap(damaged)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(damaged.length - TAIL_BYTES, 2 * damaged.length);
    return damaged;
  }

  /** Returns a file with a byte flipped in its middle, among the rows. */
  public static byte[] rows(byte[] file) {
    return flipped(file, file.length / 3);
  }

  private static byte[] flipped(byte[] file, int at) {
    byte[] flipped = file.clone();
    flipped[at] ^= 1;
    return flipped;
  }
}
