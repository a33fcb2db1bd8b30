package org.oneshottuner.search;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How the best time of a search falls with the number of trials.
 *
 * @param trials each schedule once, in the order in which they were made
 */
public record SearchCurve(List<Trial> trials) {
  /** Copies the list. */
  public SearchCurve {
    trials = List.copyOf(trials);
  }

  /**
   * Returns the least time among the first trials; empty if none of them has a time.
   *
   * @param count how many trials count; all if there are fewer
   */
  public OptionalDouble bestNanosAfter(int count) {
    return trials.stream().limit(count).flatMapToDouble(trial -> trial.nanos().stream()).min();
  }

  /** Returns the fastest trial, the first of equals; empty if none has a time. */
  public Optional<Trial> best() {
    return TrialHistory.best(trials);
  }

  /** Returns how many trials have no time. */
  public long failures() {
    return trials.stream().filter(trial -> trial.nanos().isEmpty()).count();
  }
}
