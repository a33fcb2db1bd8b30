package org.oneshottuner.export;

import java.io.IOException;
import java.util.Arrays;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.predict.GoldenRows;
import org.oneshottuner.predict.Release;
import org.oneshottuner.space.Seeds;

/**
 * Turns a trained booster into a frozen model, and refuses if the two do not score alike to the
 * last bit.
 *
 * <p>Freezing is deterministic: the same booster and provenance make the same model.
 */
public final class Freezer {
  /** How many rows every frozen ensemble is compared with its booster on. */
  public static final int PROBES = 8192;

  /** How many rows travel with the model. */
  public static final int GOLDEN_ROWS = 24;

  private static final long SEED = 1;

  private Freezer() {}

  /**
   * Freezes a booster.
   *
   * @param booster a model as XGBoost saves it, JSON or UBJ
   * @throws IllegalArgumentException if XGBoost cannot load it, or the frozen form cannot hold it
   * @throws ParityException if the frozen ensemble scores a row otherwise
   */
  public static FrozenModel freeze(byte[] booster, Provenance provenance) {
    Booster loaded = load(booster);
    try {
      return freeze(loaded, provenance);
    } finally {
      loaded.dispose();
    }
  }

  /** As {@link #freeze(byte[], Provenance)}, of a booster in memory, which is left as it is. */
  public static FrozenModel freeze(Booster booster, Provenance provenance) {
    String schemaId = provenance.compatibility().schemaId();
    Ensemble ensemble = ensemble(booster, schemaId);
    int columns = provenance.compatibility().columns().size();
    if (ensemble.columns() != columns) {
      throw new IllegalArgumentException(
          "Cannot freeze a booster over "
              + ensemble.columns()
              + " columns: schema "
              + schemaId
              + " has "
              + columns);
    }
    float[] probes = ProbeRows.draw(ensemble, PROBES, Seeds.derive(SEED, schemaId, "probe rows"));
    float[] scores = verify(ensemble, booster, probes);
    GoldenRows golden =
        GoldenRows.of(
            columns,
            Arrays.copyOf(probes, GOLDEN_ROWS * columns),
            Arrays.copyOf(scores, GOLDEN_ROWS));
    return new FrozenModel(
        Release.NONE,
        provenance.compatibility(),
        provenance.target(),
        provenance.manifest(),
        provenance.evaluation(),
        provenance.calibration(),
        provenance.domain(),
        ensemble,
        golden);
  }

  /**
   * Returns a booster's trees.
   *
   * @throws IllegalArgumentException if the frozen form cannot hold them
   */
  public static Ensemble ensemble(Booster booster, String schemaId) {
    try {
      return BoosterJson.read(booster.toByteArray("json"), schemaId);
    } catch (XGBoostError e) {
      throw new IllegalStateException("Cannot save booster as JSON: " + e.getMessage(), e);
    }
  }

  /**
   * Compares an ensemble's scores with its booster's on raw bits, one by one and in bulk.
   *
   * @param rows row-major; may hold NaN for missing values, and infinities
   * @return the scores
   * @throws ParityException if any differs
   */
  public static float[] verify(Ensemble ensemble, Booster booster, float[] rows) {
    int columns = ensemble.columns();
    int count = rows.length / columns;
    float[][] expected;
    try {
      expected = booster.inplace_predict(rows, count, columns, Float.NaN);
    } catch (XGBoostError e) {
      throw new IllegalStateException("Cannot score with XGBoost: " + e.getMessage(), e);
    }
    float[] scores = new float[count];
    ensemble.score(rows, count, scores);
    for (int i = 0; i < count; i++) {
      float[] row = Arrays.copyOfRange(rows, i * columns, (i + 1) * columns);
      same(expected[i][0], scores[i], row);
      same(expected[i][0], ensemble.score(row), row);
    }
    return scores;
  }

  private static void same(float expected, float score, float[] row) {
    if (Float.floatToRawIntBits(expected) != Float.floatToRawIntBits(score)) {
      throw new ParityException(
          "Cannot freeze booster: the frozen ensemble scores "
              + score
              + " where XGBoost scores "
              + expected
              + ", on row "
              + Arrays.toString(row));
    }
  }

  private static Booster load(byte[] booster) {
    try {
      return XGBoost.loadModel(booster);
    } catch (XGBoostError | IOException e) {
      throw new IllegalArgumentException("Cannot load booster: " + e.getMessage(), e);
    }
  }
}
