package org.oneshottuner.train;

import java.util.Arrays;

/** What is learnt of the measured times of one task. */
public final class TaskLabels {
  private TaskLabels() {}

  /**
   * Returns the relevance of each time: the best of the task over it, in (0, 1].
   *
   * <p>Times that noise cannot tell apart shall not be learnt as an order. The logarithm of the
   * ratio is therefore rounded to steps of {@code log(1 + tieTolerance)}: times in one step get one
   * relevance, of which a ranking objective makes no pair.
   *
   * @param nanos times of one task, all positive
   * @param tieTolerance relative; 0 for exact relevance
   * @throws IllegalArgumentException if a time is not positive and finite
   */
  public static double[] relevance(double[] nanos, double tieTolerance) {
    double best = Double.POSITIVE_INFINITY;
    for (double time : nanos) {
      if (!(time > 0) || Double.isInfinite(time)) {
        throw new IllegalArgumentException("Cannot label a time of " + time + " ns");
      }
      best = Math.min(best, time);
    }
    double[] relevance = new double[nanos.length];
    double step = StrictMath.log1p(tieTolerance);
    for (int i = 0; i < nanos.length; i++) {
      relevance[i] =
          step == 0
              ? best / nanos[i]
              : StrictMath.exp(-step * StrictMath.rint(StrictMath.log(nanos[i] / best) / step));
    }
    return relevance;
  }

  /**
   * Returns what a regression learns of a time: the logarithm to base 2 of the rate in GFLOP/s. It
   * does not depend on which other schedules of the task were measured, as the best of a few does;
   * what all schedules of a task have in common, the features of the task explain.
   *
   * @param flops of the direct algorithm
   * @param nanos of one call
   * @throws IllegalArgumentException if either is not positive and finite
   */
  public static double logRate(double flops, double nanos) {
    double rate = flops / nanos;
    if (!(rate > 0) || Double.isInfinite(rate)) {
      throw new IllegalArgumentException(
          "Cannot label a rate of " + flops + " operations in " + nanos + " ns");
    }
    return StrictMath.log(rate) / StrictMath.log(2);
  }

  /**
   * Returns the weight of each row of one task: the inverse of its inclusion probability, so that
   * weighted sums estimate sums over the whole space (Horvitz and Thompson 1952), clipped from
   * above at {@code clip} times the least weight, and scaled to a mean of one, so that every task
   * counts alike.
   *
   * <p>XGBoost's ranking objectives take one weight a task and not one a row; there these weights
   * are of no use.
   *
   * @param inclusion probabilities, in (0, 1]
   * @param clip at least 1; 1 makes all weights one, which leaves the correction out
   * @throws IllegalArgumentException if a probability or {@code clip} is out of bounds
   */
  public static double[] weights(double[] inclusion, double clip) {
    if (!(clip >= 1)) {
      throw new IllegalArgumentException("Cannot clip weights at " + clip + ": least is 1");
    }
    double least = Double.POSITIVE_INFINITY;
    for (double probability : inclusion) {
      if (!(probability > 0 && probability <= 1)) {
        throw new IllegalArgumentException(
            "Cannot weight an inclusion probability of " + probability + ": expected (0, 1]");
      }
      least = Math.min(least, 1 / probability);
    }
    double[] weights = new double[inclusion.length];
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      weights[i] = Math.min(1 / inclusion[i], clip * least);
      sum += weights[i];
    }
    double scale = weights.length / sum;
    Arrays.setAll(weights, i -> weights[i] * scale);
    return weights;
  }
}
