package org.oneshottuner.search;

import org.oneshottuner.space.SplitMix64;

/** Takes the first of the members that are left. */
final class ExhaustivePlanner implements Planner {
  @Override
  public void fill(SearchRound round, TrialHistory history, SplitMix64 random) {
    while (round.missing() > 0) {
      round.addFirst();
    }
  }
}
