package org.oneshottuner.sample;

/**
 * A member of a space that was drawn to be measured, and how likely that was.
 *
 * @param member number of the schedule in its space
 * @param part which part of the round drew it
 * @param proposalProbability of being drawn by a single draw, random or guided by their shares,
 *     from the members looked at
 * @param inclusionProbability of being drawn at all in this round, given the guided noise of all
 *     other members and, where the space was thinned, over all thinnings: weights of one over it
 *     make sums over a space unbiased (Horvitz, Thompson 1952; Kool, van Hoof, Welling 2019,
 *     "Stochastic Beams and Where to Find Them", section 4.2)
 */
public record ScheduleDraw(
    long member, Part part, double proposalProbability, double inclusionProbability) {
  /** A part of a round. */
  public enum Part {
    /** Where all members are alike. */
    RANDOM,
    /** Where members follow their scores. */
    GUIDED
  }
}
