package org.oneshottuner.predict;

import java.util.Arrays;

/**
 * Scores a block of rows whose tests' {@link Outcomes} are known: each tree is walked once, from
 * the top, with the set of rows that reach a node as a bit mask, and only where rows part. Every
 * parting on the way down is a bit of a leaf's code; the rows' codes are then read off, one bit
 * plane a depth. Not thread-safe.
 *
 * <p>Loops over words are few instructions long and read all their arrays at the loop's own index:
 * Java 17 makes no vectors of longer ones, nor of those that read at offsets, which then take three
 * to five times as long. None of them gathers a result over its turns: where Java 17.0.15 made
 * vectors of one that did, its compiler crashed now and then.
 */
final class PlaneScorer {
  private static final int CODES = 1 << Tree.MAX_DEPTH;
  private static final int BYTE_BITS = 8;

  /** Words that are looked at before it is known whether any bit is set. */
  private static final int AT_ONCE = 8;

  /** Depths whose bits are gathered at once. */
  private static final int DEPTHS_AT_ONCE = 4;

  private final RankedTrees trees;
  private final long[] nodes;
  // by level and word: the rows at a node
  private final long[][] masks;
  // by depth and word: the rows that went right there
  private final long[][] rights;
  // by byte of a word and word: the low and the high bytes of the codes of the byte's eight rows
  private final long[][] codes;
  private final long[][] highCodes;
  private final float[] leaves = new float[CODES];
  private final float[] sums;
  // of the block at work
  private int[] tests = {};
  private long[][] planes = {};
  private int words;
  private int depths;

  /**
   * Makes room.
   *
   * @param rows the most rows in a block
   */
  PlaneScorer(RankedTrees trees, int rows) {
    this.trees = trees;
    this.nodes = trees.nodes();
    int capacity = (rows + Long.SIZE - 1) / Long.SIZE;
    this.masks = new long[Tree.MAX_DEPTH + 2][capacity];
    this.rights = new long[Tree.MAX_DEPTH + DEPTHS_AT_ONCE][capacity];
    this.codes = new long[BYTE_BITS][capacity];
    this.highCodes = new long[BYTE_BITS][capacity];
    this.sums = new float[capacity * Long.SIZE];
  }

