package org.oneshottuner.sample;

import static java.util.Objects.requireNonNull;

import org.oneshottuner.workload.TuningTask;

/**
 * A task that was drawn, and how to draw it again.
 *
 * @param task what to label schedules of
 * @param sampler name of the sampler
 * @param index number of the draw
 * @param seed of the run
 */
public record TaskDraw(TuningTask task, String sampler, long index, long seed) {
  /** Checks that nothing is missing. */
  public TaskDraw {
    requireNonNull(task, "task");
    requireNonNull(sampler, "sampler");
  }
}
