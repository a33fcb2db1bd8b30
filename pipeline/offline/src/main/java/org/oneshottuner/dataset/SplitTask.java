package org.oneshottuner.dataset;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.oneshottuner.workload.TuningTask;

/**
 * A task to be put on one side of a split.
 *
 * @param task the task
 * @param networks the networks that have it as a layer; none if it was drawn from a prior
 */
public record SplitTask(TuningTask task, List<String> networks) {
  /** Copies the list. */
  public SplitTask {
    requireNonNull(task, "task");
    networks = List.copyOf(networks);
  }
}
