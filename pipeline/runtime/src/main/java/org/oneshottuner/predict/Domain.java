package org.oneshottuner.predict;

import java.util.ArrayList;
import java.util.List;

/**
 * The tasks that a predictor has learnt from, as ranges of the columns that read the task alone:
 * its kind, its sizes, its target. Trees do not extrapolate: of a task beyond, their scores are
 * those of the nearest edge. Immutable.
 *
 * @param ranges of the columns that have one, in order of column
 */
public record Domain(List<Range> ranges) {
  /** Of a model that does not say what it has learnt from. */
  public static final Domain ANYTHING = new Domain(List.of());

  /** A value may be beyond a range by this share of its width. */
  private static final double SLACK = 0.1;

  /**
   * What a column's values were.
   *
   * @param column its place in the feature schema
   * @param least of them, finite
   * @param most of them, finite, not less than {@code least}
   */
  public record Range(int column, float least, float most) {
    /** Checks the order. */
    public Range {
      if (column < 0 || !Float.isFinite(least) || !Float.isFinite(most) || least > most) {
        throw new IllegalArgumentException(
            "Cannot have learnt from " + least + " to " + most + " of column " + column);
      }
    }

    boolean holds(float value) {
      double slack = SLACK * ((double) most - least);
      return Float.isNaN(value) || (value >= least - slack && value <= most + slack);
    }
  }

  /** Copies the list, and checks the order. */
  public Domain {
    ranges = List.copyOf(ranges);
    for (int i = 1; i < ranges.size(); i++) {
      if (ranges.get(i).column() <= ranges.get(i - 1).column()) {
        throw new IllegalArgumentException(
            "Cannot have learnt from column "
                + ranges.get(i).column()
                + " after column "
                + ranges.get(i - 1).column()
                + ": expected them in order");
      }
    }
  }

  /**
   * Returns the ranges of rows.
   *
   * @param rows one a task; a column that is NaN in any has no range
   */
  public static Domain of(List<float[]> rows) {
    List<Range> ranges = new ArrayList<>();
    int columns = rows.isEmpty() ? 0 : rows.get(0).length;
    for (int column = 0; column < columns; column++) {
      float least = Float.POSITIVE_INFINITY;
      float most = Float.NEGATIVE_INFINITY;
      for (float[] row : rows) {
        // NaN is the least and the most that there is
        least = Math.min(least, row[column]);
        most = Math.max(most, row[column]);
      }
      if (Float.isFinite(least) && Float.isFinite(most)) {
        ranges.add(new Range(column, least, most));
      }
    }
    return new Domain(ranges);
  }

  /** Returns the columns of a task's row whose values are beyond all that was learnt from. */
  public List<Integer> beyond(float[] row) {
    return ranges.stream()
        .filter(range -> !range.holds(row[range.column()]))
        .map(Range::column)
        .toList();
  }
}
