package org.oneshottuner.search;

import static java.util.Objects.requireNonNull;

import java.lang.management.ManagementFactory;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.Predictor;
import org.oneshottuner.sample.RangeScorer;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.TuningTask;

/** A predictor's scores of the members of one task's space. Not thread-safe; make one a thread. */
public final class ModelScorer implements RangeScorer {
  private static final int BLOCK_MEMBERS = 1024;

  /** From here on, folding the task's constants out of the ensemble pays for itself. */
  private static final long SPECIALISED_MEMBERS = 1 << 14;

  private final SpaceFeatures features;
  private Predictor predictor;
  private final int columns;
  private final float[] rows;
  private final float[] scores = new float[BLOCK_MEMBERS];
  private long featureNanos;
  private long scoreNanos;

  /**
   * Prepares a task.
   *
   * @throws IllegalArgumentException if the predictor reads another schema than the current
   */
  public ModelScorer(TuningTask task, ScheduleSpace space, Predictor predictor) {
    this(SpaceFeatures.of(task, space), predictor);
    if (predictor instanceof Ensemble ensemble && space.size() >= SPECIALISED_MEMBERS) {
      float[] any = new float[columns];
      features.fill(0, 1, any);
      this.predictor = ensemble.specialise(features.constantColumns(), any);
    }
  }

  /** As above, with features that are there already. */
  ModelScorer(SpaceFeatures features, Predictor predictor) {
    this.predictor = requireNonNull(predictor, "predictor");
    if (!predictor.schemaId().equals(FeatureSchema.CURRENT.id())) {
      throw new IllegalArgumentException(
          "Cannot score by a predictor trained on schema "
              + predictor.schemaId()
              + ": candidates are read by "
              + FeatureSchema.CURRENT.id());
    }
    this.features = features;
    this.columns = predictor.columns();
    this.rows = new float[BLOCK_MEMBERS * columns];
  }

  @Override
  public void score(long from, long to, float[] out) {
    for (long member = from; member < to; member += BLOCK_MEMBERS) {
      int count = (int) Math.min(BLOCK_MEMBERS, to - member);
      long begin = cpuNanos();
      features.fill(member, count, rows);
      score(count, begin);
      System.arraycopy(scores, 0, out, Math.toIntExact(member - from), count);
    }
  }

  @Override
  public void score(long[] members, int count, float[] out) {
    float[] row = new float[columns];
    for (int start = 0; start < count; start += BLOCK_MEMBERS) {
      int block = Math.min(BLOCK_MEMBERS, count - start);
      long begin = cpuNanos();
      for (int i = 0; i < block; i++) {
        features.fill(members[start + i], 1, row);
        System.arraycopy(row, 0, rows, i * columns, columns);
      }
      score(block, begin);
      System.arraycopy(scores, 0, out, start, block);
    }
  }

  /** Time of this thread alone, so that rates hold on a busy machine too. */
  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private void score(int count, long begin) {
    long read = cpuNanos();
    predictor.score(rows, count, scores);
    featureNanos += read - begin;
    scoreNanos += cpuNanos() - read;
  }

  /** Returns the time spent on features since this was last asked. */
  public long takeFeatureNanos() {
    long taken = featureNanos;
    featureNanos = 0;
    return taken;
  }

  /** Returns the time spent on scoring since this was last asked. */
  public long takeScoreNanos() {
    long taken = scoreNanos;
    scoreNanos = 0;
    return taken;
  }
}
