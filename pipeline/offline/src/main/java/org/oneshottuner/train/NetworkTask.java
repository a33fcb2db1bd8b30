package org.oneshottuner.train;

import static java.util.Objects.requireNonNull;

/**
 * A ranked task as a layer of a network.
 *
 * @param network the network's name
 * @param weight how often the network uses it; 1 where layers were drawn as often as that
 * @param task its candidates in predicted order
 */
public record NetworkTask(String network, double weight, RankedTask task) {
  /** Checks the weight. */
  public NetworkTask {
    requireNonNull(network, "network");
    requireNonNull(task, "task");
    if (!(weight > 0) || Double.isInfinite(weight)) {
      throw new IllegalArgumentException(
          "Cannot weight " + task.taskKey() + " in " + network + " by " + weight);
    }
  }
}
