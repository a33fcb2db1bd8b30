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
  // one number after another, as many as a block ever had rows
  private int[] eachRow;
  // by plane and word
  private long[][] words = new long[1 << 6][];
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
    this.eachRow = new int[0];
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

  /** Returns by plane its words; good until the next block, and not to be written to. */
  long[][] words() {
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

  /**
   * Lays the planes of a column.
   *
   * @param ranks by run of rows: the rank of its rows
   * @param starts by run: its first row; behind the last run's, the number of rows
   * @param runs how many runs there are
   */
  void lay(int column, int[] ranks, int[] starts, int runs) {
    int thresholds = trees.thresholds(column);
    mark(column, ranks, runs);
    if (places[thresholds + 1] == 0) {
      layMarked(column, ranks, starts, runs, 0, 1);
      return;
    }
    int known = 0;
    while (known < runs && ranks[known] > thresholds) {
      known++;
    }
    if (known == runs) {
      settle(column, thresholds + 1);
    } else {
      // above all thresholds for tests that send missing values right, below all for the others
      lay(column, withMissing(thresholds, ranks, thresholds, runs), starts, runs, 0, 0);
      lay(column, withMissing(0, ranks, thresholds, runs), starts, runs, 1, 1);
    }
  }

  /**
   * Lays the planes of a column.
   *
   * @param ranks by row
   */
  void lay(int column, int[] ranks) {
    lay(column, ranks, eachRow(), rows);
  }

  /**
   * Lays the planes of a column by one set of ranks for the tests that send missing values right,
   * and by another for those that send them left. No rank may stand for a missing value.
   */
  void lay(int column, int[] missingRight, int[] missingLeft) {
    if (Arrays.equals(missingRight, 0, rows, missingLeft, 0, rows)) {
      lay(column, missingRight, eachRow(), rows, 0, 1);
    } else {
      lay(column, missingRight, eachRow(), rows, 0, 0);
      lay(column, missingLeft, eachRow(), rows, 1, 1);
    }
  }

  /** Returns runs of one row each. */
  private int[] eachRow() {
    if (eachRow.length <= rows) {
      eachRow = new int[rows + 1];
      Arrays.setAll(eachRow, row -> row);
    }
    return eachRow;
  }

  /** Returns the ranks with another for missing values. */
  private static int[] withMissing(int rank, int[] ranks, int thresholds, int runs) {
    int[] known = new int[runs];
    for (int run = 0; run < runs; run++) {
      known[run] = ranks[run] > thresholds ? rank : ranks[run];
    }
    return known;
  }

  /** Marks the ranks that rows have. */
  private void mark(int column, int[] ranks, int runs) {
    Arrays.fill(places, 0, trees.thresholds(column) + 2, 0);
    for (int run = 0; run < runs; run++) {
      places[ranks[run]] = 1;
    }
  }

  /** Lays the planes for the tests that send missing values one way, or both ways. */
  private void lay(int column, int[] ranks, int[] starts, int runs, int firstWay, int lastWay) {
    mark(column, ranks, runs);
    layMarked(column, ranks, starts, runs, firstWay, lastWay);
  }

  private void layMarked(
      int column, int[] ranks, int[] starts, int runs, int firstWay, int lastWay) {
    int distinct = number(column, firstWay, lastWay);
    reserve(used + distinct);
    for (int plane = used; plane < used + distinct; plane++) {
      Arrays.fill(words[plane], 0, stride, 0);
    }
    set(ranks, starts, runs);
    for (int plane = used + 1; plane < used + distinct - 1; plane++) {
      // a row that is not above a threshold is not above the next
      join(words[plane], words[plane - 1], stride);
    }
    used += distinct - 1;
  }

  /** Sets the bits of the rows in the planes of their ranks. */
  private void set(int[] ranks, int[] starts, int runs) {
    for (int run = 0; run < runs; run++) {
      long[] plane = words[used + places[ranks[run]]];
      int from = starts[run];
      int to = starts[run + 1];
      int word = from >> 6;
      int last = (to - 1) >> 6;
      if (word == last) {
        plane[word] |= (-1L >>> (from - to)) << from;
      } else {
        plane[word] |= -1L << from;
        for (word++; word < last; word++) {
          plane[word] = -1L;
        }
        plane[last] |= -1L >>> -to;
      }
    }
  }

  private static void join(long[] set, long[] more, int words) {
    for (int word = 0; word < words; word++) {
      set[word] |= more[word];
    }
  }

  /** Numbers the ranks that rows have and the planes between them; returns how many ranks. */
  private int number(int column, int firstWay, int lastWay) {
    int thresholds = trees.thresholds(column);
    int start = trees.start(column);
    int distinct = 0;
    int from = 0;
    for (int rank = 0; rank <= thresholds; rank++) {
      if (places[rank] != 0) {
        name(
            start + from,
            start + rank,
            distinct == 0 ? ALL_RIGHT : used + distinct - 1,
            firstWay,
            lastWay);
        from = rank;
        places[rank] = distinct++;
      }
    }
    name(start + from, start + thresholds, ALL_LEFT, firstWay, lastWay);
    return distinct;
  }

  /** Names the plane of some thresholds' tests. */
  private void name(int from, int to, int plane, int firstWay, int lastWay) {
    if (firstWay != lastWay) {
      Arrays.fill(planes, 2 * from, 2 * to, plane);
    } else {
      for (int threshold = from; threshold < to; threshold++) {
        planes[2 * threshold + firstWay] = plane;
      }
    }
  }

  private void reserve(int most) {
    if (most > words.length) {
      words = Arrays.copyOf(words, Math.max(most, 2 * words.length));
    }
    for (int plane = most - 1;
        plane >= 0 && (words[plane] == null || words[plane].length < stride);
        plane--) {
      words[plane] = new long[stride];
    }
  }
}
