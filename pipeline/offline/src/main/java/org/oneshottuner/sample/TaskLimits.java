package org.oneshottuner.sample;

import org.oneshottuner.workload.Workload;

/**
 * Which workloads are worth labelling: too small ones measure the clock, too large ones eat the
 * time of many.
 *
 * @param minFlops least floating-point operations
 * @param maxFlops most floating-point operations
 * @param maxBytes most bytes of all tensors together, in plain layout
 */
public record TaskLimits(long minFlops, long maxFlops, long maxBytes) {
  /** What one core does in some microseconds to some hundred milliseconds. */
  public static final TaskLimits WIDE = new TaskLimits(20_000, 8_000_000_000L, 512L << 20);

  /** What even a poor schedule does in some 30 ms on one core. */
  public static final TaskLimits QUICK = new TaskLimits(20_000, 300_000_000L, 64L << 20);

  /** Checks that the bounds leave something. */
  public TaskLimits {
    if (minFlops < 0 || maxFlops < minFlops || maxFlops == 0) {
      throw new IllegalArgumentException(
          "Cannot limit tasks to " + minFlops + " to " + maxFlops + " operations");
    }
    if (maxBytes < 1) {
      throw new IllegalArgumentException("Cannot limit tasks to " + maxBytes + " bytes");
    }
  }

  /** Returns whether a workload is within all bounds. */
  public boolean admit(Workload workload) {
    long flops = workload.flops();
    return flops >= minFlops && flops <= maxFlops && workload.bytes() <= maxBytes;
  }
}
