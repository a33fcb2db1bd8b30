package org.oneshottuner.predict;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * An ensemble's trees with each column's thresholds in rising order, each once, and splits that
 * name a threshold by its number. A split is then settled by a value's <em>rank</em>, the number of
 * its column's thresholds that are not above it: a row goes left iff its rank is at most the
 * threshold's place within the column.
 *
 * <p>Made once an ensemble. Immutable.
 */
final class RankedTrees {
  // columns that a split reads, rising
  private final int[] columns;
  // by place in columns, and one more: where its thresholds start
  private final int[] starts;
  private final float[] thresholds;
  private final int[] keys;
  private final int[] roots;
  private final long[] nodes;

  RankedTrees(int width, List<Tree> trees) {
    float[][] found = thresholds(width, trees);
    this.columns = IntStream.range(0, width).filter(c -> found[c].length > 0).toArray();
    this.starts = new int[columns.length + 1];
    int[] startOf = new int[width];
    for (int i = 0; i < columns.length; i++) {
      startOf[columns[i]] = starts[i];
      starts[i + 1] = starts[i] + found[columns[i]].length;
    }
    this.thresholds = new float[starts[columns.length]];
    for (int i = 0; i < columns.length; i++) {
      System.arraycopy(found[columns[i]], 0, thresholds, starts[i], found[columns[i]].length);
    }
    this.keys = new int[thresholds.length];
    Arrays.setAll(keys, i -> key(thresholds[i]));
    this.roots = new int[trees.size()];
    this.nodes = new long[trees.stream().mapToInt(Tree::nodes).reduce(0, Math::addExact)];
    int root = 0;
    for (int t = 0; t < roots.length; t++) {
      roots[t] = root;
      lay(trees.get(t), root, startOf, found);
      root += trees.get(t).nodes();
    }
  }

  /** Returns, by column, the thresholds of its splits, rising, each once. */
  private static float[][] thresholds(int width, List<Tree> trees) {
    int[] counts = new int[width];
    for (Tree tree : trees) {
      for (int node = 0; node < tree.nodes(); node++) {
        if (!tree.isLeaf(node)) {
          counts[tree.column(node)]++;
        }
      }
    }
    float[][] found = new float[width][];
    Arrays.setAll(found, column -> new float[counts[column]]);
    for (Tree tree : trees) {
      for (int node = 0; node < tree.nodes(); node++) {
        if (!tree.isLeaf(node)) {
          found[tree.column(node)][--counts[tree.column(node)]] = positiveZero(tree.value(node));
        }
      }
    }
    for (int column = 0; column < width; column++) {
      found[column] = distinct(found[column]);
    }
    return found;
  }

  private static float[] distinct(float[] values) {
    Arrays.sort(values);
    int kept = 0;
    for (float value : values) {
      if (kept == 0 || value != values[kept - 1]) {
        values[kept++] = value;
      }
    }
    return Arrays.copyOf(values, kept);
  }

  /** Returns the value, the positive zero for the negative, whose bits and order are others. */
  private static float positiveZero(float value) {
    return value + 0.0f;
  }

  private void lay(Tree tree, int root, int[] startOf, float[][] found) {
    for (int node = 0; node < tree.nodes(); node++) {
      if (tree.isLeaf(node)) {
        nodes[root + node] =
            (-1L << Integer.SIZE)
                | Integer.toUnsignedLong(Float.floatToRawIntBits(tree.value(node)));
      } else {
        int column = tree.column(node);
        int place = Arrays.binarySearch(found[column], positiveZero(tree.value(node)));
        long test = 2L * (startOf[column] + place) + (tree.missingLeft(node) ? 1 : 0);
        nodes[root + node] = (test << Integer.SIZE) | (root + tree.right(node));
      }
    }
  }

  /** Returns an integer that orders as the value does, the two zeros alike; none for NaN. */
  static int key(float value) {
    int bits = Float.floatToRawIntBits(positiveZero(value));
    return bits ^ ((bits >> 31) >>> 1);
  }

  /** Returns the keys of all columns' thresholds; not to be written to. */
  int[] keys() {
    return keys;
  }

  /** Returns the columns that a split reads, rising. */
  int[] columns() {
    return columns.clone();
  }

  /**
   * Returns the number of the first threshold of a column.
   *
   * @param place of the column in {@link #columns()}, or their number for the number of thresholds
   */
  int start(int place) {
    return starts[place];
  }

  /** Returns how many thresholds a column has. */
  int thresholds(int place) {
    return starts[place + 1] - starts[place];
  }

  /**
   * Returns how many thresholds of a column are not above a value; one more than all of them if the
   * value is missing.
   */
  int rank(int place, float value) {
    if (Float.isNaN(value)) {
      return thresholds(place) + 1;
    }
    int low = starts[place];
    int high = starts[place + 1];
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (thresholds[middle] <= value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - starts[place];
  }

  /** Returns how many trees there are. */
  int trees() {
    return roots.length;
  }

  /** Returns the number of a tree's root. */
  int root(int tree) {
    return roots[tree];
  }

  /**
   * Returns the nodes of all trees, one tree after another and each in preorder, so that a left
   * child follows its split; not to be written to. Of a split, bits 63..32 are its test, twice the
   * number of the threshold and one more where missing values go left, and bits 31..0 the number of
   * its right child; of a leaf, they are -1 and the bits of its value.
   */
  long[] nodes() {
    return nodes;
  }
}
