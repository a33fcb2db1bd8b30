package org.oneshottuner.export;

import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.space.SplitMix64;

/**
 * Draws rows that would tell two ensembles apart: thresholds hit exactly and missed by one bit,
 * values between them, missing values, infinities and both zeros. Each column's thresholds are hit
 * one after another, so that a few thousand rows hit them all.
 */
final class ProbeRows {
  private final float[][] thresholds;
  private final int[] turns;
  private final SplitMix64 draw;

  private ProbeRows(float[][] thresholds, SplitMix64 draw) {
    this.thresholds = thresholds;
    this.turns = new int[thresholds.length];
    this.draw = draw;
  }

  /**
   * Returns {@code count} rows, row-major; the first four are all missing, all infinite either way,
   * and all zero.
   */
  static float[] draw(Ensemble ensemble, int count, long seed) {
    ProbeRows probe = new ProbeRows(Thresholds.of(ensemble), new SplitMix64(seed));
    int columns = ensemble.columns();
    float[] rows = new float[Math.multiplyExact(count, columns)];
    float[] uniform = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -0.0f};
    for (int i = 0; i < count; i++) {
      for (int c = 0; c < columns; c++) {
        rows[i * columns + c] = i < uniform.length ? uniform[i] : probe.value(c);
      }
    }
    return rows;
  }

  private float value(int column) {
    float[] known = thresholds[column];
    int kind = (int) draw.nextLong(32);
    if (kind < 2) {
      return Float.NaN;
    }
    if (kind < 4) {
      return kind == 2 ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY;
    }
    if (kind < 6) {
      return kind == 4 ? 0.0f : -0.0f;
    }
    if (known.length == 0) {
      return (float) (draw.nextDouble() * 2 - 1);
    }
    float threshold = known[turns[column]++ % known.length];
    if (kind < 16) {
      return threshold;
    }
    if (kind < 20) {
      return Math.nextDown(threshold);
    }
    if (kind < 24) {
      return Math.nextUp(threshold);
    }
    float other = known[(int) draw.nextLong(known.length)];
    return (float) (threshold + draw.nextDouble() * ((double) other - threshold));
  }
}
