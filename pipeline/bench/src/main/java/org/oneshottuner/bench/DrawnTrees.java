package org.oneshottuner.bench;

import java.util.ArrayList;
import java.util.List;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.Tree;
import org.oneshottuner.space.SplitMix64;

/** Draws ensembles of complete trees that split all columns at values that rows have. */
final class DrawnTrees {
  private static final int WIDTH = FeatureSchema.CURRENT.size();

  private final float[] rows;
  private final SplitMix64 random;

  private DrawnTrees(float[] rows, SplitMix64 random) {
    this.rows = rows;
    this.random = random;
  }

  /**
   * Draws an ensemble.
   *
   * @param size trees by depth, as {@code 200x6}
   * @param rows whose values the thresholds are drawn from
   */
  static Ensemble ensemble(String size, float[] rows) {
    String[] parts = size.split("x", -1);
    DrawnTrees drawn = new DrawnTrees(rows, new SplitMix64(1));
    List<Tree> trees = new ArrayList<>();
    for (int i = 0; i < Integer.parseInt(parts[0]); i++) {
      trees.add(drawn.tree(Integer.parseInt(parts[1])));
    }
    return Ensemble.of(FeatureSchema.CURRENT.id(), WIDTH, 0, trees);
  }

  private Tree tree(int depth) {
    int nodes = (1 << (depth + 1)) - 1;
    int[] columns = new int[nodes];
    float[] values = new float[nodes];
    boolean[] missingLeft = new boolean[nodes];
    int end = grow(new Grown(columns, values, missingLeft), 0, depth);
    if (end != nodes) {
      throw new IllegalStateException("Cannot grow a tree of " + nodes + " nodes: it has " + end);
    }
    return Tree.of(columns, values, missingLeft);
  }

  @SuppressWarnings("ArrayRecordComponent") // three parallel arrays under construction
  private record Grown(int[] columns, float[] values, boolean[] missingLeft) {}

  /** Writes a complete subtree in preorder and returns where it ends. */
  private int grow(Grown grown, int at, int depth) {
    if (depth == 0) {
      grown.columns()[at] = Tree.LEAF;
      grown.values()[at] = (float) random.nextDouble();
      return at + 1;
    }
    int column = (int) random.nextLong(WIDTH);
    float threshold = rows[(int) random.nextLong(rows.length / WIDTH) * WIDTH + column];
    while (Float.isNaN(threshold)) {
      column = (int) random.nextLong(WIDTH);
      threshold = rows[(int) random.nextLong(rows.length / WIDTH) * WIDTH + column];
    }
    grown.columns()[at] = column;
    grown.values()[at] = threshold;
    grown.missingLeft()[at] = random.nextLong(2) == 0;
    int right = grow(grown, at + 1, depth - 1);
    return grow(grown, right, depth - 1);
  }
}
