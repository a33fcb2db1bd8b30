package org.oneshottuner.predict;

import java.util.Arrays;

/**
 * Scores a block of rows whose tests' {@link Outcomes} are known: each tree is walked once, from
 * the top, with the set of rows that reach a node as a bit mask, and only where rows part. Every
 * parting on the way down is a bit of a leaf's code; the rows' codes are then read off, one bit
 * plane a depth. Not thread-safe.
 */
final class PlaneScorer {
  private static final int CODES = 1 << Tree.MAX_DEPTH;
  private static final int BYTE_BITS = 8;

  /** By byte: its bits, each in a byte of its own, the lowest first. */
  private static final long[] SPREAD = new long[1 << BYTE_BITS];

  static {
    for (int bits = 0; bits < SPREAD.length; bits++) {
      for (int bit = 0; bit < BYTE_BITS; bit++) {
        SPREAD[bits] |= (long) ((bits >> bit) & 1) << (bit * BYTE_BITS);
      }
    }
  }

  private final RankedTrees trees;
  private final long[] nodes;
  private final int capacity;
  // by partings above and word: the rows at a node, and those among all that went right at a depth
  private final long[] masks;
  private final long[] rights;
  // by eight rows: the low and the high bytes of their codes
  private final long[] codes;
  private final long[] highCodes;
  private final float[] leaves = new float[CODES];
  private final float[] sums;
  // of the block at work
  private int words;
  private int depths;
  private int[] tests = {};
  private long[] planes = {};

  /**
   * Makes room.
   *
   * @param rows the most rows in a block
   */
  PlaneScorer(RankedTrees trees, int rows) {
    this.trees = trees;
    this.nodes = trees.nodes();
    this.capacity = (rows + Long.SIZE - 1) / Long.SIZE;
    this.masks = new long[(Tree.MAX_DEPTH + 1) * capacity];
    this.rights = new long[Tree.MAX_DEPTH * capacity];
    this.codes = new long[capacity * BYTE_BITS];
    this.highCodes = new long[capacity * BYTE_BITS];
    this.sums = new float[capacity * Long.SIZE];
  }

  /**
   * Scores the rows of a block.
   *
   * @param base where the sums start
   * @return the scores, good until the next block; what follows the last row's has no meaning
   */
  float[] score(Outcomes outcomes, int count, float base) {
    words = outcomes.stride();
    tests = outcomes.planes();
    planes = outcomes.words();
    Arrays.fill(sums, 0, words * Long.SIZE, base);
    for (int tree = 0; tree < trees.trees(); tree++) {
      Arrays.fill(masks, 0, words, -1L);
      masks[words - 1] = -1L >>> -count;
      depths = 0;
      walk(trees.root(tree), 0, 0, 0);
      if (depths == 0) {
        addToAll(leaves[0]);
      } else if (depths <= BYTE_BITS) {
        spread(0, depths, codes);
        addLeaves();
      } else {
        spread(0, BYTE_BITS, codes);
        spread(BYTE_BITS, depths, highCodes);
        addDeepLeaves();
      }
    }
    return sums;
  }

  /**
   * Finds the leaves below a node.
   *
   * @param start the node
   * @param level where the mask of its rows is
   * @param above the number of partings above it
   * @param path a bit for each of them, set where the way went right
   */
  private void walk(int start, int level, int above, int path) {
    int node = start;
    int depth = above;
    int code = path;
    while (true) {
      long packed = nodes[node];
      int test = (int) (packed >> Integer.SIZE);
      if (test < 0) {
        leaves[code] = Float.intBitsToFloat((int) packed);
        return;
      }
      int plane = tests[test];
      int sides =
          plane == Outcomes.ALL_LEFT ? 1 : plane == Outcomes.ALL_RIGHT ? 2 : part(level, plane);
      if (sides == 1) {
        node++;
      } else {
        if (sides == 3) {
          open(depth);
          walk(node + 1, level + 1, depth + 1, code);
          goRight(level, plane, depth);
          code |= 1 << depth++;
        }
        node = (int) packed;
      }
    }
  }

  /**
   * Puts the rows that go left where the next level's are.
   *
   * @return 1 if all go left, 2 if all go right, 3 if they part
   */
  private int part(int level, int plane) {
    int at = level * capacity;
    int to = at + capacity;
    int from = plane * words;
    long left = 0;
    long right = 0;
    for (int word = 0; word < words; word++) {
      long rows = masks[at + word];
      long bits = rows & planes[from + word];
      masks[to + word] = bits;
      left |= bits;
      right |= rows ^ bits;
    }
    return (left == 0 ? 0 : 1) + (right == 0 ? 0 : 2);
  }

  /** Clears the bits of a depth if this tree's rows have not parted there before. */
  private void open(int depth) {
    if (depth == depths) {
      Arrays.fill(rights, depth * capacity, depth * capacity + words, 0);
      depths++;
    }
  }

  /** Keeps the rows that go right, and notes that they do. */
  private void goRight(int level, int plane, int depth) {
    int at = level * capacity;
    int from = plane * words;
    int to = depth * capacity;
    for (int word = 0; word < words; word++) {
      long bits = masks[at + word] & ~planes[from + word];
      masks[at + word] = bits;
      rights[to + word] |= bits;
    }
  }

  /** Gathers the rows' codes from the planes of some depths, at most eight. */
  private void spread(int first, int end, long[] to) {
    gather(first * capacity, 0, to);
    for (int depth = first + 1; depth < end; depth++) {
      gatherMore(depth * capacity, depth - first, to);
    }
  }

  private void gather(int from, int bit, long[] to) {
    for (int word = 0; word < words; word++) {
      long bits = rights[from + word];
      int at = word * BYTE_BITS;
      for (int part = 0; part < BYTE_BITS; part++) {
        to[at + part] = SPREAD[(int) (bits >>> (part * BYTE_BITS)) & 0xff] << bit;
      }
    }
  }

  private void gatherMore(int from, int bit, long[] to) {
    for (int word = 0; word < words; word++) {
      long bits = rights[from + word];
      int at = word * BYTE_BITS;
      for (int part = 0; part < BYTE_BITS; part++) {
        to[at + part] |= SPREAD[(int) (bits >>> (part * BYTE_BITS)) & 0xff] << bit;
      }
    }
  }

  private void addToAll(float leaf) {
    for (int row = 0; row < words * Long.SIZE; row++) {
      sums[row] += leaf;
    }
  }

  private void addLeaves() {
    for (int part = 0; part < words * BYTE_BITS; part++) {
      long code = codes[part];
      int row = part * BYTE_BITS;
      sums[row] += leaves[(int) code & 0xff];
      sums[row + 1] += leaves[(int) (code >>> 8) & 0xff];
      sums[row + 2] += leaves[(int) (code >>> 16) & 0xff];
      sums[row + 3] += leaves[(int) (code >>> 24) & 0xff];
      sums[row + 4] += leaves[(int) (code >>> 32) & 0xff];
      sums[row + 5] += leaves[(int) (code >>> 40) & 0xff];
      sums[row + 6] += leaves[(int) (code >>> 48) & 0xff];
      sums[row + 7] += leaves[(int) (code >>> 56)];
    }
  }

  private void addDeepLeaves() {
    for (int row = 0; row < words * Long.SIZE; row++) {
      int shift = row % BYTE_BITS * BYTE_BITS;
      int low = (int) (codes[row / BYTE_BITS] >>> shift) & 0xff;
      int high = (int) (highCodes[row / BYTE_BITS] >>> shift) & 0xff;
      sums[row] += leaves[(high << BYTE_BITS) | low];
    }
  }
}
