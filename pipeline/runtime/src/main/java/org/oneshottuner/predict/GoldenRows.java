package org.oneshottuner.predict;

import java.util.Arrays;

/**
 * Feature rows together with the scores that the trained model gave them, bit by bit. A model that
 * scores them otherwise is not the model that was trained, or not on a machine that can run it.
 * Immutable.
 */
public final class GoldenRows {
  private final int columns;
  private final float[] rows;
  private final float[] scores;

  private GoldenRows(int columns, float[] rows, float[] scores) {
    this.columns = columns;
    this.rows = rows;
    this.scores = scores;
  }

  /**
   * Returns these rows. The arrays are copied.
   *
   * @param columns how many columns a row has
   * @param rows row-major; NaN means missing
   * @param scores one a row
   * @throws IllegalArgumentException if there is no row, or {@code rows} is not one row a score
   */
  public static GoldenRows of(int columns, float[] rows, float[] scores) {
    if (scores.length == 0 || (long) scores.length * columns != rows.length) {
      throw new IllegalArgumentException(
          "Cannot keep golden rows: "
              + rows.length
              + " values are not "
              + scores.length
              + " rows of "
              + columns
              + " columns");
    }
    return new GoldenRows(columns, rows.clone(), scores.clone());
  }

  /** Returns how many rows there are; at least one. */
  public int count() {
    return scores.length;
  }

  /** Returns a copy of a row. */
  public float[] row(int index) {
    return Arrays.copyOfRange(rows, index * columns, (index + 1) * columns);
  }

  /** Returns the score that a row must get. */
  public float score(int index) {
    return scores[index];
  }

  /**
   * Returns the number of the first row that a predictor scores otherwise, one by one or in bulk,
   * or {@link #count()} if there is none.
   */
  public int firstDifference(Predictor predictor) {
    float[] bulk = new float[scores.length];
    predictor.score(rows, scores.length, bulk);
    for (int i = 0; i < scores.length; i++) {
      int expected = Float.floatToRawIntBits(scores[i]);
      if (Float.floatToRawIntBits(bulk[i]) != expected
          || Float.floatToRawIntBits(predictor.score(row(i))) != expected) {
        return i;
      }
    }
    return scores.length;
  }
}
