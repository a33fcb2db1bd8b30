package org.oneshottuner.train;

import static java.util.Objects.requireNonNull;

import java.util.OptionalDouble;

/**
 * A candidate of a task with its score and what was measured of it.
 *
 * @param schedule its schedule's text; settles the order of equal scores
 * @param score larger is faster
 * @param labelNanos its measured time; empty if it failed
 */
public record Prediction(String schedule, double score, OptionalDouble labelNanos) {
  /** Checks the time and the score. */
  public Prediction {
    requireNonNull(schedule, "schedule");
    if (Double.isNaN(score)) {
      throw new IllegalArgumentException("Cannot rank " + schedule + ": its score is NaN");
    }
    double nanos = labelNanos.orElse(1);
    if (!(nanos > 0) || Double.isInfinite(nanos)) {
      throw new IllegalArgumentException(
          "Cannot rank " + schedule + ": its time is " + nanos + " ns");
    }
  }
}
