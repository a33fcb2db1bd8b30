package org.oneshottuner.predict;

/**
 * Tells which candidates of one task run faster, from their features alone.
 *
 * <p>Scores of different tasks are not comparable. A predictor is immutable, may be shared between
 * threads, and returns the same bits on every machine.
 */
public interface Predictor {

  /** Returns the id of the feature schema whose rows it reads. */
  String schemaId();

  /** Returns how many columns a row has. */
  int columns();

  /**
   * Scores one candidate.
   *
   * @param features one value a column, in the schema's order; NaN means missing
   * @return larger is faster
   * @throws IllegalArgumentException if the row has another number of columns
   */
  float score(float[] features);

  /**
   * Scores many candidates, each to the same bits as {@link #score(float[])} would.
   *
   * @param rows row-major, {@link #columns()} values a row
   * @param count how many rows to score, from the first on
   * @param out receives the scores, one a row, from its start on
   * @throws IllegalArgumentException if {@code rows} or {@code out} is too short for {@code count}
   */
  void score(float[] rows, int count, float[] out);
}
