package org.oneshottuner.compile;

import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.stream.IntStream;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.SpaceScorer;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.TuningTask;

/** Scores all members of a space by several threads, each a share of consecutive members. */
final class AllScores {
  private static final int BLOCK = 1 << 14;

  /** Members that are worth a thread of their own. */
  private static final int LEAST_SHARE = 1 << 12;

  private final TuningTask task;
  private final ScheduleSpace space;
  private final Ensemble ensemble;
  // by member
  private final float[] scores;

  private AllScores(TuningTask task, ScheduleSpace space, Ensemble ensemble) {
    this.task = task;
    this.space = space;
    this.ensemble = ensemble;
    this.scores = new float[Math.toIntExact(space.size())];
  }

  /**
   * Returns the scores of all members, in order; the same for any number of threads.
   *
   * @param space of the task, with as many members as an array may have places
   * @param threads the most that score, the calling one among them
   */
  static float[] of(TuningTask task, ScheduleSpace space, Ensemble ensemble, int threads) {
    AllScores all = new AllScores(task, space, ensemble);
    int shares = Math.max(1, Math.min(threads, all.scores.length / LEAST_SHARE));
    if (shares == 1) {
      all.score(0, 1);
    } else {
      all.share(shares);
    }
    return all.scores;
  }

  /**
   * Scores the first share here and the others elsewhere; when it returns, all threads are done.
   */
  private void share(int shares) {
    ForkJoinPool pool = new ForkJoinPool(shares - 1);
    try {
      List<ForkJoinTask<?>> others =
          IntStream.range(1, shares)
              .<ForkJoinTask<?>>mapToObj(share -> pool.submit(() -> score(share, shares)))
              .toList();
      try {
        score(0, shares);
      } finally {
        others.forEach(ForkJoinTask::quietlyJoin);
      }
      others.forEach(ForkJoinTask::join);
    } finally {
      pool.shutdown();
    }
  }

  private void score(int share, int shares) {
    long size = scores.length;
    int from = (int) (size * share / shares);
    int to = (int) (size * (share + 1) / shares);
    SpaceScorer scorer = new SpaceScorer(SpaceFeatures.of(task, space), ensemble);
    float[] block = new float[Math.min(BLOCK, to - from)];
    for (int member = from; member < to; member += block.length) {
      int count = Math.min(block.length, to - member);
      scorer.score(member, member + count, block);
      System.arraycopy(block, 0, scores, member, count);
    }
  }
}
