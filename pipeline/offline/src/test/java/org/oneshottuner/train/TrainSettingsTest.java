package org.oneshottuner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.Map;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.oneshottuner.space.SplitMix64;

class TrainSettingsTest {

  @Test
  void propertiesAreReadAgain() {
    assertThat(TrainSettings.of(Map.of())).isEqualTo(TrainSettings.DEFAULTS);
    TrainSettings changed =
        TrainSettings.of(Map.of("objective", "rank:ndcg", "pairs", "topk", "eta", "0.3"));
    assertThat(changed.objective()).isEqualTo(Objective.NDCG);
    assertThat(changed.pairs()).isEqualTo(TrainSettings.Pairs.TOPK);
    assertThat(TrainSettings.of(changed.properties())).isEqualTo(changed);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "depht|6|unknown keys [depht], known are [objective",
        "depth|11|depth is 11.0, expected 1.0 to 10.0",
        "rounds|many|rounds is 'many', expected a whole number",
        "eta|NaN|eta is NaN",
        "pairs|all|pairs is 'all', expected mean or topk",
        "objective|rank:map|known are rank:pairwise",
        "seed|x|seed is 'x'"
      })
  void badSettingsAreRefused(String key, String value, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TrainSettings.of(Map.of(key, value)))
        .withMessageStartingWith("Cannot train")
        .withMessageContaining(message);
  }

  @ParameterizedTest
  @EnumSource(Objective.class)
  void xgboostTakesThem(Objective objective) throws Exception {
    TrainSettings settings =
        TrainSettings.of(
            Map.of(
                "objective", objective.text(),
                "rounds", "5",
                "depth", "3",
                "min-child-weight", "0.001"));
    SplitMix64 draw = new SplitMix64(1);
    float[] rows = new float[600];
    float[] labels = new float[200];
    for (int i = 0; i < 600; i++) {
      rows[i] = (float) draw.nextDouble();
      labels[i / 3] = rows[i];
    }
    DMatrix matrix = new DMatrix(rows, 200, 3, Float.NaN);
    matrix.setLabel(labels);
    if (objective.ranks()) {
      matrix.setGroup(new int[] {100, 100});
    }
    Booster booster =
        XGBoost.train(matrix, settings.xgboost(1), settings.rounds(), new HashMap<>(), null, null);
    assertThat(booster.getNumBoostedRound()).isEqualTo(5);
    assertThat(booster.predict(matrix)[0][0]).isNotEqualTo(booster.predict(matrix)[1][0]);
  }

  @Test
  void relevanceIsTheBestOverTheTime() {
    assertThat(TaskLabels.relevance(new double[] {200, 100, 400}, 0)).containsExactly(0.5, 1, 0.25);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TaskLabels.relevance(new double[] {1, 0}, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TaskLabels.relevance(new double[] {Double.POSITIVE_INFINITY}, 0));
  }

  @Test
  void timesThatNoiseCannotTellApartTie() {
    double[] relevance = TaskLabels.relevance(new double[] {100, 100.4, 102, 102.2, 200}, 0.01);
    assertThat(relevance[0]).isEqualTo(1);
    assertThat(relevance[1]).isEqualTo(1);
    assertThat(relevance[2]).isEqualTo(relevance[3]).isLessThan(1);
    assertThat(relevance[4]).isEqualTo(0.5, within(0.005));
  }

  @Test
  void weightsInvertTheInclusionProbabilities() {
    assertThat(TaskLabels.weights(new double[] {1, 0.5, 0.25, 0.25}, 100))
        .containsExactly(4 / 11.0, 8 / 11.0, 16 / 11.0, 16 / 11.0);
    assertThat(TaskLabels.weights(new double[] {1, 0.5, 0.01}, 2))
        .containsExactly(3 / 5.0, 6 / 5.0, 6 / 5.0);
    assertThat(TaskLabels.weights(new double[] {1, 0.5, 0.01}, 1)).containsExactly(1, 1, 1);
    assertThatIllegalArgumentException().isThrownBy(() -> TaskLabels.weights(new double[] {0}, 2));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TaskLabels.weights(new double[] {1}, 0.5));
  }
}
