package org.oneshottuner.search;

import java.lang.management.ManagementFactory;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.SpaceScorer;
import org.oneshottuner.sample.RangeScorer;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.TuningTask;

/**
 * A predictor's scores of the members of one task's space, and the time they took. Not thread-safe;
 * make one a thread.
 */
public final class ModelScorer implements RangeScorer {
  private final SpaceScorer scorer;
  private long nanos;

  /**
   * Prepares a task.
   *
   * @throws IllegalArgumentException if the predictor reads another schema than the current
   */
  public ModelScorer(TuningTask task, ScheduleSpace space, Ensemble predictor) {
    long begin = cpuNanos();
    this.scorer = new SpaceScorer(SpaceFeatures.of(task, space), predictor);
    this.nanos = cpuNanos() - begin;
  }

  /** As above, with features that are there already. */
  ModelScorer(SpaceFeatures features, Ensemble predictor) {
    this.scorer = new SpaceScorer(features, predictor);
  }

  @Override
  public void score(long from, long to, float[] out) {
    long begin = cpuNanos();
    scorer.score(from, to, out);
    nanos += cpuNanos() - begin;
  }

  @Override
  public void score(long[] members, int count, float[] out) {
    long begin = cpuNanos();
    scorer.score(members, count, out);
    nanos += cpuNanos() - begin;
  }

  /** Time of this thread alone, so that rates hold on a busy machine too. */
  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  /**
   * Returns the time of this thread spent on reading features and scoring since this was last
   * asked, what is prepared once a task included.
   */
  public long takeNanos() {
    long taken = nanos;
    nanos = 0;
    return taken;
  }
}
