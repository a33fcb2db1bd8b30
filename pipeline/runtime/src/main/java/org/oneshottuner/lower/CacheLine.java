package org.oneshottuner.lower;

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
   * Returns how many of the vectors that make up a row straddle two lines: full ones, and ever
   * shorter ones at its end.
   *
   * @param offset of the row's first float, to which a multiple of {@code pitch} is added
   */
  static double splits(long offset, long pitch, int floats, int lanes) {
    int whole = floats / lanes;
    int period = FLOATS / lanes;
    double splits = 0;
    for (int i = 0; i < period; i++) {
      int alike = (whole - i + period - 1) / period;
      splits += alike * splitShare(offset + (long) i * lanes, pitch, lanes);
    }
    long start = offset + (long) whole * lanes;
    for (int length : RegisterTile.cut(floats % lanes, lanes)) {
      splits += splitShare(start, pitch, length);
      start += length;
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
