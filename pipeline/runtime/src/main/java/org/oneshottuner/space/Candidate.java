package org.oneshottuner.space;

import static java.util.Objects.requireNonNull;

import org.oneshottuner.workload.TuningTask;

/**
 * A task with a schedule for it: the unit of sampling, measuring and ranking.
 *
 * @param task what is computed, and where
 * @param schedule how
 */
public record Candidate(TuningTask task, Schedule schedule) {
  /** Checks that both are there. */
  public Candidate {
    requireNonNull(task, "task");
    requireNonNull(schedule, "schedule");
  }

  /** Returns the task's key and the schedule's text: unique among all candidates. */
  public String key() {
    return task.key() + " | " + schedule.text();
  }
}
