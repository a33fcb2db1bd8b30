package org.oneshottuner.search;

import java.util.List;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.TuningTask;

/** The searches by name. */
public final class Searches {
  /** All names. */
  public static final List<String> NAMES =
      List.of(RandomSearch.NAME, AnnealingSearch.NAME, EvolutionSearch.NAME);

  private static final int LEAST_PLAN = 8;

  private Searches() {}

  /**
   * Returns a search.
   *
   * @param name one of {@link #NAMES}
   * @param budget a short annealing search plans in quarters of its trials
   * @throws IllegalArgumentException if the name is unknown
   */
  public static Search named(String name, TuningTask task, ScheduleSpace space, Budget budget) {
    return switch (name) {
      case RandomSearch.NAME -> new RandomSearch(task, space, budget.seed());
      case EvolutionSearch.NAME -> new EvolutionSearch(task, space, budget.seed());
      case AnnealingSearch.NAME ->
          new AnnealingSearch(
              task,
              space,
              budget.seed(),
              Math.max(LEAST_PLAN, Math.min(AnnealingSearch.PLAN, budget.trials() / 4)));
      default ->
          throw new IllegalArgumentException(
              "Cannot search by '" + name + "': known are " + String.join(", ", NAMES));
    };
  }

  /**
   * What a search may use.
   *
   * @param seed the run's
   * @param trials how many members it may measure
   */
  public record Budget(long seed, int trials) {
    /** Checks the bounds. */
    public Budget {
      if (trials < 1) {
        throw new IllegalArgumentException("Cannot search by " + trials + " trials: least is 1");
      }
    }
  }
}
