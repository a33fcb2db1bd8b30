package org.oneshottuner.search;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.Seeds;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.workload.TuningTask;

/**
 * AutoTVM's search (Chen and others 2018, "Learning to Optimize Tensor Programs", section 4, and
 * the defaults of TVM's {@code XGBTuner}): a first plan at random; then, plan by plan,
 * gradient-boosted trees of depth 3 are fitted to all that was measured, 128 chains of simulated
 * annealing climb their predictions, and a plan is the best unmeasured members that the chains met,
 * with one in twenty at random.
 */
public final class AnnealingSearch implements Search {
  /** Its name. */
  public static final String NAME = "autotvm";

  /** Members measured between two fits, in TVM. */
  public static final int PLAN = 64;

  private static final int CHAINS = 128;
  private static final int STEPS = 500;
  private static final int PATIENCE = 50;
  private static final int TREES = 100;
  private static final double RANDOM_SHARE = 0.05;

  private final ScheduleSpace space;
  private final SpaceFeatures features;
  private final int columns = FeatureSchema.CURRENT.size();
  private final long seed;
  private final int plan;

  /**
   * Prepares a task.
   *
   * @param seed the run's
   * @param plan members between two fits; {@link #PLAN} is TVM's, fewer suit a short search
   */
  public AnnealingSearch(TuningTask task, ScheduleSpace space, long seed, int plan) {
    this.space = space;
    this.features = SpaceFeatures.of(task, space);
    this.seed = Seeds.derive(seed, task.key(), "search", NAME);
    this.plan = plan;
    if (plan < 2) {
      throw new IllegalArgumentException("Cannot plan " + plan + " trials: least is 2");
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Long> propose(List<Trial> trials, int most) {
    SplitMix64 random = new SplitMix64(Seeds.derive(seed, trials.size()));
    Moves moves = new Moves(space, random);
    Set<Long> known = new HashSet<>();
    trials.forEach(trial -> known.add(trial.member()));
    int now = Math.min(most, plan - trials.size() % plan);
    boolean fitted =
        trials.size() >= plan && trials.stream().anyMatch(trial -> trial.nanos().isPresent());
    if (!fitted) {
      return moves.fresh(now, known);
    }
    int guided = now - (int) Math.ceil(now * RANDOM_SHARE);
    List<Long> proposed = new ArrayList<>();
    for (long member : anneal(trials, moves, random)) {
      if (proposed.size() < guided && known.add(member)) {
        proposed.add(member);
      }
    }
    proposed.addAll(moves.fresh(now - proposed.size(), known));
    return proposed;
  }

  /** Returns all that the chains met, best predicted first. */
  private List<Long> anneal(List<Trial> trials, Moves moves, SplitMix64 random) {
    try {
      Booster booster = fit(trials);
      try {
        return anneal(booster, trials, moves, random);
      } finally {
        booster.dispose();
      }
    } catch (XGBoostError e) {
      throw new IllegalStateException("Cannot fit the model of a search: " + e.getMessage(), e);
    }
  }

  private List<Long> anneal(Booster booster, List<Trial> trials, Moves moves, SplitMix64 random)
      throws XGBoostError {
    Map<Long, Float> met = new TreeMap<>();
    long[] chains = start(trials, moves);
    float[] scores = score(booster, chains);
    remember(chains, scores, met);
    float best = max(scores);
    int lastGain = 0;
    for (int step = 0; step < STEPS && step - lastGain < PATIENCE; step++) {
      double temperature = 1.0 - (double) step / STEPS;
      long[] moved = new long[chains.length];
      for (int i = 0; i < chains.length; i++) {
        moved[i] = moves.step(chains[i]);
      }
      float[] after = score(booster, moved);
      remember(moved, after, met);
      for (int i = 0; i < chains.length; i++) {
        double chance = StrictMath.exp(Math.min(0, (after[i] - scores[i]) / (temperature + 1e-5)));
        if (random.nextDouble() < chance) {
          chains[i] = moved[i];
          scores[i] = after[i];
        }
      }
      float now = max(after);
      if (now > best) {
        best = now;
        lastGain = step;
      }
    }
    return met.entrySet().stream()
        .sorted(
            Map.Entry.<Long, Float>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()))
        .map(Map.Entry::getKey)
        .toList();
  }

  private long[] start(List<Trial> trials, Moves moves) {
    List<Long> best =
        trials.stream()
            .sorted(Comparator.comparingDouble(Trial::speed).reversed())
            .limit(CHAINS / 2)
            .map(Trial::member)
            .toList();
    long[] chains = new long[CHAINS];
    for (int i = 0; i < CHAINS; i++) {
      chains[i] = i < best.size() ? best.get(i) : moves.any();
    }
    return chains;
  }

  private Booster fit(List<Trial> trials) throws XGBoostError {
    double most = trials.stream().mapToDouble(Trial::speed).max().orElseThrow();
    float[] labels = new float[trials.size()];
    long[] members = new long[trials.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (float) (trials.get(i).speed() / most);
      members[i] = trials.get(i).member();
    }
    Map<String, Object> settings = new HashMap<>();
    settings.put("max_depth", 3);
    settings.put("gamma", 0.0001);
    settings.put("min_child_weight", 1);
    settings.put("subsample", 1.0);
    settings.put("eta", 0.3);
    settings.put("lambda", 1.0);
    settings.put("alpha", 0);
    settings.put("objective", "reg:squarederror");
    settings.put("nthread", 1);
    settings.put("seed", 0);
    settings.put("verbosity", 0);
    DMatrix data = new DMatrix(rows(members), labels.length, columns, Float.NaN);
    try {
      data.setLabel(labels);
      return XGBoost.train(data, settings, TREES, Map.of(), null, null);
    } finally {
      data.dispose();
    }
  }

  private float[] score(Booster booster, long[] members) throws XGBoostError {
    DMatrix data = new DMatrix(rows(members), members.length, columns, Float.NaN);
    try {
      float[][] predicted = booster.predict(data);
      float[] scores = new float[members.length];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = predicted[i][0];
      }
      return scores;
    } finally {
      data.dispose();
    }
  }

  private float[] rows(long[] members) {
    float[] rows = new float[members.length * columns];
    float[] row = new float[columns];
    for (int i = 0; i < members.length; i++) {
      features.fill(members[i], 1, row);
      System.arraycopy(row, 0, rows, i * columns, columns);
    }
    return rows;
  }

  private static void remember(long[] members, float[] scores, Map<Long, Float> met) {
    for (int i = 0; i < members.length; i++) {
      met.put(members[i], scores[i]);
    }
  }

  private static float max(float[] values) {
    float max = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      max = Math.max(max, value);
    }
    return max;
  }
}
