package org.oneshottuner.dataset;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A measured candidate as a predictor learns it.
 *
 * @param taskKey its task; rows of one task are one group of a ranking
 * @param networks the networks that have the task as a layer, in order; none if it was drawn from a
 *     prior
 * @param schedule its schedule's text
 * @param features what the predictor reads
 * @param relevance the best time of the task over this one, in (0, 1]
 * @param weight how much it counts within its task; the mean is one
 * @param labelNanos its measured time
 */
public record TrainingRow(
    String taskKey,
    List<String> networks,
    String schedule,
    FeatureRow features,
    double relevance,
    double weight,
    double labelNanos) {
  /** Checks every bound. */
  public TrainingRow {
    requireNonNull(taskKey, "taskKey");
    requireNonNull(schedule, "schedule");
    requireNonNull(features, "features");
    networks = List.copyOf(networks);
    positive(taskKey, schedule, "relevance", relevance);
    positive(taskKey, schedule, "weight", weight);
    positive(taskKey, schedule, "label in ns", labelNanos);
    if (relevance > 1) {
      throw new IllegalArgumentException(
          "Cannot train on '"
              + schedule
              + "' of "
              + taskKey
              + ": relevance is "
              + relevance
              + ", most is 1");
    }
  }

  private static void positive(String taskKey, String schedule, String what, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(
          "Cannot train on '" + schedule + "' of " + taskKey + ": " + what + " is " + value);
    }
  }
}
