package org.oneshottuner.sample;

/** The scores of all members of a small space, each asked for once. Thread-safe. */
final class KnownScores implements RangeScorer {
  private final float[] scores;

  KnownScores(RangeScorer scorer, int size) {
    scores = new float[size];
    scorer.score(0, size, scores);
  }

  @Override
  public void score(long from, long to, float[] out) {
    System.arraycopy(scores, Math.toIntExact(from), out, 0, Math.toIntExact(to - from));
  }

  @Override
  public void score(long[] members, int count, float[] out) {
    for (int i = 0; i < count; i++) {
      out[i] = scores[Math.toIntExact(members[i])];
    }
  }
}
