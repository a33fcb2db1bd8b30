package org.oneshottuner.predict;

import java.util.Arrays;

/**
 * How the tests of an ensemble turn out for a block of rows: for all alike, or by a bit plane that
 * has a one for each row that goes left. Row {@code r} is bit {@code r % 64} of the plane's word
 * {@code r / 64}. Not thread-safe.
 */
final class Outcomes {
  /** Stands for a plane where all rows go left. */
  static final int ALL_LEFT = -1;

  /** Stands for a plane where all rows go right. */
  static final int ALL_RIGHT = -2;

  private final RankedTrees trees;
  // by test
  private final int[] planes;
  // by rank: whether a row has it, then the place among those that rows have
  private final int[] places;
  private long[] words = new long[1 << 12];
  private int rows;
  private int stride;
  private int used;

  Outcomes(RankedTrees trees) {
    this.trees = trees;
    int columns = trees.columns().length;
    this.planes = new int[2 * trees.start(columns)];
    int most = 0;
    for (int place = 0; place < columns; place++) {
      most = Math.max(most, trees.thresholds(place));
    }
    this.places = new int[most + 1];
  }

  /** Starts another block of rows; what was settled for all rows alike stays so. */
  void start(int count) {
    rows = count;
    stride = (count + Long.SIZE - 1) / Long.SIZE;
    used = 0;
  }

  /**
   * Returns by test the number of its plane, or {@link #ALL_LEFT} or {@link #ALL_RIGHT}; not to be
   * written to.
   */
  int[] planes() {
    return planes;
  }

  /** Returns the planes' words, one plane after another; good until the next plane is laid. */
  long[] words() {
    return words;
  }

  /** Returns how many words a plane has. */
  int stride() {
    return stride;
  }

  /** Settles the tests of a column for rows that all have one rank. */
  void settle(int column, int rank) {
    int first = 2 * trees.start(column);
    int end = 2 * trees.start(column + 1);
    if (rank > trees.thresholds(column)) {
      for (int test = first; test < end; test += 2) {
        planes[test] = ALL_RIGHT;
        planes[test + 1] = ALL_LEFT;
      }
    } else {
      Arrays.fill(planes, first, first + 2 * rank, ALL_RIGHT);
      Arrays.fill(planes, first + 2 * rank, end, ALL_LEFT);
    }
  }

  /** Lays the planes of a column by the ranks of the rows. */
  void lay(int column, int[] ranks) {
    int thresholds = trees.thresholds(column);
    int missing = 0;
    for (int row = 0; row < rows; row++) {
      missing += ranks[row] > thresholds ? 1 : 0;
    }
    if (missing == 0) {
      lay(column, ranks, 0, 1);
    } else if (missing == rows) {
      settle(column, thresholds + 1);
    } else {
      // above all thresholds for tests that send missing values right, below all for the others
      lay(column, withMissing(thresholds, ranks, thresholds), 0, 0);
      lay(column, withMissing(0, ranks, thresholds), 1, 1);
    }
  }

  /**
   * Lays the planes of a column by one set of ranks for the tests that send missing values right,
   * and by another for those that send them left. No rank may stand for a missing value.
   */
  void lay(int column, int[] missingRight, int[] missingLeft) {
    if (Arrays.equals(missingRight, 0, rows, missingLeft, 0, rows)) {
      lay(column, missingRight, 0, 1);
    } else {
      lay(column, missingRight, 0, 0);
      lay(column, missingLeft, 1, 1);
    }
  }

  /** Returns the ranks with another for missing values. */
  private int[] withMissing(int rank, int[] ranks, int thresholds) {
    int[] known = new int[rows];
    for (int row = 0; row < rows; row++) {
      known[row] = ranks[row] > thresholds ? rank : ranks[row];
    }
    return known;
  }

  /** Lays the planes for the tests that send missing values one way, or both ways. */
  private void lay(int column, int[] ranks, int firstWay, int lastWay) {
    Arrays.fill(places, 0, trees.thresholds(column) + 1, 0);
    for (int row = 0; row < rows; row++) {
      places[ranks[row]] = 1;
    }
    int distinct = number(column, firstWay, lastWay);
    reserve(distinct);
    int base = used * stride;
    Arrays.fill(words, base, base + distinct * stride, 0);
    for (int row = 0; row < rows; row++) {
      words[base + places[ranks[row]] * stride + (row >> 6)] |= 1L << row;
    }
    // a row that is not above a threshold is not above the next
    for (int word = base + stride; word < base + (distinct - 1) * stride; word++) {
      words[word] |= words[word - stride];
    }
    used += distinct - 1;
  }

  /** Numbers the ranks that rows have and the planes between them; returns how many ranks. */
  private int number(int column, int firstWay, int lastWay) {
    int thresholds = trees.thresholds(column);
    int first = 2 * trees.start(column);
    int distinct = 0;
    for (int rank = 0; rank <= thresholds; rank++) {
      if (places[rank] != 0) {
        places[rank] = distinct++;
      }
      if (rank < thresholds) {
        int plane = distinct == 0 ? ALL_RIGHT : used + distinct - 1;
        planes[first + 2 * rank + firstWay] = plane;
        planes[first + 2 * rank + lastWay] = plane;
      }
    }
    int last = used + distinct - 1;
    for (int rank = thresholds - 1;
        rank >= 0 && planes[first + 2 * rank + firstWay] == last;
        rank--) {
      planes[first + 2 * rank + firstWay] = ALL_LEFT;
      planes[first + 2 * rank + lastWay] = ALL_LEFT;
    }
    return distinct;
  }

  private void reserve(int distinct) {
    int most = (used + distinct) * stride;
    if (most > words.length) {
      words = Arrays.copyOf(words, Math.max(most, 2 * words.length));
    }
  }
}
