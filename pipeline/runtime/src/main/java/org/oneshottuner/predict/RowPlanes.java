package org.oneshottuner.predict;

import java.util.Arrays;

/**
 * Scores rows of features by bit planes. Ranks are found by halving each column's thresholds for
 * many rows in turn, without a branch: a processor then works at several rows at once. Values that
 * many rows share, as those of one task's members share most, are ranked once. Not thread-safe.
 */
final class RowPlanes {
  /** Fewer rows are not worth the room that this takes. */
  private static final int LEAST_ROWS = 256;

  /** Ranking a row costs about as much as so many steps down trees. */
  private static final int LEAST_STEPS = 500;

  private static final int MOST_ROWS = 2048;

  /** Rows whose values lie in the first-level cache while their columns go by. */
  private static final int TILE = 64;

  /** Stands for the rank of rows that have several. */
  private static final int SEVERAL = -1;

  private final RankedTrees trees;
  private final int[] columns;
  private final int[] keys;
  private final int width;
  private final Outcomes outcomes;
  private final PlaneScorer planes;
  // by column and row
  private final int[][] ranks;
  // by column: the rank of all rows
  private final int[] only;

  /**
   * Makes room.
   *
   * @param width columns of a row
   * @param count how many rows are to be scored
   */
  RowPlanes(RankedTrees trees, int width, int count) {
    int block = Math.min(MOST_ROWS, count);
    this.trees = trees;
    this.columns = trees.columns();
    this.keys = trees.keys();
    this.width = width;
    this.outcomes = new Outcomes(trees);
    this.planes = new PlaneScorer(trees, block);
    this.ranks = new int[columns.length][block];
    this.only = new int[columns.length];
  }

  /**
   * Returns whether this is faster than {@link LevelwiseScorer}.
   *
   * @param steps that a row takes down all trees at most
   * @param count how many rows are to be scored
   */
  static boolean pays(int steps, int count) {
    return steps >= LEAST_STEPS && count >= LEAST_ROWS;
  }

  /** Scores rows, one after another, to the bits of {@link Ensemble#score(float[])}. */
  void score(float[] rows, int count, float base, float[] out) {
    for (int from = 0; from < count; from += MOST_ROWS) {
      int size = Math.min(MOST_ROWS, count - from);
      for (int tile = 0; tile < size; tile += TILE) {
        rank(rows, from + tile, tile, Math.min(TILE, size - tile));
      }
      outcomes.start(size);
      for (int column = 0; column < columns.length; column++) {
        if (only[column] == SEVERAL) {
          outcomes.lay(column, ranks[column]);
        } else {
          outcomes.settle(column, only[column]);
        }
      }
      System.arraycopy(planes.score(outcomes, size, base), 0, out, from, size);
    }
  }

  /** Ranks the values of some rows. */
  private void rank(float[] rows, int from, int to, int count) {
    for (int column = 0; column < columns.length; column++) {
      int first = from * width + columns[column];
      int rank = SEVERAL;
      if (alike(rows, first, count)) {
        rank = trees.rank(column, rows[first]);
        Arrays.fill(ranks[column], to, to + count, rank);
      } else {
        int start = trees.start(column);
        rank(rows, first, start, trees.thresholds(column), ranks[column], to, count);
      }
      only[column] = to == 0 || only[column] == rank ? rank : SEVERAL;
    }
  }

  /** Returns whether a column has one value in some rows, to the bit. */
  private boolean alike(float[] rows, int first, int count) {
    int bits = Float.floatToRawIntBits(rows[first]);
    for (int row = 1; row < count; row++) {
      if (Float.floatToRawIntBits(rows[first + row * width]) != bits) {
        return false;
      }
    }
    return true;
  }

  private void rank(
      float[] rows, int first, int start, int thresholds, int[] found, int to, int count) {
    for (int row = 0; row < count; row++) {
      float value = rows[first + row * width];
      long key = RankedTrees.key(value);
      int low = start;
      for (int rest = thresholds; rest > 0; ) {
        int half = (rest + 1) >>> 1;
        // all ones where the threshold is not above the value
        low += half & (int) ((keys[low + half - 1] - key - 1) >> (Long.SIZE - 1));
        rest -= half;
      }
      found[to + row] = Float.isNaN(value) ? thresholds + 1 : low - start;
    }
  }
}
