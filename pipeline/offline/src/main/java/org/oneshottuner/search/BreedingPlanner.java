package org.oneshottuner.search;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.oneshottuner.space.SplitMix64;

/**
 * Evolution of members. A parent wins a tournament; a child crosses two parents of a template knob
 * by knob, and then often changes one decision; the best always survive. One in twenty of a round
 * is drawn at random, half where the search is {@linkplain Patience stuck}, and all until a trial
 * has a time.
 *
 * <p>On a model it follows Ansor's policy: 4 generations of 2048, a fifth of the first the fastest
 * measured, changes with probability 0.85, and the best that were met and not yet measured. Ansor
 * draws parents in proportion to their score; scores of a ranking model have no zero, hence the
 * tournaments. On times alone every round is one generation, whose parents are the 64 fastest of
 * all that were measured.
 */
final class BreedingPlanner implements Planner {
  private static final int POPULATION = 2048;
  private static final double MEASURED_SHARE = 0.2;
  private static final int GENERATIONS = 4;
  private static final int ELITE = 64;
  private static final int TOURNAMENT = 4;
  private static final double CROSSING = 0.5;
  private static final double MUTATION = 0.85;
  private static final int ATTEMPTS = 50;

  private final boolean modelled;
  private final Patience patience = new Patience();

  private BreedingPlanner(boolean modelled) {
    this.modelled = modelled;
  }

  /** Returns a planner whose generations live on a model of the trials. */
  static BreedingPlanner onModel() {
    return new BreedingPlanner(true);
  }

  /** Returns a planner whose generations are measured. */
  static BreedingPlanner onTimes() {
    return new BreedingPlanner(false);
  }

  @Override
  public void fill(SearchRound round, TrialHistory history, SplitMix64 random) {
    if (history.best().isPresent()) {
      int guided = patience.isSpent(history) ? round.missing() / 2 : AnnealingPlanner.guided(round);
      Breeder breeder = new Breeder(new Neighbours(history.space(), random), random);
      if (modelled) {
        breeder.onModel(history, round, guided);
      } else {
        breeder.onTimes(history, round, guided);
      }
    }
    while (round.missing() > 0) {
      round.addOfTemplates(random);
    }
  }

  /** Makes children; parents are lists with the fittest first. */
  private record Breeder(Neighbours neighbours, SplitMix64 random) {
    void onTimes(TrialHistory history, SearchRound round, int guided) {
      List<Long> parents = history.fastest(ELITE);
      int last = round.missing() - guided;
      for (int i = 0; i < ATTEMPTS * guided && round.missing() > last; i++) {
        long child = child(parents);
        round.add(round.offers(child) ? child : neighbours.step(child));
      }
    }

    void onModel(TrialHistory history, SearchRound round, int guided) {
      ModelScorer model = FittedModel.fit(history, round.missing(), random);
      BestUntried best = new BestUntried(history.tried(), guided);
      List<Long> population = fittest(founders(history), model, best);
      for (int generation = 0; generation < GENERATIONS; generation++) {
        Set<Long> next =
            new LinkedHashSet<>(population.subList(0, Math.min(ELITE, population.size())));
        for (int i = 0; i < POPULATION; i++) {
          next.add(child(population));
        }
        population = fittest(next, model, best);
      }
      best.members().forEach(round::add);
    }

    private Set<Long> founders(TrialHistory history) {
      Set<Long> founders =
          new LinkedHashSet<>(history.fastest((int) (MEASURED_SHARE * POPULATION)));
      int drawn = POPULATION - founders.size();
      for (int i = 0; i < drawn; i++) {
        founders.add(neighbours.any());
      }
      return founders;
    }

    private long child(List<Long> parents) {
      long child = parent(parents);
      if (random.nextDouble() < CROSSING) {
        child = neighbours.cross(child, parent(parents));
      }
      return random.nextDouble() < MUTATION ? neighbours.step(child) : child;
    }

    private long parent(List<Long> parents) {
      int winner = parents.size() - 1;
      for (int i = 0; i < TOURNAMENT; i++) {
        winner = Math.min(winner, (int) random.nextLong(parents.size()));
      }
      return parents.get(winner);
    }
  }

  private static List<Long> fittest(Set<Long> members, ModelScorer model, BestUntried best) {
    long[] scored = members.stream().mapToLong(Long::longValue).toArray();
    float[] scores = new float[scored.length];
    model.score(scored, scored.length, scores);
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < scored.length; i++) {
      best.meet(scored[i], scores[i]);
      order.add(i);
    }
    order.sort(
        (left, right) -> {
          int byScore = Float.compare(scores[right], scores[left]);
          return byScore != 0 ? byScore : Long.compare(scored[left], scored[right]);
        });
    return order.stream().map(i -> scored[i]).toList();
  }
}
