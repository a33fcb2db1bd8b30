package org.oneshottuner.search;

import static java.util.Objects.requireNonNull;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.oneshottuner.space.Schedule;

/**
 * Takes a search to the end of its budget.
 *
 * @param search may have trials already, which count towards the budget
 * @param budget how many trials to end with; fewer if the space has fewer members
 * @param batch the most schedules to measure at once
 */
public record SearchRun(OnlineSearch search, int budget, int batch) {
  /** Checks the ranges. */
  public SearchRun {
    requireNonNull(search, "search");
    if (budget < 1 || batch < 1) {
      throw new IllegalArgumentException(
          "Cannot search with a budget of "
              + budget
              + " trials in batches of "
              + batch
              + ": the least is 1");
    }
  }

  /**
   * Proposes, measures and reports until the budget is spent or the space has been tried whole.
   *
   * @param measure returns a trial of each schedule that it is given, in any order; what it throws
   *     ends the run, and leaves the search as it was before that batch was reported
   * @throws IllegalStateException if a trial is missing
   */
  public SearchCurve run(Function<List<Schedule>, List<Trial>> measure) {
    while (search.tried() < budget && search.untried() > 0) {
      List<Schedule> proposed = search.propose(Math.min(batch, budget - search.tried()));
      List<Trial> trials = List.copyOf(measure.apply(proposed));
      search.report(trials);
      requireAll(proposed, trials);
    }
    return curve();
  }

  /** Returns how the best time has fallen so far. */
  public SearchCurve curve() {
    return new SearchCurve(search.trials());
  }

  private static void requireAll(List<Schedule> proposed, List<Trial> trials) {
    Set<Schedule> missing = new HashSet<>(proposed);
    trials.forEach(trial -> missing.remove(trial.schedule()));
    if (!missing.isEmpty()) {
      throw new IllegalStateException(
          "Cannot go on searching: "
              + missing.size()
              + " of "
              + proposed.size()
              + " schedules came back without a trial");
    }
  }
}
