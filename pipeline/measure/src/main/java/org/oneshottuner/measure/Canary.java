package org.oneshottuner.measure;

/**
 * What a fixed reference kernel took around a visit, the slower of before and after: when it slows
 * down, it was the machine.
 *
 * @param fmaNanos of a part bound by multiply-adds
 * @param memoryNanos of a part bound by the cache that processors share
 */
public record Canary(long fmaNanos, long memoryNanos) {
  /** Checks that both were measured. */
  public Canary {
    if (fmaNanos < 1 || memoryNanos < 1) {
      throw new IllegalArgumentException(
          "Cannot use a canary of " + fmaNanos + " and " + memoryNanos + " ns: least is 1");
    }
  }

  /** Returns the lesser of each part. */
  Canary least(Canary other) {
    return new Canary(Math.min(fmaNanos, other.fmaNanos), Math.min(memoryNanos, other.memoryNanos));
  }

  /**
   * Returns the most that a canary of a quiet machine takes, if this is the least ever seen. A
   * lower clock is no noise, as labels are told at the fastest; a slower cache is: kernels that
   * live in it are slower by any factor.
   */
  Canary quietMost() {
    return new Canary((long) (fmaNanos * 1.12), (long) (memoryNanos * 1.06));
  }

  /** Returns whether it is slower than the least for no other reason than a lower clock. */
  boolean tellsClock(Canary least) {
    return fmaNanos <= least.quietMost().fmaNanos;
  }

  /**
   * Returns the clock that it tells over that of the fastest canary; 1 where it was disturbed
   * itself.
   */
  double clock(Canary least) {
    return tellsClock(least) ? Math.min(1, (double) least.fmaNanos / fmaNanos) : 1;
  }

  /** Returns whether neither part takes longer than {@code most}'s. */
  boolean within(Canary most) {
    return fmaNanos <= most.fmaNanos && memoryNanos <= most.memoryNanos;
  }
}
