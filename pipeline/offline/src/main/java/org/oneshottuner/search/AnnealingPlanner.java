package org.oneshottuner.search;

import java.util.Optional;
import org.oneshottuner.space.SplitMix64;

/**
 * Simulated annealing on a model of the trials, with AutoTVM's settings: 128 chains that go on from
 * round to round, at most 500 steps each, a temperature that falls from 1 to 0, an end after 50
 * steps that found nothing, and 3 of 64 members at random. Until a trial has a time, all are; where
 * the search is {@linkplain Patience stuck}, half are, and the chains begin anew.
 */
final class AnnealingPlanner implements Planner {
  /** AutoTVM draws the last 5 % of a plan at random. */
  private static final double RANDOM_SHARE = 0.05;

  private static final int CHAINS = 128;
  private static final int STEPS = 500;
  private static final int PATIENCE_STEPS = 50;
  private static final double COLDEST = 1e-5;

  private final Patience patience = new Patience();
  private Optional<long[]> chains = Optional.empty();

  @Override
  public void fill(SearchRound round, TrialHistory history, SplitMix64 random) {
    if (history.best().isPresent()) {
      int guided = guided(round);
      if (patience.isSpent(history)) {
        guided = round.missing() / 2;
        chains = Optional.empty();
      }
      BestUntried best = new BestUntried(history.tried(), round.missing());
      ModelScorer model = FittedModel.fit(history, round.missing(), random);
      anneal(model, new Neighbours(history.space(), random), best, random);
      best.members().stream().limit(guided).forEach(round::add);
    }
    while (round.missing() > 0) {
      round.addOfTemplates(random);
    }
  }

  /** Returns how many members of an empty round are not to be drawn at random. */
  static int guided(SearchRound round) {
    return round.missing() - Math.max(1, (int) (RANDOM_SHARE * round.missing()));
  }

  private void anneal(
      ModelScorer model, Neighbours neighbours, BestUntried best, SplitMix64 random) {
    long[] at = chains.orElseGet(() -> start(neighbours));
    chains = Optional.of(at);
    float[] scores = new float[CHAINS];
    score(model, at, scores, best);
    long[] next = new long[CHAINS];
    float[] nextScores = new float[CHAINS];
    int lastGain = 0;
    for (int step = 0; step < STEPS && step < lastGain + PATIENCE_STEPS; step++) {
      for (int i = 0; i < CHAINS; i++) {
        next[i] = neighbours.step(at[i]);
      }
      long gains = best.gains();
      score(model, next, nextScores, best);
      if (best.gains() > gains) {
        lastGain = step;
      }
      double temperature = 1 - step / (STEPS + 1.0);
      for (int i = 0; i < CHAINS; i++) {
        double gain = nextScores[i] - scores[i];
        if (random.nextDouble() < StrictMath.exp(Math.min(gain / (temperature + COLDEST), 1))) {
          at[i] = next[i];
          scores[i] = nextScores[i];
        }
      }
    }
  }

  private static long[] start(Neighbours neighbours) {
    long[] start = new long[CHAINS];
    for (int i = 0; i < CHAINS; i++) {
      start[i] = neighbours.any();
    }
    return start;
  }

  private static void score(ModelScorer model, long[] members, float[] scores, BestUntried best) {
    model.score(members, members.length, scores);
    for (int i = 0; i < members.length; i++) {
      best.meet(members[i], scores[i]);
    }
  }
}
