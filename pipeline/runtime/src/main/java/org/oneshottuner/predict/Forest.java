package org.oneshottuner.predict;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The nodes of many trees one after another, as the file has them, to be cut into trees. They stay
 * where they are in the file until all of them are known to be whole trees, so that one that is
 * refused takes no memory.
 */
final class Forest {
  private static final int MOST_NODES = (2 << Tree.MAX_DEPTH) - 1;

  private final Nodes nodes;

  /** The splits on the way to the node at hand of which the right child is still to come. */
  private final int[] open = new int[Tree.MAX_DEPTH];

  private int node;
  private int split;
  private int leaf;
  private int ranked;

  /**
   * What the file has of nodes.
   *
   * @param isSplit by node, a bit each
   * @param columns by split: two bytes each if there are more than 256 columns, else one
   * @param ranks by split: two bytes if its column has more than 256 thresholds, else one; each is
   *     one of the column's
   * @param missingLeft by split, a bit each
   * @param leaves four bytes each
   * @param thresholds by column
   */
  record Nodes(
      Plane isSplit,
      ByteBuffer columns,
      ByteBuffer ranks,
      Plane missingLeft,
      ByteBuffer leaves,
      List<float[]> thresholds) {
    boolean wideColumns() {
      return thresholds.size() > 256;
    }

    int splits() {
      return columns.limit() / (wideColumns() ? 2 : 1);
    }

    int column(int split) {
      return wideColumns() ? columns.getShort(2 * split) & 0xffff : columns.get(split) & 0xff;
    }
  }

  Forest(Nodes nodes) {
    this.nodes = nodes;
  }

  /**
   * Cuts the nodes into trees.
   *
   * @throws IllegalArgumentException if they are not {@code count} whole trees, or one is too deep
   *     or has a leaf that is not finite
   */
  List<Tree> trees(int count) {
    for (int t = 0; t < count; t++) {
      walk(t);
    }
    if (node != nodes.isSplit().items()) {
      throw new IllegalArgumentException(
          "its " + count + " trees end at node " + node + " of " + nodes.isSplit().items());
    }
    node = 0;
    split = 0;
    leaf = 0;
    List<Tree> trees = new ArrayList<>();
    Builder builder = new Builder();
    for (int t = 0; t < count; t++) {
      trees.add(builder.next());
    }
    return trees;
  }

  /** Goes to the end of a tree. */
  private void walk(int tree) {
    int opened = 0;
    int level = 0;
    for (boolean whole = false; !whole; node++) {
      if (node == nodes.isSplit().items()
          || (nodes.isSplit().get(node)
              ? split == nodes.splits()
              : leaf == nodes.leaves().limit() / Float.BYTES)) {
        throw new IllegalArgumentException("tree " + tree + " is not whole at node " + node);
      }
      if (nodes.isSplit().get(node)) {
        if (level == Tree.MAX_DEPTH) {
          throw new IllegalArgumentException(
              "tree " + tree + " is deeper than " + Tree.MAX_DEPTH + " at node " + node);
        }
        open[opened++] = ++level;
        split++;
      } else {
        float value = nodes.leaves().getFloat(Float.BYTES * leaf++);
        if (!Float.isFinite(value)) {
          throw new IllegalArgumentException("tree " + tree + " has a leaf of " + value);
        }
        whole = opened == 0;
        level = whole ? 0 : open[--opened];
      }
    }
  }

  /** Builds trees of nodes that are known to be whole ones. */
  private final class Builder {
    private final int[] columns = new int[MOST_NODES];
    private final float[] values = new float[MOST_NODES];
    private final boolean[] defaults = new boolean[MOST_NODES];

    Tree next() {
      int size = 0;
      // a split leaves one more node to come, a leaf one less
      for (int toCome = 1; toCome > 0; size++, node++) {
        if (nodes.isSplit().get(node)) {
          int column = nodes.column(split);
          columns[size] = column;
          values[size] = nodes.thresholds().get(column)[rank(column)];
          defaults[size] = nodes.missingLeft().get(split++);
          toCome++;
        } else {
          columns[size] = Tree.LEAF;
          defaults[size] = false;
          values[size] = nodes.leaves().getFloat(Float.BYTES * leaf++);
          toCome--;
        }
      }
      return Tree.of(
          Arrays.copyOf(columns, size), Arrays.copyOf(values, size), Arrays.copyOf(defaults, size));
    }

    private int rank(int column) {
      if (nodes.thresholds().get(column).length > 256) {
        ranked += 2;
        return nodes.ranks().getShort(ranked - 2) & 0xffff;
      }
      return nodes.ranks().get(ranked++) & 0xff;
    }
  }
}
