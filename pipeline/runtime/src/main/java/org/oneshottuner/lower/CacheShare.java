package org.oneshottuner.lower;

import org.oneshottuner.workload.CpuTarget;

/** How much of a cache holds what is used again. */
final class CacheShare {
  private static final double KEPT = 0.7;

  private CacheShare() {}

  /**
   * Returns the most bytes that can be gone through and still be in the second-level cache the next
   * time.
   */
  static double bytes(CpuTarget target) {
    return KEPT * target.l2Bytes();
  }
}
