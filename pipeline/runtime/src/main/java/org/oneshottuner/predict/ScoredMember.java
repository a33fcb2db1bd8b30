package org.oneshottuner.predict;

/**
 * A member of a space and its score. Members are ordered by falling score, those of equal scores by
 * rising number: so one is the best, on every machine.
 *
 * @param index number of the member in its space
 * @param score larger is faster; only comparable within the space
 */
public record ScoredMember(long index, float score) implements Comparable<ScoredMember> {
  /** Checks that there is such a member, and that its score can be compared. */
  public ScoredMember {
    if (index < 0 || Float.isNaN(score)) {
      throw new IllegalArgumentException("Cannot order member " + index + " of score " + score);
    }
  }

  /** Compares as the order says; the two zeros are equal scores. */
  @Override
  public int compareTo(ScoredMember other) {
    if (score != other.score) {
      return score > other.score ? -1 : 1;
    }
    return Long.compare(index, other.index);
  }
}
