package org.oneshottuner.search;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.Seeds;
import org.oneshottuner.workload.TuningTask;

/**
 * How an online search decides what to try next. Those that go on from what was fast begin with the
 * default schedule of each template: of a template whose few fast members were not among the first
 * at random, they would not try any more.
 */
public enum SearchAlgorithm {
  /** Members of the whole space, all equally likely, without replacement. */
  RANDOM("random"),
  /**
   * Simulated annealing on a model fitted to what has been measured, as AutoTVM does it (Chen et
   * al. 2018, "Learning to Optimize Tensor Programs", algorithm 1, and its code).
   */
  ANNEALING("annealing"),
  /**
   * Generations bred on a model fitted to what has been measured, as Ansor does it (Zheng et al.
   * 2020, "Ansor: Generating High-Performance Tensor Programs for Deep Learning", section 5).
   */
  EVOLUTIONARY("evolutionary"),
  /** Generations bred on measured times alone; no model. */
  GENETIC("genetic"),
  /** Every member, in order; for small spaces. */
  EXHAUSTIVE("exhaustive");

  private final String text;

  SearchAlgorithm(String text) {
    this.text = text;
  }

  /** Returns its name on a command line. */
  public String text() {
    return text;
  }

  /**
   * Returns the algorithm of a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static SearchAlgorithm named(String text) {
    return Arrays.stream(values())
        .filter(algorithm -> algorithm.text.equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot search by '"
                        + text
                        + "': known are "
                        + Arrays.stream(values())
                            .map(SearchAlgorithm::text)
                            .collect(Collectors.joining(", "))));
  }

  /**
   * Starts a search of a task's space.
   *
   * @param task whose space is searched
   * @param seed the run's seed; what this search draws depends on it, the task and the algorithm
   * @throws IllegalArgumentException if no template computes the task
   */
  public OnlineSearch search(TuningTask task, long seed) {
    return search(task, seed, OnlineSearch.ROUND_TRIALS);
  }

  /**
   * As {@link #search(TuningTask, long)}, in rounds of another size.
   *
   * @param roundTrials how many schedules are planned at a time, at least 2; the first round knows
   *     nothing, so that a search of few trials needs short rounds to be more than random
   */
  public OnlineSearch search(TuningTask task, long seed, int roundTrials) {
    TrialHistory history = new TrialHistory(task, Templates.space(task));
    long own = Seeds.derive(seed, task.key(), "search", text);
    List<Schedule> start =
        this == RANDOM || this == EXHAUSTIVE ? List.of() : Templates.templateDefaults(task);
    return new OnlineSearch(history, planner(), start, own, roundTrials);
  }

  private Planner planner() {
    return switch (this) {
      case RANDOM -> new RandomPlanner();
      case ANNEALING -> new AnnealingPlanner();
      case EVOLUTIONARY -> BreedingPlanner.onModel();
      case GENETIC -> BreedingPlanner.onTimes();
      case EXHAUSTIVE -> new ExhaustivePlanner();
    };
  }
}
