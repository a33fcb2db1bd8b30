package org.oneshottuner.search;

import org.oneshottuner.space.SplitMix64;

/** Takes any of the members that are left. */
final class RandomPlanner implements Planner {
  @Override
  public void fill(SearchRound round, TrialHistory history, SplitMix64 random) {
    while (round.missing() > 0) {
      round.addOfAll(random);
    }
  }
}
