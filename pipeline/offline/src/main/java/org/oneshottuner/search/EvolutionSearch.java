package org.oneshottuner.search;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.Seeds;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.workload.TuningTask;

/**
 * A genetic search without a model: parents are drawn from the fastest measured, the faster the
 * likelier; a child crosses two and then often takes one random step.
 */
public final class EvolutionSearch implements Search {
  /** Its name. */
  public static final String NAME = "evolution";

  private static final int FIRST = 16;
  private static final int PARENTS = 16;
  private static final double MUTATION = 0.7;
  private static final int ATTEMPTS = 200;

  private final ScheduleSpace space;
  private final long seed;

  /** Prepares a task; {@code seed} is the run's. */
  public EvolutionSearch(TuningTask task, ScheduleSpace space, long seed) {
    this.space = space;
    this.seed = Seeds.derive(seed, task.key(), "search", NAME);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Long> propose(List<Trial> trials, int most) {
    SplitMix64 random = new SplitMix64(Seeds.derive(seed, trials.size()));
    Moves moves = new Moves(space, random);
    Set<Long> known = new HashSet<>();
    trials.forEach(trial -> known.add(trial.member()));
    List<Trial> parents =
        trials.stream()
            .filter(trial -> trial.nanos().isPresent())
            .sorted(Comparator.comparingDouble(Trial::speed).reversed())
            .limit(PARENTS)
            .toList();
    if (trials.size() < FIRST || parents.isEmpty()) {
      int first = trials.size() < FIRST ? Math.min(most, FIRST - trials.size()) : most;
      return moves.fresh(first, known);
    }
    List<Long> children = new ArrayList<>();
    for (int attempt = 0; attempt < ATTEMPTS * most && children.size() < most; attempt++) {
      long child = moves.cross(parent(parents, random).member(), parent(parents, random).member());
      if (random.nextDouble() < MUTATION) {
        child = moves.step(child);
      }
      if (known.add(child)) {
        children.add(child);
      }
    }
    children.addAll(moves.fresh(most - children.size(), known));
    return children;
  }

  /** Draws by rank: the square of a uniform number leans to the first. */
  private static Trial parent(List<Trial> parents, SplitMix64 random) {
    double uniform = random.nextDouble();
    return parents.get((int) (uniform * uniform * parents.size()));
  }
}
