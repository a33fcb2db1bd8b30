package org.oneshottuner.predict;

import java.util.Arrays;

/**
 * Bounds the scores of all members of many boxes at once. Each tree is walked once, with the set of
 * boxes as a bit mask that have a member which may reach a node; of each box, the largest leaf that
 * may be reached is added up in tree order.
 *
 * <p>The sums are bounds without any allowance for rounding: adding is monotone in both terms, in
 * {@code float} as in real numbers, so that a sum of larger terms in the same order is never
 * rounded below one of smaller terms. Not thread-safe.
 */
final class BoundScorer {
  private final RankedTrees trees;
  private final long[] nodes;
  // by splits above and word: the boxes that may reach a node
  private final long[][] masks;
  // by word: the boxes that may go both ways at some split
  private final long[] parted;
  // by word: the boxes that may go right at the node at work
  private final long[] rights;
  // by box: the largest leaf of the tree at work, and the sum over all so far
  private final float[] largest;
  private final float[] upper;
  // of the boxes at work
  private int words;
  private int[] leastTests = {};
  private int[] mostTests = {};
  private long[][] leastPlanes = {};
  private long[][] mostPlanes = {};

  /**
   * Makes room.
   *
   * @param boxes the most at once
   */
  BoundScorer(RankedTrees trees, int boxes) {
    this.trees = trees;
    this.nodes = trees.nodes();
    int capacity = (boxes + Long.SIZE - 1) / Long.SIZE;
    this.masks = new long[Tree.MAX_DEPTH + 1][capacity];
    this.parted = new long[capacity];
    this.rights = new long[capacity];
    this.largest = new float[capacity * Long.SIZE];
    this.upper = new float[capacity * Long.SIZE];
  }

  /**
   * Bounds the scores of some boxes.
   *
   * @param least how the tests turn out for the least rank that each column has in a box: a box
   *     that goes left here may go left
   * @param most how they turn out for the largest rank: a box that goes right here may go right
   * @param count how many boxes
   * @param base where the sums start
   */
  void score(Outcomes least, Outcomes most, int count, float base) {
    words = least.stride();
    leastTests = least.planes();
    mostTests = most.planes();
    leastPlanes = least.words();
    mostPlanes = most.words();
    Arrays.fill(parted, 0, words, 0);
    Arrays.fill(upper, 0, count, base);
    for (int tree = 0; tree < trees.trees(); tree++) {
      Arrays.fill(masks[0], 0, words, -1L);
      masks[0][words - 1] = -1L >>> -count;
      Arrays.fill(largest, 0, count, Float.NEGATIVE_INFINITY);
      walk(trees.root(tree), 0);
      for (int box = 0; box < count; box++) {
        upper[box] += largest[box];
      }
    }
  }

  /** Returns what no member of a box scores more than. */
  float upper(int box) {
    return upper[box];
  }

  /** Returns whether all members of a box are known to reach the same leaves, so to score alike. */
  boolean alike(int box) {
    return (parted[box / Long.SIZE] >>> box & 1) == 0;
  }

  /**
   * Finds the leaves below a node that boxes may reach.
   *
   * @param start the node
   * @param level where the mask of its boxes is
   */
  private void walk(int start, int level) {
    int node = start;
    while (true) {
      long packed = nodes[node];
      int test = (int) (packed >> Integer.SIZE);
      if (test < 0) {
        reach(level, Float.intBitsToFloat((int) packed));
        return;
      }
      int left = leastTests[test];
      int right = mostTests[test];
      if (left == Outcomes.ALL_RIGHT || !someLeft(level, left)) {
        node = (int) packed;
      } else if (right == Outcomes.ALL_LEFT || !someRight(level, right)) {
        node++;
      } else {
        walk(node + 1, level + 1);
        keepRight(level, right);
        node = (int) packed;
      }
    }
  }

  /** Puts the boxes that may go left where the next level's are; returns whether there is one. */
  private boolean someLeft(int level, int plane) {
    if (plane == Outcomes.ALL_LEFT) {
      System.arraycopy(masks[level], 0, masks[level + 1], 0, words);
      return true;
    }
    long[] boxes = masks[level];
    long[] left = leastPlanes[plane];
    long[] lefts = masks[level + 1];
    for (int word = 0; word < words; word++) {
      lefts[word] = boxes[word] & left[word];
    }
    return !PlaneScorer.isEmpty(lefts, words);
  }

  /** Returns whether a box may go right, and notes those that may go left too. */
  private boolean someRight(int level, int plane) {
    long[] lefts = masks[level + 1];
    if (plane == Outcomes.ALL_RIGHT) {
      for (int word = 0; word < words; word++) {
        parted[word] |= lefts[word];
      }
      return true;
    }
    long[] boxes = masks[level];
    long[] surelyLeft = mostPlanes[plane];
    for (int word = 0; word < words; word++) {
      rights[word] = boxes[word] & ~surelyLeft[word];
    }
    for (int word = 0; word < words; word++) {
      parted[word] |= rights[word] & lefts[word];
    }
    return !PlaneScorer.isEmpty(rights, words);
  }

  private void keepRight(int level, int plane) {
    if (plane != Outcomes.ALL_RIGHT) {
      long[] boxes = masks[level];
      long[] surelyLeft = mostPlanes[plane];
      for (int word = 0; word < words; word++) {
        boxes[word] &= ~surelyLeft[word];
      }
    }
  }

  private void reach(int level, float leaf) {
    for (int word = 0; word < words; word++) {
      long bits = masks[level][word];
      while (bits != 0) {
        int box = word * Long.SIZE + Long.numberOfTrailingZeros(bits);
        // no branch, which would be taken at random
        largest[box] = Math.max(largest[box], leaf);
        bits &= bits - 1;
      }
    }
  }
}
