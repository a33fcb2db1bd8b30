package org.oneshottuner.search;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.Seeds;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.workload.TuningTask;

/** Measures members at random, without repeating any. */
public final class RandomSearch implements Search {
  /** Its name. */
  public static final String NAME = "random";

  private final ScheduleSpace space;
  private final long seed;

  /** Prepares a task; {@code seed} is the run's. */
  public RandomSearch(TuningTask task, ScheduleSpace space, long seed) {
    this.space = space;
    this.seed = Seeds.derive(seed, task.key(), "search", NAME);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Long> propose(List<Trial> trials, int most) {
    Set<Long> known = new HashSet<>();
    trials.forEach(trial -> known.add(trial.member()));
    return new Moves(space, new SplitMix64(Seeds.derive(seed, trials.size()))).fresh(most, known);
  }
}
