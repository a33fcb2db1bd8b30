package org.oneshottuner.sample;

import org.oneshottuner.space.SplitMix64;

/**
 * Noise that belongs to a member of a space: output number {@code member} of a {@link SplitMix64}
 * sequence.
 */
final class Noise {
  /** The step of the sequence's state: Steele, Lea, Flood 2014, figure 14. */
  private static final long GAMMA = 0x9E3779B97F4A7C15L;

  private static final int UNUSED_BITS = 11;
  private static final double STEP = 0x1.0p-53;

  private Noise() {}

  /** Returns a number in {@code [0, 2^53)}, all equally likely. */
  static long rank(long stream, long member) {
    return SplitMix64.mix(stream + (member + 1) * GAMMA) >>> UNUSED_BITS;
  }

  /** Returns the number in (0, 1) that belongs to a rank; grows with it. */
  static double uniform(long rank) {
    return (rank + 0.5) * STEP;
  }

  /** Returns the exponentially distributed number that belongs to a rank; grows with it. */
  static double exponential(long rank) {
    return -StrictMath.log1p(-uniform(rank));
  }

  /** Returns the Gumbel-distributed number that belongs to a rank; falls with it. */
  static double gumbel(long rank) {
    return -StrictMath.log(exponential(rank));
  }
}
