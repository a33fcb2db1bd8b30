package org.oneshottuner.predict;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Scores many rows, eight at once, one level of a tree at a time.
 *
 * <p>Values and thresholds become integers of the same order, so that a step needs no branch. A
 * node is one {@code long}:
 *
 * <pre>
 *   bits 63..32  the threshold's key less one; a leaf has the least integer, which no key is below
 *   bits 31..16  the key column
 *   bits 15..0   number of the left child in the tree, the right one follows; a leaf points at the node before itself
 * </pre>
 *
 * A row goes right iff the node's integer is below the row's key, so a leaf leads to itself and
 * every row takes as many steps as the tree is deep. A key column is a column together with where
 * its missing values go: their key is below, or above, every other. Only key columns that a split
 * reads are kept.
 */
final class LevelwiseScorer {
  /** Rows whose keys lie in the cache together while the trees go by. */
  private static final int BLOCK = 64;

  private static final int MISSING_LEFT = Integer.MIN_VALUE + 1;
  private static final int MISSING_RIGHT = Integer.MAX_VALUE;

  private final int columns;
  private final float base;
  // by key column
  private final int[] sources;
  private final int[] missingKeys;
  // by tree
  private final int[] roots;
  private final int[] depths;
  private final int steps;
  // by node
  private final long[] nodes;
  private final float[] leaves;

  LevelwiseScorer(int columns, float base, List<Tree> trees) {
    this.columns = columns;
    this.base = base;
    int[] keyColumns = new int[2 * columns];
    List<Integer> used = new ArrayList<>();
    int total = 0;
    for (Tree tree : trees) {
      total = Math.addExact(total, tree.nodes());
      for (int node = 0; node < tree.nodes(); node++) {
        if (!tree.isLeaf(node)) {
          int key = 2 * tree.column(node) + (tree.missingLeft(node) ? 0 : 1);
          if (keyColumns[key] == 0) {
            used.add(key);
            keyColumns[key] = used.size();
          }
        }
      }
    }
    this.sources = new int[used.size()];
    this.missingKeys = new int[used.size()];
    for (int k = 0; k < sources.length; k++) {
      sources[k] = used.get(k) / 2;
      missingKeys[k] = used.get(k) % 2 == 0 ? MISSING_LEFT : MISSING_RIGHT;
    }
    this.roots = new int[trees.size()];
    this.depths = new int[trees.size()];
    this.nodes = new long[total];
    this.leaves = new float[total];
    int root = 0;
    int taken = 0;
    for (int t = 0; t < trees.size(); t++) {
      roots[t] = root;
      depths[t] = trees.get(t).depth();
      lay(trees.get(t), root, keyColumns);
      root += trees.get(t).nodes();
      taken = Math.addExact(taken, depths[t]);
    }
    this.steps = taken;
  }

  /** Returns how many steps a row takes down all trees. */
  int steps() {
    return steps;
  }

  /** Returns whether any split reads a column. */
  boolean reads(int column) {
    for (int source : sources) {
      if (source == column) {
        return true;
      }
    }
    return false;
  }

  /** Lays a tree out level by level, the two children of a node side by side. */
  private void lay(Tree tree, int root, int[] keyColumns) {
    int[] queue = new int[tree.nodes()];
    int queued = 1;
    for (int at = 0; at < queued; at++) {
      int node = queue[at];
      if (tree.isLeaf(node)) {
        nodes[root + at] = ((long) Integer.MIN_VALUE << 32) | ((at - 1) & 0xffff);
        leaves[root + at] = tree.value(node);
      } else {
        int key = 2 * tree.column(node) + (tree.missingLeft(node) ? 0 : 1);
        nodes[root + at] =
            ((long) (RankedTrees.key(tree.value(node)) - 1) << 32)
                | ((long) (keyColumns[key] - 1) << 16)
                | queued;
        queue[queued++] = node + 1;
        queue[queued++] = tree.right(node);
      }
    }
  }

  void score(float[] rows, int count, float[] out) {
    int[] keys = new int[BLOCK * sources.length];
    float[] sums = new float[BLOCK];
    for (int from = 0; from < count; from += BLOCK) {
      int size = Math.min(BLOCK, count - from);
      fillKeys(rows, from, size, keys);
      Arrays.fill(sums, base);
      // rows past the last hold keys of an earlier block, or zeros: scored in vain, never read
      int padded = (size + 7) & ~7;
      for (int t = 0; t < roots.length; t++) {
        if (depths[t] == 0) {
          addAll(leaves[roots[t]], sums);
        } else {
          for (int row = 0; row < padded; row += 8) {
            walk(t, keys, row, sums);
          }
        }
      }
      System.arraycopy(sums, 0, out, from, size);
    }
  }

  private void fillKeys(float[] rows, int from, int size, int[] keys) {
    int width = sources.length;
    for (int r = 0; r < size; r++) {
      int row = (from + r) * columns;
      int to = r * width;
      for (int k = 0; k < width; k++) {
        float value = rows[row + sources[k]];
        int key = RankedTrees.key(value);
        keys[to + k] = Float.isNaN(value) ? missingKeys[k] : key;
      }
    }
  }

  private static void addAll(float leaf, float[] sums) {
    for (int r = 0; r < sums.length; r++) {
      sums[r] += leaf;
    }
  }

  /** Adds the leaves of one tree to the sums of eight rows. */
  private void walk(int t, int[] keys, int row, float[] sums) {
    final long[] nodes = this.nodes;
    final int root = roots[t];
    final int width = sources.length;
    final int k0 = row * width;
    final int k1 = k0 + width;
    final int k2 = k1 + width;
    final int k3 = k2 + width;
    final int k4 = k3 + width;
    final int k5 = k4 + width;
    final int k6 = k5 + width;
    final int k7 = k6 + width;
    int n0 = root;
    int n1 = root;
    int n2 = root;
    int n3 = root;
    int n4 = root;
    int n5 = root;
    int n6 = root;
    int n7 = root;
    for (int level = depths[t]; level > 0; level--) {
      n0 = root + step(nodes[n0], keys, k0);
      n1 = root + step(nodes[n1], keys, k1);
      n2 = root + step(nodes[n2], keys, k2);
      n3 = root + step(nodes[n3], keys, k3);
      n4 = root + step(nodes[n4], keys, k4);
      n5 = root + step(nodes[n5], keys, k5);
      n6 = root + step(nodes[n6], keys, k6);
      n7 = root + step(nodes[n7], keys, k7);
    }
    sums[row] += leaves[n0];
    sums[row + 1] += leaves[n1];
    sums[row + 2] += leaves[n2];
    sums[row + 3] += leaves[n3];
    sums[row + 4] += leaves[n4];
    sums[row + 5] += leaves[n5];
    sums[row + 6] += leaves[n6];
    sums[row + 7] += leaves[n7];
  }

  /** Returns the number, within its tree, of the child that a row goes to. */
  private static int step(long node, int[] keys, int row) {
    int low = (int) node;
    return (low & 0xffff) + (int) (((node >> 32) - keys[row + (low >>> 16)]) >>> 63);
  }
}
