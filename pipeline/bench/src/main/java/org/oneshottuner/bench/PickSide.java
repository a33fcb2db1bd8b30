package org.oneshottuner.bench;

import biz.k11i.xgboost.Predictor;
import biz.k11i.xgboost.util.FVec;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.oneshottuner.compile.Choice;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.TuningTask;

/** A program that picks the best member of a task's space, the space and features included. */
interface PickSide {
  /** The rows that are scored at once by programs that score rows. */
  int BLOCK = 4096;

  /** Picks the first of the members of highest score. */
  Pick pick(TuningTask task);

  /**
   * A pick.
   *
   * @param index the member's number
   * @param score its score
   */
  record Pick(long index, float score) {}

  /** Scores rows of features. */
  interface RowScorer {
    /**
     * Scores rows.
     *
     * @param rows row after row
     * @param count how many
     * @param out receives the scores
     */
    void score(float[] rows, int count, float[] out);
  }

  /** Returns what {@code jobs/oneshot choose} does. */
  static PickSide of(OneShotTuner tuner) {
    return task -> {
      Choice choice = tuner.choose(task);
      return new Pick(Templates.space(task).indexOf(choice.schedule()), choice.score());
    };
  }

  /** Returns a program that fills in all rows, scores them and takes the best. */
  static PickSide of(RowScorer scorer) {
    int width = FeatureSchema.CURRENT.size();
    float[] rows = new float[BLOCK * width];
    float[] scores = new float[BLOCK];
    return task -> {
      ScheduleSpace space = Templates.space(task);
      SpaceFeatures features = SpaceFeatures.of(task, space);
      Pick best = new Pick(-1, Float.NEGATIVE_INFINITY);
      for (long from = 0; from < space.size(); from += BLOCK) {
        int count = (int) Math.min(BLOCK, space.size() - from);
        features.fill(from, count, rows);
        scorer.score(rows, count, scores);
        int first = 0;
        for (int i = 1; i < count; i++) {
          first = scores[i] > scores[first] ? i : first;
        }
        if (best.index() < 0 || scores[first] > best.score()) {
          best = new Pick(from + first, scores[first]);
        }
      }
      return best;
    };
  }

  /** Returns our trees over rows of features. */
  static RowScorer rows(Ensemble ensemble) {
    return ensemble::score;
  }

  /** Returns XGBoost in place, with as many threads as the booster is set to. */
  static RowScorer xgboost(Booster booster) {
    int width = FeatureSchema.CURRENT.size();
    return (rows, count, out) -> {
      try {
        float[][] scores = booster.inplace_predict(rows, count, width, Float.NaN);
        for (int i = 0; i < count; i++) {
          out[i] = scores[i][0];
        }
      } catch (XGBoostError e) {
        throw new IllegalStateException("Cannot score with XGBoost: " + e.getMessage(), e);
      }
    };
  }

  /** Returns H2O's predictor. */
  static RowScorer h2o(Ensemble ensemble) {
    int width = FeatureSchema.CURRENT.size();
    Predictor predictor;
    try {
      predictor = new Predictor(new ByteArrayInputStream(LegacyModel.bytes(ensemble)));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot load the ensemble into H2O's predictor: " + e, e);
    }
    float[] row = new float[width];
    FVec view = FVec.Transformer.fromArray(row, false);
    return (rows, count, out) -> {
      for (int i = 0; i < count; i++) {
        System.arraycopy(rows, i * width, row, 0, width);
        out[i] = predictor.predictSingle(view, true);
      }
    };
  }
}
