package org.oneshottuner.sample;

/**
 * Predicts how fast the members of one task's schedule space run; larger is faster. A member has
 * the same score, to the bit, whichever method and range asked for it.
 */
public interface RangeScorer {
  /**
   * Scores consecutive members.
   *
   * @param from first member
   * @param to member behind the last; at most {@code from + out.length}
   * @param out receives the score of member {@code from + i} at place {@code i}
   */
  void score(long from, long to, float[] out);

  /**
   * Scores members wherever they lie. Override it where reading them one by one is slow.
   *
   * @param members numbers of the members, in any order
   * @param count how many of {@code members} to score
   * @param out receives the score of {@code members[i]} at place {@code i}
   */
  default void score(long[] members, int count, float[] out) {
    float[] single = new float[1];
    for (int i = 0; i < count; i++) {
      score(members[i], members[i] + 1, single);
      out[i] = single[0];
    }
  }
}
