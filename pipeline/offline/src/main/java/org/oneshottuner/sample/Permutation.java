package org.oneshottuner.sample;

import org.oneshottuner.space.Seeds;
import org.oneshottuner.space.SplitMix64;

/**
 * A pseudo-random order of {@code 0 .. size-1} that needs no list: an alternating Feistel network
 * over the least power of two that holds them, walked along its cycles until the value is in range
 * (Black, Rogaway 2002, "Ciphers with Arbitrary Finite Domains", method 2 and 3). Immutable.
 */
final class Permutation {
  private static final int PASSES = 8;

  private final long size;
  private final int lowBits;
  private final long lowMask;
  private final long highMask;
  private final long[] keys;

  Permutation(long size, long seed) {
    if (size < 1) {
      throw new IllegalArgumentException("Cannot order " + size + " members: the least is 1");
    }
    this.size = size;
    int bits = Math.max(2, Long.SIZE - Long.numberOfLeadingZeros(size - 1));
    this.lowBits = bits / 2;
    this.lowMask = (1L << lowBits) - 1;
    this.highMask = (1L << (bits - lowBits)) - 1;
    this.keys = new long[PASSES];
    for (int i = 0; i < PASSES; i++) {
      keys[i] = Seeds.derive(seed, i);
    }
  }

  /**
   * Returns the member at {@code place}, from 0 to {@code size - 1}; no two places hold the same.
   */
  long at(long place) {
    long value = place;
    do {
      value = pass(value);
    } while (value >= size);
    return value;
  }

  private long pass(long value) {
    long low = value & lowMask;
    long high = value >>> lowBits;
    for (int i = 0; i < PASSES; i += 2) {
      low ^= SplitMix64.mix(keys[i] + high) & lowMask;
      high ^= SplitMix64.mix(keys[i + 1] + low) & highMask;
    }
    return high << lowBits | low;
  }
}
