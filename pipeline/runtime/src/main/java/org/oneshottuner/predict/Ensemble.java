package org.oneshottuner.predict;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A sum of regression trees. The score is defined to the bit: a {@code float} sum that starts at
 * the base score and adds each tree's leaf in tree order, which is how XGBoost sums (seen with
 * 3.1.1, and proven again for every exported model).
 *
 * <p>Immutable; may be shared between threads.
 */
public final class Ensemble implements Predictor {
  /** The most columns a row may have. */
  public static final int MAX_COLUMNS = 1 << 15;

  private final String schemaId;
  private final int columns;
  private final float base;
  private final List<Tree> trees;
  private final LevelwiseScorer bulk;
  private final RankedTrees ranked;

  private Ensemble(String schemaId, int columns, float base, List<Tree> trees) {
    this.schemaId = schemaId;
    this.columns = columns;
    this.base = base;
    this.trees = trees;
    this.bulk = new LevelwiseScorer(columns, base, trees);
    this.ranked = new RankedTrees(columns, trees);
  }

  /**
   * Returns the ensemble of these trees.
   *
   * @param schemaId id of the feature schema whose rows it reads
   * @param columns how many columns a row has
   * @param base where the sum starts
   * @param trees in the order of summing
   * @throws IllegalArgumentException if a tree reads a column past the last, the base is not
   *     finite, or {@code columns} is below 1 or above {@link #MAX_COLUMNS}
   */
  public static Ensemble of(String schemaId, int columns, float base, List<Tree> trees) {
    requireNonNull(schemaId, "schemaId");
    if (columns < 1 || columns > MAX_COLUMNS) {
      throw refuse("it has " + columns + " columns, expected 1 to " + MAX_COLUMNS);
    }
    if (!Float.isFinite(base)) {
      throw refuse("its base score is " + base);
    }
    List<Tree> copy = List.copyOf(trees);
    for (int t = 0; t < copy.size(); t++) {
      Tree tree = copy.get(t);
      for (int node = 0; node < tree.nodes(); node++) {
        if (tree.column(node) >= columns) {
          throw refuse(
              "tree " + t + " reads column " + tree.column(node) + ", last is " + (columns - 1));
        }
      }
    }
    return new Ensemble(schemaId, columns, base, copy);
  }

  @Override
  public String schemaId() {
    return schemaId;
  }

  @Override
  public int columns() {
    return columns;
  }

  /** Returns where the sum starts. */
  public float base() {
    return base;
  }

  /** Returns the trees in the order of summing. */
  public List<Tree> trees() {
    return trees;
  }

  /** Returns the trees as {@link SpaceScorer} walks them. */
  RankedTrees ranked() {
    return ranked;
  }

  /** Returns whether any split reads a column; what is not read need not be filled in. */
  public boolean reads(int column) {
    return bulk.reads(column);
  }

  @Override
  public float score(float[] features) {
    if (features.length != columns) {
      throw new IllegalArgumentException(
          "Cannot score a row of " + features.length + " columns: " + schemaId + " has " + columns);
    }
    float sum = base;
    for (Tree tree : trees) {
      sum += tree.leaf(features, 0);
    }
    return sum;
  }

  @Override
  public void score(float[] rows, int count, float[] out) {
    if (count < 0 || (long) count * columns > rows.length || count > out.length) {
      throw new IllegalArgumentException(
          "Cannot score "
              + count
              + " rows of "
              + columns
              + " columns: given room for "
              + rows.length / columns
              + " rows and "
              + out.length
              + " scores");
    }
    if (RowPlanes.pays(bulk.steps(), count)) {
      new RowPlanes(ranked, columns, count).score(rows, count, base, out);
    } else {
      bulk.score(rows, count, out);
    }
  }

  private static IllegalArgumentException refuse(String detail) {
    return new IllegalArgumentException("Cannot make an ensemble: " + detail);
  }
}
