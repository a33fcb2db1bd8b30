package org.oneshottuner.space;

/**
 * The generator behind every draw: SplitMix64 (Steele, Lea, Flood 2014, "Fast Splittable
 * Pseudorandom Number Generators", figure 14). Its sequence is pinned by a golden test and never
 * changes. Not thread-safe.
 */
public final class SplitMix64 {
  private static final long GAMMA = 0x9E3779B97F4A7C15L;
  private long state;

  /** Starts the sequence that belongs to {@code seed}. */
  public SplitMix64(long seed) {
    this.state = seed;
  }

  /** Returns the next 64 bits, all equally likely. */
  public long nextLong() {
    state += GAMMA;
    return mix(state);
  }

  /** Returns the next number in {@code [0, 1)}, a multiple of 2^-53. */
  public double nextDouble() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }

  /**
   * Returns the next number in {@code [0, bound)}, all equally likely.
   *
   * @throws IllegalArgumentException if {@code bound} is below one
   */
  public long nextLong(long bound) {
    if (bound < 1) {
      throw new IllegalArgumentException("Cannot draw below " + bound + ": the least bound is 1");
    }
    long limit = Long.MAX_VALUE - (Long.MAX_VALUE % bound + 1) % bound;
    long bits = nextLong() >>> 1;
    while (bits > limit) {
      bits = nextLong() >>> 1;
    }
    return bits % bound;
  }

  /** Returns a bijective scrambling of {@code bits}: a hash of one number. */
  public static long mix(long bits) {
    long z = bits;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
