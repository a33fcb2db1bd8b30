package org.oneshottuner.train;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import org.oneshottuner.predict.Tree;

/**
 * How an ensemble is trained. The defaults stand in {@link #DEFAULTS} and nowhere else.
 *
 * @param objective what is minimised
 * @param rounds how many trees
 * @param depth most splits between the root and a leaf, at most {@link Tree#MAX_DEPTH}
 * @param eta share of each tree that is added, above 0, at most 1
 * @param minChildWeight least sum of second derivatives in a leaf; those of a ranking objective are
 *     small, of NDCG smallest: 1 can forbid every split
 * @param lambda weight of the squared leaf values in the loss
 * @param rowShare share of the rows that each tree sees
 * @param columnShare share of the columns that each tree sees
 * @param bins most thresholds a column, 2 to 65535
 * @param pairs how a ranking objective chooses its pairs
 * @param pairsPerRow how many, a row ({@code mean}) or from the top of the list ({@code topk})
 * @param tieTolerance times whose ratio is within one plus this count as equal; 0 for none
 * @param weightClip largest weight of a row over the least in its task; 1 makes all weights equal
 * @param seed of every draw in training
 */
public record TrainSettings(
    Objective objective,
    int rounds,
    int depth,
    double eta,
    double minChildWeight,
    double lambda,
    double rowShare,
    double columnShare,
    int bins,
    Pairs pairs,
    int pairsPerRow,
    double tieTolerance,
    double weightClip,
    long seed) {

  /** How a ranking objective chooses the pairs that it learns from. */
  public enum Pairs {
    /** Some partners for every row, drawn from the whole list. */
    MEAN,
    /** Every pair with at least one row in the top of the predicted order. */
    TOPK;

    /** Returns XGBoost's name for it. */
    public String text() {
      return this == MEAN ? "mean" : "topk";
    }
  }

  /** What is used unless a conf file says otherwise. */
  public static final TrainSettings DEFAULTS =
      new TrainSettings(
          Objective.PAIRWISE, 300, 8, 0.1, 0.1, 1, 1, 1, 256, Pairs.MEAN, 8, 0.01, 10, 1);

  /** Checks every bound. */
  public TrainSettings {
    requireNonNull(objective, "objective");
    requireNonNull(pairs, "pairs");
    within("rounds", rounds, 1, 100_000);
    within("depth", depth, 1, Tree.MAX_DEPTH);
    within("eta", eta, 1e-6, 1);
    within("min-child-weight", minChildWeight, 0, 1e9);
    within("lambda", lambda, 0, 1e9);
    within("row-share", rowShare, 1e-3, 1);
    within("column-share", columnShare, 1e-3, 1);
    within("bins", bins, 2, 65535);
    within("pairs-per-row", pairsPerRow, 1, 100_000);
    within("tie-tolerance", tieTolerance, 0, 1);
    within("weight-clip", weightClip, 1, 1e9);
  }

  /**
   * Returns the defaults with some settings replaced.
   *
   * @param changes by key, as {@link #properties()} names them
   * @throws IllegalArgumentException if a key is unknown, or a value malformed or out of bounds
   */
  public static TrainSettings of(Map<String, String> changes) {
    Map<String, String> all = new LinkedHashMap<>(DEFAULTS.properties());
    TreeSet<String> unknown = new TreeSet<>(changes.keySet());
    unknown.removeAll(all.keySet());
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot train: unknown keys " + unknown + ", known are " + all.keySet());
    }
    all.putAll(changes);
    Values values = new Values(all);
    return new TrainSettings(
        Objective.named(values.text("objective")),
        values.whole("rounds"),
        values.whole("depth"),
        values.number("eta"),
        values.number("min-child-weight"),
        values.number("lambda"),
        values.number("row-share"),
        values.number("column-share"),
        values.whole("bins"),
        values.pairs(),
        values.whole("pairs-per-row"),
        values.number("tie-tolerance"),
        values.number("weight-clip"),
        values.seed());
  }

  /** Returns these settings with another seed. */
  public TrainSettings withSeed(long other) {
    return new TrainSettings(
        objective,
        rounds,
        depth,
        eta,
        minChildWeight,
        lambda,
        rowShare,
        columnShare,
        bins,
        pairs,
        pairsPerRow,
        tieTolerance,
        weightClip,
        other);
  }

  /** Returns every setting in force by its key, in order; for manifests, and to be read again. */
  public Map<String, String> properties() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("objective", objective.text());
    all.put("rounds", Integer.toString(rounds));
    all.put("depth", Integer.toString(depth));
    all.put("eta", Double.toString(eta));
    all.put("min-child-weight", Double.toString(minChildWeight));
    all.put("lambda", Double.toString(lambda));
    all.put("row-share", Double.toString(rowShare));
    all.put("column-share", Double.toString(columnShare));
    all.put("bins", Integer.toString(bins));
    all.put("pairs", pairs.text());
    all.put("pairs-per-row", Integer.toString(pairsPerRow));
    all.put("tie-tolerance", Double.toString(tieTolerance));
    all.put("weight-clip", Double.toString(weightClip));
    all.put("seed", Long.toString(seed));
    return Collections.unmodifiableMap(all);
  }

  /**
   * Returns the settings under XGBoost's own names, the number of rounds left out.
   *
   * <p>A ranking objective is always given a linear gain: our relevance is a ratio of times, and an
   * exponential gain takes whole numbers only.
   *
   * @param threads how many each trainer uses; changes no bit with one worker
   */
  public Map<String, Object> xgboost(int threads) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("booster", "gbtree");
    all.put("tree_method", "hist");
    all.put("objective", objective.text());
    all.put("max_depth", depth);
    all.put("eta", eta);
    all.put("min_child_weight", minChildWeight);
    all.put("lambda", lambda);
    all.put("subsample", rowShare);
    all.put("colsample_bytree", columnShare);
    all.put("max_bin", bins);
    // XGBoost takes an int
    all.put("seed", (int) (seed ^ (seed >>> 32)) & Integer.MAX_VALUE);
    all.put("nthread", threads);
    if (objective.ranks()) {
      all.put("lambdarank_pair_method", pairs.text());
      all.put("lambdarank_num_pair_per_sample", pairsPerRow);
      all.put("ndcg_exp_gain", false);
    }
    return Collections.unmodifiableMap(all);
  }

  private static void within(String key, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new IllegalArgumentException(
          "Cannot train: " + key + " is " + value + ", expected " + least + " to " + most);
    }
  }

  /** Reads settings out of text. */
  private record Values(Map<String, String> all) {
    String text(String key) {
      return requireNonNull(all.get(key), key);
    }

    int whole(String key) {
      try {
        return Integer.parseInt(text(key));
      } catch (NumberFormatException e) {
        throw malformed(key, "a whole number", e);
      }
    }

    double number(String key) {
      try {
        return Double.parseDouble(text(key));
      } catch (NumberFormatException e) {
        throw malformed(key, "a number", e);
      }
    }

    long seed() {
      try {
        return Long.parseLong(text("seed"));
      } catch (NumberFormatException e) {
        throw malformed("seed", "a whole number", e);
      }
    }

    Pairs pairs() {
      String text = text("pairs");
      for (Pairs pairs : Pairs.values()) {
        if (pairs.text().equals(text)) {
          return pairs;
        }
      }
      throw malformed("pairs", "mean or topk", new IllegalArgumentException(text));
    }

    private IllegalArgumentException malformed(String key, String expected, Exception cause) {
      return new IllegalArgumentException(
          "Cannot train: " + key + " is '" + text(key) + "', expected " + expected, cause);
    }
  }
}
