package org.oneshottuner.jobs.conf;

/**
 * How to learn from labels.
 *
 * @param trees of the ensemble
 * @param depth most levels of a tree
 * @param learningRate share of each tree's step that is taken
 * @param rowShare share of the rows that each tree sees
 * @param columnShare share of the columns that each tree sees
 * @param leastLeafWeight of the rows below a leaf
 * @param workers that train together; their number changes the model
 */
public record TrainSettings(
    int trees,
    int depth,
    double learningRate,
    double rowShare,
    double columnShare,
    double leastLeafWeight,
    int workers) {
  /** What holds where no file says otherwise. */
  public static final TrainSettings DEFAULTS = new TrainSettings(300, 8, 0.08, 0.8, 0.6, 1, 1);

  /** Checks the bounds. */
  public TrainSettings {
    Bounds.atLeast("train.trees", trees, 1);
    Bounds.atLeast("train.depth", depth, 1);
    Bounds.share("train.learningRate", learningRate);
    Bounds.share("train.rowShare", rowShare);
    Bounds.share("train.columnShare", columnShare);
    Bounds.atLeast("train.workers", workers, 1);
  }
}
