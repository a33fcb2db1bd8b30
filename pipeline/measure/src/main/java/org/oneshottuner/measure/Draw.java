package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

/**
 * Who drew a candidate, and how probable that was: what an estimate or a training weight needs to
 * be without bias.
 *
 * @param sampler the sampler's name, such as {@code uniform}
 * @param round the sampling round, from zero
 * @param seed the seed that the draw is a function of
 * @param proposalProbability of this schedule in a single draw, in (0, 1]
 * @param inclusionProbability of this schedule being in the sample at all, in (0, 1]
 */
public record Draw(
    String sampler, int round, long seed, double proposalProbability, double inclusionProbability) {
  /** Checks the ranges. */
  public Draw {
    requireNonNull(sampler, "sampler");
    if (round < 0) {
      throw new IllegalArgumentException("Cannot draw in round " + round + ": least is 0");
    }
    probability("proposal", proposalProbability);
    probability("inclusion", inclusionProbability);
  }

  /**
   * Returns the draw of a candidate that somebody asked for by name.
   *
   * @param sampler who asked
   */
  public static Draw chosen(String sampler) {
    return new Draw(sampler, 0, 0, 1, 1);
  }

  private static void probability(String name, double value) {
    if (!(value > 0 && value <= 1)) {
      throw new IllegalArgumentException(
          "Cannot draw with "
              + name
              + " probability "
              + value
              + ": expected more than 0, at most 1");
    }
  }
}
