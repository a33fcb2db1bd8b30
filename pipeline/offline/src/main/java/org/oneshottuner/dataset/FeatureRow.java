package org.oneshottuner.dataset;

import java.util.Arrays;

/**
 * One value a column of a feature schema. Immutable; equal iff every value has the same bits, NaN
 * being NaN.
 */
public final class FeatureRow {
  private final float[] values;

  private FeatureRow(float[] values) {
    this.values = values;
  }

  /** Returns the row with these values, which are copied. */
  public static FeatureRow of(float... values) {
    return new FeatureRow(values.clone());
  }

  /** Returns how many columns it has. */
  public int columns() {
    return values.length;
  }

  /** Returns the value of a column; NaN for missing. */
  public float value(int column) {
    return values[column];
  }

  /** Copies the values into {@code row}, from {@code offset} on. */
  public void copyTo(float[] row, int offset) {
    System.arraycopy(values, 0, row, offset, values.length);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FeatureRow row && Arrays.equals(values, row.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return Arrays.toString(values);
  }
}
