package org.oneshottuner.predict;

/**
 * One regression tree: a row goes left at a node iff its value is below the threshold, and by the
 * node's default if the value is missing. Nodes are numbered in preorder, so that the left child of
 * node {@code i} is {@code i + 1}. Immutable.
 */
public final class Tree {
  /** The most splits between the root and a leaf. */
  public static final int MAX_DEPTH = 10;

  /** Stands for a column at a leaf. */
  public static final int LEAF = -1;

  private final int[] columns;
  private final float[] values;
  private final boolean[] missingLeft;
  private final int[] right;
  private final int depth;

  private Tree(int[] columns, float[] values, boolean[] missingLeft, int[] right, int depth) {
    this.columns = columns;
    this.values = values;
    this.missingLeft = missingLeft;
    this.right = right;
    this.depth = depth;
  }

  /**
   * Returns the tree with these nodes, in preorder. The arrays are copied.
   *
   * @param columns the column a node splits on, or {@link #LEAF}
   * @param values a split's threshold or a leaf's value
   * @param missingLeft whether a missing value goes left
   * @throws IllegalArgumentException if the nodes are not one whole tree, it is deeper than {@link
   *     #MAX_DEPTH}, a column is negative, a threshold is NaN or a leaf is not finite
   */
  public static Tree of(int[] columns, float[] values, boolean[] missingLeft) {
    int nodes = columns.length;
    if (values.length != nodes || missingLeft.length != nodes) {
      throw refuse(
          nodes + " columns, " + values.length + " values and " + missingLeft.length + " defaults");
    }
    int[] right = new int[nodes];
    // splits whose right child is still to come, and their levels
    int[] open = new int[MAX_DEPTH];
    int[] levels = new int[MAX_DEPTH];
    int opened = 0;
    int level = 0;
    int depth = 0;
    for (int node = 0; node < nodes; node++) {
      check(columns[node], values[node], node);
      if (columns[node] != LEAF) {
        if (level == MAX_DEPTH) {
          throw refuse(
              "node " + node + " splits at depth " + level + ", most is " + (MAX_DEPTH - 1));
        }
        open[opened] = node;
        levels[opened++] = level++;
        depth = Math.max(depth, level);
      } else if (opened > 0) {
        right[open[--opened]] = node + 1;
        level = levels[opened] + 1;
      } else if (node == nodes - 1) {
        return new Tree(columns.clone(), values.clone(), missingLeft.clone(), right, depth);
      } else {
        throw refuse("it is whole after " + (node + 1) + " of its " + nodes + " nodes");
      }
    }
    throw refuse("it is not whole after its " + nodes + " nodes");
  }

  /** Returns the number of nodes, leaves included. */
  public int nodes() {
    return columns.length;
  }

  /** Returns the most splits between the root and a leaf. */
  public int depth() {
    return depth;
  }

  /** Returns whether a node is a leaf. */
  public boolean isLeaf(int node) {
    return columns[node] == LEAF;
  }

  /** Returns the column that a split reads, {@link #LEAF} at a leaf. */
  public int column(int node) {
    return columns[node];
  }

  /** Returns a split's threshold or a leaf's value. */
  public float value(int node) {
    return values[node];
  }

  /** Returns whether a missing value goes left at a split. */
  public boolean missingLeft(int node) {
    return missingLeft[node];
  }

  /** Returns the number of a split's right child. */
  public int right(int node) {
    return right[node];
  }

  /** Returns whether a value goes left at a split. */
  boolean goesLeft(int node, float value) {
    return value < values[node] || (Float.isNaN(value) && missingLeft[node]);
  }

  /** Returns the value of the leaf that the row starting at {@code offset} falls into. */
  float leaf(float[] rows, int offset) {
    int node = 0;
    while (columns[node] != LEAF) {
      node = goesLeft(node, rows[offset + columns[node]]) ? node + 1 : right[node];
    }
    return values[node];
  }

  private static void check(int column, float value, int node) {
    if (column < LEAF) {
      throw refuse("node " + node + " splits on column " + column + ", least is 0");
    }
    if (column == LEAF ? !Float.isFinite(value) : Float.isNaN(value)) {
      throw refuse((column == LEAF ? "leaf " : "the threshold of node ") + node + " is " + value);
    }
  }

  private static IllegalArgumentException refuse(String detail) {
    return new IllegalArgumentException("Cannot grow a tree: " + detail);
  }
}
