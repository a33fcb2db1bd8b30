package org.oneshottuner.search;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.oneshottuner.export.Freezer;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.space.SplitMix64;

/**
 * Boosted trees fitted to the trials of one task, with the settings of AutoTVM's {@code
 * XGBoostCostModel}: depth 3, pairwise ranking, and trees added until those that were measured
 * fastest are predicted fastest, and no longer.
 */
final class FittedModel {
  /** AutoTVM allows 8000, and seldom comes near. */
  private static final int MOST_TREES = 400;

  private static final int PATIENCE_TREES = 20;

  /** Fitting more would take longer than measuring a round, and tell little more. */
  private static final int MOST_TRIALS = 2048;

  /** How many of them are the fastest, where there are more. */
  private static final int FASTEST_TRIALS = MOST_TRIALS * 3 / 4;

  /** Whatever is slower by more is far from being the best. */
  private static final double NEAR = 2;

  private FittedModel() {}

  /**
   * Fits the trials; of more than 2048 those that come near to the best, most of them at least, and
   * others at random.
   *
   * @param history with at least one time; only its set of trials counts, not their order
   * @param round the number of members whose order matters
   * @param random draws, where there are too many trials
   */
  static ModelScorer fit(TrialHistory history, int round, SplitMix64 random) {
    SortedMap<Long, Trial> trials = learnt(history, random);
    int count = trials.size();
    int columns = FeatureSchema.CURRENT.size();
    float[] rows = new float[count * columns];
    float[] row = new float[columns];
    float[] labels = new float[count];
    double best = history.best().orElseThrow().nanos().getAsDouble();
    int at = 0;
    for (Map.Entry<Long, Trial> entry : trials.entrySet()) {
      history.features().fill(entry.getKey(), 1, row);
      System.arraycopy(row, 0, rows, at * columns, columns);
      labels[at] = relevance(entry.getValue(), best);
      at++;
    }
    try {
      return new ModelScorer(history.features(), train(rows, labels, round));
    } catch (XGBoostError e) {
      throw new IllegalStateException(
          "Cannot fit " + count + " trials of " + history.task().key() + ": " + e.getMessage(), e);
    }
  }

  /** Returns the trials that are fitted, by member. */
  static SortedMap<Long, Trial> learnt(TrialHistory history, SplitMix64 random) {
    SortedMap<Long, Trial> all = history.byMember();
    if (all.size() <= MOST_TRIALS) {
      return all;
    }
    double near = NEAR * history.best().orElseThrow().nanos().orElseThrow();
    SortedMap<Long, Trial> learnt = new TreeMap<>();
    Set<Long> fastest = new HashSet<>(history.fastest(FASTEST_TRIALS));
    List<Map.Entry<Long, Trial>> others = new ArrayList<>();
    for (Map.Entry<Long, Trial> entry : all.entrySet()) {
      Trial trial = entry.getValue();
      if (fastest.contains(entry.getKey()) && trial.nanos().orElseThrow() <= near) {
        learnt.put(entry.getKey(), trial);
      } else {
        others.add(entry);
      }
    }
    int left = others.size();
    while (learnt.size() < MOST_TRIALS) {
      int drawn = (int) random.nextLong(left);
      learnt.put(others.get(drawn).getKey(), others.get(drawn).getValue());
      left--;
      others.set(drawn, others.get(left));
    }
    return learnt;
  }

  /** Returns how fast a trial is beside the best: from 0 for a failure to 1. */
  private static float relevance(Trial trial, double bestNanos) {
    return trial.nanos().isPresent() ? (float) (bestNanos / trial.nanos().getAsDouble()) : 0;
  }

  private static Ensemble train(float[] rows, float[] labels, int round) throws XGBoostError {
    DMatrix matrix = new DMatrix(rows, labels.length, rows.length / labels.length, Float.NaN);
    try {
      matrix.setLabel(labels);
      matrix.setGroup(new int[] {labels.length});
      Booster booster = XGBoost.train(matrix, settings(), 1, new HashMap<>(), null, null);
      try {
        grow(booster, matrix, new TopRecall(labels, round));
        return Freezer.ensemble(booster, FeatureSchema.CURRENT.id());
      } finally {
        booster.dispose();
      }
    } finally {
      matrix.dispose();
    }
  }

  private static void grow(Booster booster, DMatrix matrix, TopRecall recall) throws XGBoostError {
    double best = 0;
    int bestTrees = 0;
    for (int trees = 1; trees < MOST_TREES && trees < bestTrees + PATIENCE_TREES; trees++) {
      double reached = recall.of(booster.predict(matrix));
      if (reached > best) {
        best = reached;
        bestTrees = trees;
      }
      booster.update(matrix, trees);
    }
  }

  private static Map<String, Object> settings() {
    Map<String, Object> settings = new HashMap<>();
    settings.put("objective", "rank:pairwise");
    settings.put("lambdarank_pair_method", "mean");
    settings.put("lambdarank_num_pair_per_sample", 8);
    settings.put("ndcg_exp_gain", false);
    settings.put("tree_method", "hist");
    settings.put("max_depth", 3);
    settings.put("eta", 0.3);
    settings.put("gamma", 0.0001);
    settings.put("min_child_weight", 1);
    settings.put("lambda", 1);
    settings.put("alpha", 0);
    settings.put("subsample", 1);
    settings.put("nthread", 1);
    settings.put("seed", 0);
    settings.put("verbosity", 0);
    return settings;
  }

  /**
   * How well predictions find the best labels: recall of the best k among the first k, averaged.
   */
  private static final class TopRecall {
    /** For each row, how many labels are better. */
    private final int[] ranks;

    private final int most;

    TopRecall(float[] labels, int most) {
      Integer[] order = order(labels);
      this.ranks = new int[labels.length];
      for (int rank = 0; rank < order.length; rank++) {
        ranks[order[rank]] = rank;
      }
      this.most = Math.min(most, labels.length);
    }

    double of(float[][] predicted) {
      float[] scores = new float[predicted.length];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = predicted[i][0];
      }
      Integer[] order = order(scores);
      double sum = 0;
      for (int k = 1; k <= most; k++) {
        int found = 0;
        for (int i = 0; i < k; i++) {
          found += ranks[order[i]] < k ? 1 : 0;
        }
        sum += (double) found / k;
      }
      return sum / most;
    }

    private static Integer[] order(float[] values) {
      Integer[] order = new Integer[values.length];
      Arrays.setAll(order, i -> i);
      Arrays.sort(
          order, Comparator.<Integer>comparingDouble(i -> -values[i]).thenComparingInt(i -> i));
      return order;
    }
  }
}
