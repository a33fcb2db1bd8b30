package org.oneshottuner.lower;

import java.util.List;

/** How often vectors of floats straddle two cache lines of 64 bytes. */
final class CacheLine {
  private static final int FLOATS = 64 / Float.BYTES;

  private CacheLine() {}

  /**
   * Returns the share of the vectors loaded at {@code offset} plus a multiple of {@code pitch} from
   * the start of a line, in floats, that straddle two lines; each multiple is as frequent.
   */
  static double splitShare(long offset, long pitch, int lanes) {
    int apart = greatestCommonDivisor(FLOATS, pitch);
    int splits = 0;
    for (int place = 0; place < FLOATS; place += apart) {
      splits += Math.floorMod(offset + place, FLOATS) + lanes > FLOATS ? 1 : 0;
    }
    return (double) splits * apart / FLOATS;
  }

  /**
   * Returns how many of the vectors that make up a row straddle two lines.
   *
   * @param offset of the row's first float, to which a multiple of {@code pitch} is added
   * @param columns the lengths of the vectors, side by side
   */
  static double splits(long offset, long pitch, List<Integer> columns) {
    double splits = 0;
    long start = offset;
    for (int lanes : columns) {
      splits += splitShare(start, pitch, lanes);
      start += lanes;
    }
    return splits;
  }

  static int greatestCommonDivisor(int a, long b) {
    int x = a;
    int y = (int) (b % a);
    while (y != 0) {
      int rest = x % y;
      x = y;
      y = rest;
    }
    return x;
  }
}
