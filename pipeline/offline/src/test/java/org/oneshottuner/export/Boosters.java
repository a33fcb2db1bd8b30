package org.oneshottuner.export;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.oneshottuner.space.SplitMix64;

/**
 * Trains small boosters on drawn rows: some columns whole numbers, some continuous, some often
 * missing.
 */
final class Boosters {
  private static final int GROUP = 50;

  private Boosters() {}

  static Booster train(String objective, int columns, int trees, int depth, int rows, long seed)
      throws XGBoostError {
    SplitMix64 draw = new SplitMix64(seed);
    float[] features = new float[rows * columns];
    float[] labels = new float[rows];
    for (int r = 0; r < rows; r++) {
      double sum = 0;
      for (int c = 0; c < columns; c++) {
        float value =
            switch (c % 4) {
              case 0 -> draw.nextLong(12);
              case 1 -> (float) (draw.nextDouble() * 20 - 10);
              case 2 -> draw.nextLong(3) == 0 ? Float.NaN : (float) draw.nextDouble();
              default -> 1 << (int) draw.nextLong(12);
            };
        features[r * columns + c] = value;
        sum += Float.isNaN(value) ? 0.7 : StrictMath.sin(value * (c + 1) * 0.3);
      }
      labels[r] = (float) (1 / (1 + StrictMath.exp(-sum + draw.nextDouble())));
    }
    Map<String, Object> settings = new HashMap<>();
    settings.put("objective", objective);
    settings.put("max_depth", depth);
    settings.put("eta", 0.2);
    settings.put("tree_method", "hist");
    settings.put("nthread", 1);
    settings.put("seed", 7);
    settings.put("min_child_weight", 0);
    DMatrix matrix = new DMatrix(features, rows, columns, Float.NaN);
    try {
      matrix.setLabel(labels);
      if (objective.startsWith("rank:")) {
        int[] groups = new int[rows / GROUP];
        Arrays.fill(groups, GROUP);
        matrix.setGroup(groups);
        settings.put("ndcg_exp_gain", false);
        settings.put("lambdarank_pair_method", "mean");
        settings.put("lambdarank_num_pair_per_sample", 4);
      }
      return XGBoost.train(matrix, settings, trees, new HashMap<>(), null, null);
    } finally {
      matrix.dispose();
    }
  }
}
