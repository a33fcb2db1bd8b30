package org.oneshottuner.measure;

/**
 * What a fixed reference kernel took in the same round: when it slows down, it was the machine.
 *
 * @param fmaNanos of a part bound by multiply-adds
 * @param memoryNanos of a part bound by the second-level cache
 */
public record Canary(long fmaNanos, long memoryNanos) {
  /** Checks that both were measured. */
  public Canary {
    if (fmaNanos < 1 || memoryNanos < 1) {
      throw new IllegalArgumentException(
          "Cannot use a canary of " + fmaNanos + " and " + memoryNanos + " ns: least is 1");
    }
  }
}