  /**
   * Scores the rows of a block.
   *
   * @param outcomes of the rows
   * @param count how many rows
   * @param base where the sums start
   * @return the scores, good until the next block; what follows the last row's has no meaning
   */
  float[] score(Outcomes outcomes, int count, float base) {
    words = outcomes.stride();
    tests = outcomes.planes();
    planes = outcomes.words();
    Arrays.fill(sums, 0, words * Long.SIZE, base);
    for (int tree = 0; tree < trees.trees(); tree++) {
      Arrays.fill(masks[0], 0, words, -1L);
      masks[0][words - 1] = -1L >>> -count;
      depths = 0;
      walk(trees.root(tree), 0, 0, 0);
      if (depths == 0) {
        addToAll(leaves[0]);
      } else if (depths <= BYTE_BITS) {
        gather(0, depths, codes);
        addLeaves();
      } else {
        gather(0, BYTE_BITS, codes);
        gather(BYTE_BITS, depths, highCodes);
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
    int rows = level;
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
      if (plane == Outcomes.ALL_LEFT) {
        node++;
      } else if (plane == Outcomes.ALL_RIGHT) {
        node = (int) packed;
      } else {
        part(masks[rows], planes[plane], masks[rows + 1], words);
        if (isEmpty(masks[rows], words)) {
          rows++;
          node++;
        } else {
          if (!isEmpty(masks[rows + 1], words)) {
            open(depth);
            walk(node + 1, rows + 1, depth + 1, code);
            join(rights[depth], masks[rows], words);
            code |= 1 << depth++;
          }
          node = (int) packed;
        }
      }
    }
  }

  /** Leaves those of some rows that go right, and writes which go left. */
  private static void part(long[] rows, long[] plane, long[] lefts, int words) {
    for (int word = 0; word < words; word++) {
      long all = rows[word];
      long left = all & plane[word];
      lefts[word] = left;
      rows[word] = all ^ left;
    }
  }

  /** Returns whether no bit is set in some words; looks at eight at a time. */
  static boolean isEmpty(long[] set, int words) {
    int word = 0;
    for (; word + AT_ONCE <= words; word += AT_ONCE) {
      long some = set[word] | set[word + 1] | set[word + 2] | set[word + 3];
      long more = set[word + 4] | set[word + 5] | set[word + 6] | set[word + 7];
      if ((some | more) != 0) {
        return false;
      }
    }
    for (; word < words; word++) {
      if (set[word] != 0) {
        return false;
      }
    }
    return true;
  }

  private static void join(long[] set, long[] more, int words) {
    for (int word = 0; word < words; word++) {
      set[word] |= more[word];
    }
  }

  /** Clears the bits of a depth if this tree's rows have not parted there before. */
  private void open(int depth) {
    if (depth == depths) {
      Arrays.fill(rights[depth], 0, words, 0);
      depths++;
    }
  }

  /** Gathers the rows' codes from the planes of some depths, at most eight. */
  private void gather(int first, int end, long[][] to) {
    for (int depth = end; (depth - first) % DEPTHS_AT_ONCE != 0; depth++) {
      Arrays.fill(rights[depth], 0, words, 0);
    }
    for (int part = 0; part < BYTE_BITS; part++) {
      gather(first, part * BYTE_BITS, to[part]);
      if (end - first > DEPTHS_AT_ONCE) {
        gatherMore(first + DEPTHS_AT_ONCE, part * BYTE_BITS, to[part]);
      }
      transpose(to[part], words);
    }
  }

  /** Puts a byte of each of four depths side by side. */
  private void gather(int depth, int shift, long[] to) {
    long[] a = rights[depth];
    long[] b = rights[depth + 1];
    long[] c = rights[depth + 2];
    long[] d = rights[depth + 3];
    for (int word = 0; word < words; word++) {
      to[word] =
          ((a[word] >>> shift) & 0xff)
              | (((b[word] >>> shift) & 0xff) << 8)
              | (((c[word] >>> shift) & 0xff) << 16)
              | (((d[word] >>> shift) & 0xff) << 24);
    }
  }

  /** Puts a byte of each of four more depths above. */
  private void gatherMore(int depth, int shift, long[] to) {
    long[] a = rights[depth];
    long[] b = rights[depth + 1];
    long[] c = rights[depth + 2];
    long[] d = rights[depth + 3];
    for (int word = 0; word < words; word++) {
      to[word] |=
          (((a[word] >>> shift) & 0xff) << 32)
              | (((b[word] >>> shift) & 0xff) << 40)
              | (((c[word] >>> shift) & 0xff) << 48)
              | ((d[word] >>> shift) << 56);
    }
  }

  /**
   * Exchanges rows and columns of eight by eight bits, a byte a row: the bits of one row of the
   * block, one of each depth, become a byte (Hacker's Delight, second edition, section 7-3).
   */
  private static void transpose(long[] squares, int words) {
    for (int word = 0; word < words; word++) {
      long x = squares[word];
      long t = (x ^ (x >>> 7)) & 0x00AA00AA00AA00AAL;
      x = x ^ t ^ (t << 7);
      t = (x ^ (x >>> 14)) & 0x0000CCCC0000CCCCL;
      x = x ^ t ^ (t << 14);
      t = (x ^ (x >>> 28)) & 0x00000000F0F0F0F0L;
      squares[word] = x ^ t ^ (t << 28);
    }
  }

  private void addToAll(float leaf) {
    for (int row = 0; row < words * Long.SIZE; row++) {
      sums[row] += leaf;
    }
  }

  private void addLeaves() {
    for (int part = 0; part < BYTE_BITS; part++) {
      addLeaves(codes[part], part * BYTE_BITS);
    }
  }

  private void addLeaves(long[] of, int first) {
    for (int word = 0; word < words; word++) {
      long code = of[word];
      int row = word * Long.SIZE + first;
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
      int part = row / BYTE_BITS % BYTE_BITS;
      int word = row / Long.SIZE;
      int shift = row % BYTE_BITS * BYTE_BITS;
      int low = (int) (codes[part][word] >>> shift) & 0xff;
      int high = (int) (highCodes[part][word] >>> shift) & 0xff;
      sums[row] += leaves[(high << BYTE_BITS) | low];
    }
  }
}
