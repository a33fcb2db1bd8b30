package org.oneshottuner.compile;

import static java.util.Objects.requireNonNull;

import org.oneshottuner.space.Schedule;

/**
 * Where a schedule stands among all of its task's, as predicted.
 *
 * @param schedule that was looked at
 * @param score predicted; only comparable within the task
 * @param rank 1 for the schedule that would be chosen; of equal scores the first in the space
 *     stands first
 * @param candidates how many members were scored
 */
public record Standing(Schedule schedule, float score, long rank, long candidates) {
  /** Checks the rank. */
  public Standing {
    requireNonNull(schedule, "schedule");
    if (rank < 1 || rank > candidates) {
      throw new IllegalArgumentException(
          "Cannot rank " + schedule.text() + " " + rank + " of " + candidates);
    }
  }
}
