package org.oneshottuner.predict;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The nodes of many trees one after another, as the file has them, to be cut into trees. */
final class Forest {
  private static final int MOST_NODES = (2 << Tree.MAX_DEPTH) - 1;

  // by node
  private final boolean[] isSplit;
  // by split
  private final int[] splitColumns;
  private final float[] splitValues;
  private final boolean[] missingLeft;
  // by leaf
  private final float[] leaves;

  // the nodes of the tree at hand
  private final int[] columns = new int[MOST_NODES];
  private final float[] values = new float[MOST_NODES];
  private final boolean[] defaults = new boolean[MOST_NODES];

  private int node;
  private int split;
  private int leaf;

  Forest(
      boolean[] isSplit,
      int[] splitColumns,
      float[] splitValues,
      boolean[] missingLeft,
      float[] leaves) {
    this.isSplit = isSplit;
    this.splitColumns = splitColumns;
    this.splitValues = splitValues;
    this.missingLeft = missingLeft;
    this.leaves = leaves;
  }

  /**
   * Cuts the nodes into trees.
   *
   * @throws IllegalArgumentException if they are not {@code count} whole trees, or one is too deep
   */
  List<Tree> trees(int count) {
    List<Tree> trees = new ArrayList<>();
    for (int t = 0; t < count; t++) {
      trees.add(next(t));
    }
    if (node != isSplit.length) {
      throw new IllegalArgumentException(
          "its " + count + " trees end at node " + node + " of " + isSplit.length);
    }
    return trees;
  }

  private Tree next(int tree) {
    int size = 0;
    // a split leaves one more node to come, a leaf one less
    for (int toCome = 1; toCome > 0; size++, node++) {
      if (node == isSplit.length
          || size == MOST_NODES
          || (isSplit[node] ? split == splitColumns.length : leaf == leaves.length)) {
        throw new IllegalArgumentException("tree " + tree + " is not whole at node " + node);
      }
      if (isSplit[node]) {
        columns[size] = splitColumns[split];
        values[size] = splitValues[split];
        defaults[size] = missingLeft[split++];
        toCome++;
      } else {
        columns[size] = Tree.LEAF;
        defaults[size] = false;
        values[size] = leaves[leaf++];
        toCome--;
      }
    }
    return Tree.of(
        Arrays.copyOf(columns, size), Arrays.copyOf(values, size), Arrays.copyOf(defaults, size));
  }
}
