package org.oneshottuner.search;

import org.oneshottuner.space.SplitMix64;

/** Decides what a search tries in its next round. */
sealed interface Planner
    permits AnnealingPlanner, BreedingPlanner, ExhaustivePlanner, RandomPlanner {
  /**
   * Chooses members until none is missing. What it chooses is a function of its own earlier
   * choices, of what the history was then and is now as a set, and of the draws.
   */
  void fill(SearchRound round, TrialHistory history, SplitMix64 random);
}
