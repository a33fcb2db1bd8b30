package org.oneshottuner.bench;

import java.util.HashMap;
import java.util.Map;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.oneshottuner.export.Freezer;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.space.SplitMix64;

/** Trains ensembles on random members of {@link WideSpace wide spaces}. */
final class WideTrees {
  private static final int TASKS = 60;
  private static final int ROWS_OF_TASK = 1000;
  private static final int LEAST_EXTENT = 64;
  private static final int MOST_M = 1024;
  private static final int MOST_N = 3072;

  private WideTrees() {}

  /**
   * Trains an ensemble, the same for the same arguments.
   *
   * @param labelSd standard deviation of the labels' noise, a binary logarithm
   */
  static Ensemble ensemble(int trees, int depth, double labelSd) {
    SplitMix64 random = new SplitMix64(1);
    float[] rows = new float[TASKS * ROWS_OF_TASK * WideSpace.WIDTH];
    float[] labels = new float[TASKS * ROWS_OF_TASK];
    float[] row = new float[WideSpace.WIDTH];
    for (int i = 0; i < labels.length; ) {
      WideSpace space =
          new WideSpace(extent(random, MOST_M), extent(random, MOST_N), extent(random, MOST_N));
      for (int end = i + ROWS_OF_TASK; i < end; i++) {
        float rate = space.fill(random.nextLong(space.space().size()), row);
        System.arraycopy(row, 0, rows, i * row.length, row.length);
        labels[i] = (float) (rate + labelSd * noise(random));
      }
    }
    Map<String, Object> settings =
        Map.of(
            "objective",
            "reg:squarederror",
            "max_depth",
            depth,
            "eta",
            0.1,
            "tree_method",
            "hist",
            "nthread",
            1,
            "seed",
            1);
    try {
      DMatrix matrix = new DMatrix(rows, labels.length, WideSpace.WIDTH, Float.NaN);
      matrix.setLabel(labels);
      return Freezer.ensemble(
          XGBoost.train(matrix, settings, trees, new HashMap<>(), null, null), WideSpace.SCHEMA);
    } catch (XGBoostError e) {
      throw new IllegalStateException("Cannot train on a wide space: " + e.getMessage(), e);
    }
  }

  private static int extent(SplitMix64 random, int most) {
    return LEAST_EXTENT + (int) random.nextLong(most - LEAST_EXTENT);
  }

  /** Returns a draw of variance one, nearly normal: four uniform draws added up. */
  private static double noise(SplitMix64 random) {
    double sum = 0;
    for (int i = 0; i < 4; i++) {
      sum += random.nextDouble() - 0.5;
    }
    return sum * StrictMath.sqrt(3);
  }
}
