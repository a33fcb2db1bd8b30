package org.oneshottuner.predict;

import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * How far picks were from the best for tasks that were not learnt from: what is to be expected of
 * tasks like them. The bound is that of split conformal prediction (Lei et al. 2018,
 * "Distribution-Free Predictive Inference for Regression", algorithm 2): for a task that is drawn
 * as those were, the regret of the pick is at most the bound with at least the coverage, whatever
 * the predictor is worth. Immutable.
 */
public final class Calibration {
  /** With which bounds are usually told. */
  public static final double COVERAGE = 0.9;

  /** Of a model that was calibrated on nothing: it bounds nothing. */
  public static final Calibration NONE = new Calibration(new float[0]);

  private final float[] regrets;

  private Calibration(float[] regrets) {
    this.regrets = regrets;
  }

  /**
   * Returns the calibration by these regrets. The array is copied.
   *
   * @param regrets one a task: the time of the pick over the least known, less one
   * @throws IllegalArgumentException if one is negative or not finite
   */
  public static Calibration of(float[] regrets) {
    float[] sorted = regrets.clone();
    Arrays.sort(sorted);
    for (float regret : sorted) {
      if (!(regret >= 0) || Float.isInfinite(regret)) {
        throw new IllegalArgumentException(
            "Cannot calibrate by a regret of " + regret + ": expected 0 or more");
      }
    }
    return new Calibration(sorted);
  }

  /** Returns how many tasks it is of. */
  public int tasks() {
    return regrets.length;
  }

  /** Returns a copy of the regrets, ascending. */
  public float[] regrets() {
    return regrets.clone();
  }

  /**
   * Returns what the regret of a pick is at most.
   *
   * @param coverage the least probability of that, between 0 and 1
   * @return empty if so few tasks tell nothing with such a coverage
   */
  public OptionalDouble atMost(double coverage) {
    if (!(coverage > 0 && coverage < 1)) {
      throw new IllegalArgumentException(
          "Cannot bound a regret with coverage " + coverage + ": expected between 0 and 1");
    }
    double rank = Math.ceil((regrets.length + 1) * coverage);
    return rank <= regrets.length
        ? OptionalDouble.of(regrets[(int) rank - 1])
        : OptionalDouble.empty();
  }
}
