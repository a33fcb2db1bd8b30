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
    this.places = new int[most + 2];
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
    Arrays.fill(places, 0, thresholds + 2, 0);
    for (int row = 0; row < rows; row++) {
      places[ranks[row]] = 1;
    }
    if (places[thresholds + 1] == 0) {
      lay(column, ranks, 0, 1);
      return;
    }
    // missing values are above all thresholds for tests that send them right, else below all
    int[] known = ranks.clone();
    for (int row = 0; row < rows; row++) {
      known[row] = ranks[row] > thresholds ? thresholds : ranks[row];
    }
    present(known, thresholds);
    lay(column, known, 0, 0);
    for (int row = 0; row < rows; row++) {
      known[row] = ranks[row] > thresholds ? 0 : ranks[row];
    }
    present(known, thresholds);
    lay(column, known, 1, 1);
  }

  private void present(int[] ranks, int thresholds) {
    Arrays.fill(places, 0, thresholds + 2, 0);
    for (int row = 0; row < rows; row++) {
      places[ranks[row]] = 1;
    }
  }

  /** Lays the planes for the tests that send missing values one way, or both ways. */
  private void lay(int column, int[] ranks, int firstWay, int lastWay) {
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
