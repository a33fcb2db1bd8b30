package org.oneshottuner.train;

import java.util.Arrays;
import java.util.stream.Collectors;

/** What XGBoost minimises. */
public enum Objective {
  /** Pairs of one task in the wrong order, all alike (LambdaMART without a metric's weights). */
  PAIRWISE("rank:pairwise"),
  /** Pairs in the wrong order, weighted by how much NDCG a swap changes (LambdaMART). */
  NDCG("rank:ndcg"),
  /** Squared error of the logarithm of the rate, task or no task. */
  SQUARED_ERROR("reg:squarederror");

  private final String text;

  Objective(String text) {
    this.text = text;
  }

  /** Returns XGBoost's name for it. */
  public String text() {
    return text;
  }

  /** Returns whether it learns from pairs within a task, so that rows must come in groups. */
  public boolean ranks() {
    return this != SQUARED_ERROR;
  }

  /**
   * Returns the objective that XGBoost calls {@code text}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Objective named(String text) {
    return Arrays.stream(values())
        .filter(objective -> objective.text.equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot train with objective '"
                        + text
                        + "': known are "
                        + Arrays.stream(values())
                            .map(Objective::text)
                            .collect(Collectors.joining(", "))));
  }
}
