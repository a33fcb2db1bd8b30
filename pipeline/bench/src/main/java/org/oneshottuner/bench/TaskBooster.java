package org.oneshottuner.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.sample.TaskScope;
import org.oneshottuner.sample.UniformTasks;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.Seeds;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;

/**
 * Boosters trained on members of real tasks' spaces. Trees that are trained split otherwise than
 * trees that are drawn: more of their splits part the members of one task. The labels are made up:
 * an estimate of the time, waves over all columns, and noise.
 */
final class TaskBooster {
  private static final int WIDTH = FeatureSchema.CURRENT.size();
  private static final int DRAWN_TASKS = 150;
  private static final int MEMBERS_OF_TASK = 300;
  private static final double WAVE = 0.1;
  private static final double NOISE = 0.2;

  private final float[] rows;
  private final float[] labels;

  private TaskBooster(float[] rows, float[] labels) {
    this.rows = rows;
    this.labels = labels;
  }

  /**
   * Draws what to train on.
   *
   * @param listed tasks that are among those trained on
   */
  static TaskBooster of(List<TuningTask> listed, CpuTarget target, long seed) {
    List<TuningTask> tasks = new ArrayList<>(listed);
    UniformTasks drawn = new UniformTasks(TaskScope.usual(), seed);
    for (int i = 0; i < DRAWN_TASKS; i++) {
      int threads = 1 + i % Math.min(2, target.cores());
      tasks.add(new TuningTask(drawn.workload(i), target, threads));
    }
    SplitMix64 random = new SplitMix64(Seeds.derive(seed, "members to train on"));
    int count = tasks.size() * MEMBERS_OF_TASK;
    float[] rows = new float[count * WIDTH];
    float[] labels = new float[count];
    float[] row = new float[WIDTH];
    int at = 0;
    for (TuningTask task : tasks) {
      ScheduleSpace space = Templates.space(task);
      SpaceFeatures features = SpaceFeatures.of(task, space);
      for (int i = 0; i < MEMBERS_OF_TASK; i++) {
        features.fill(random.nextLong(space.size()), 1, row);
        System.arraycopy(row, 0, rows, at * WIDTH, WIDTH);
        labels[at++] = (float) (label(row) + NOISE * (random.nextDouble() - 1 / 2.0));
      }
    }
    return new TaskBooster(rows, labels);
  }

  private static double label(float[] row) {
    double label = -row[FeatureSchema.CURRENT.place("cycles_per_useful_fma")];
    for (int column = 0; column < WIDTH; column++) {
      if (!Float.isNaN(row[column])) {
        label += WAVE * StrictMath.sin((column + 1) * (double) row[column]);
      }
    }
    return Double.isNaN(label) ? 0 : label;
  }

  /**
   * Trains a booster.
   *
   * @param trees how many
   * @param depth of each at most
   */
  Booster train(int trees, int depth) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("objective", "reg:squarederror");
    settings.put("tree_method", "hist");
    settings.put("max_depth", depth);
    settings.put("eta", 0.1);
    settings.put("subsample", 0.8);
    settings.put("seed", 1);
    settings.put("nthread", Runtime.getRuntime().availableProcessors());
    try {
      DMatrix matrix = new DMatrix(rows, labels.length, WIDTH, Float.NaN);
      try {
        matrix.setLabel(labels);
        return XGBoost.train(matrix, settings, trees, new HashMap<>(), null, null);
      } finally {
        matrix.dispose();
      }
    } catch (XGBoostError e) {
      throw new IllegalStateException("Cannot train a booster: " + e.getMessage(), e);
    }
  }
}
