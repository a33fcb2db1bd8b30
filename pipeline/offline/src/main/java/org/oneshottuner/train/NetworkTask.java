package org.oneshottuner.train;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A ranked task as a layer of networks.
 *
 * @param weights of the layer by network: how often that runs it, over the chance of the layer to
 *     be judged by where layers were drawn
 * @param task its candidates in predicted order
 * @param bestNanos the best known time of the layer, of whatever schedule; none of the candidates
 *     is faster
 */
public record NetworkTask(SortedMap<String, Double> weights, RankedTask task, double bestNanos) {
  /** Copies the map, and checks the weights and the best time. */
  public NetworkTask {
    requireNonNull(task, "task");
    if (!(bestNanos > 0) || bestNanos > task.bestNanos()) {
      throw new IllegalArgumentException(
          "Cannot judge "
              + task.taskKey()
              + " by a best of "
              + bestNanos
              + " ns: among its candidates it is "
              + task.bestNanos());
    }
    weights = Collections.unmodifiableSortedMap(new TreeMap<>(weights));
    weights.forEach(
        (network, weight) -> {
          if (!(weight > 0) || Double.isInfinite(weight)) {
            throw new IllegalArgumentException(
                "Cannot weight " + task.taskKey() + " in " + network + " by " + weight);
          }
        });
  }

  /** Returns what the layer weighs in all networks together. */
  double weight() {
    return weights.values().stream().mapToDouble(Double::doubleValue).sum();
  }
}
