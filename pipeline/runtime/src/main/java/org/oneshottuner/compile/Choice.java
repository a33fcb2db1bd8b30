package org.oneshottuner.compile;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.workload.TuningTask;

/**
 * What was chosen for a task, and why.
 *
 * @param task what was chosen for
 * @param schedule the member with the highest score; of equal ones the first in the space. The
 *     default where the task is beyond what the predictor has learnt from
 * @param score predicted; only comparable within the task
 * @param candidates how many members it was chosen from
 * @param gap how much more another of them may score at most; 0 unless the space was too large to
 *     prove in the budget that none does
 * @param runnerUp the best member but one; the chosen one where there is no other. The one with the
 *     highest score where the default was chosen
 * @param runnerUpScore its score
 * @param alternatives what other decisions would have cost, the dearest first; none where not every
 *     member was scored, or the default was chosen
 * @param beyond names of the columns in which the task is beyond what the predictor has learnt
 *     from; empty where its word was taken
 */
public record Choice(
    TuningTask task,
    Schedule schedule,
    float score,
    long candidates,
    double gap,
    Schedule runnerUp,
    float runnerUpScore,
    List<Alternative> alternatives,
    List<String> beyond) {

  /** Whose word was taken. */
  public enum Basis {
    /** The predictor's. */
    PREDICTED,
    /**
     * Nobody's: the default schedule, since the predictor has learnt from nothing like the task.
     */
    DEFAULT
  }

  /**
   * The best that a schedule with another decision was predicted to be.
   *
   * @param decision {@code template} or the name of a knob of the chosen template
   * @param chosen what was decided
   * @param other the best of the other choices
   * @param scoreLost how much lower the best score with that choice is; never negative
   */
  public record Alternative(String decision, String chosen, String other, float scoreLost) {}

  /** Copies the lists. */
  public Choice {
    requireNonNull(task, "task");
    requireNonNull(schedule, "schedule");
    requireNonNull(runnerUp, "runnerUp");
    if (!(gap >= 0)) {
      throw new IllegalArgumentException(
          "Cannot choose " + schedule.text() + " with a gap of " + gap + ": least is 0");
    }
    alternatives = List.copyOf(alternatives);
    beyond = List.copyOf(beyond);
  }

  /** Returns whose word was taken. */
  public Basis basis() {
    return beyond.isEmpty() ? Basis.PREDICTED : Basis.DEFAULT;
  }
}
