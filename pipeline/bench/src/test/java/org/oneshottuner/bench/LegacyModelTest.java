package org.oneshottuner.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.space.SplitMix64;

class LegacyModelTest {
  private static final int WIDTH = FeatureSchema.CURRENT.size();
  private static final int ROWS = 200;

  @Test
  void aPredictorOfOthersScoresToTheSameBits() {
    SplitMix64 random = new SplitMix64(1);
    float[] rows = new float[ROWS * WIDTH];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = random.nextLong(5) == 0 ? Float.NaN : (float) random.nextDouble();
    }
    Ensemble ensemble = DrawnTrees.ensemble("20x6", rows);
    float[] ours = new float[ROWS];
    float[] theirs = new float[ROWS];
    PickSide.rows(ensemble).score(rows, ROWS, ours);
    PickSide.h2o(ensemble).score(rows, ROWS, theirs);
    assertThat(theirs).isEqualTo(ours);
  }

  @Test
  void sizesAreTreesByDepth() {
    assertThat(Scoring.sizes("100x6,300x8"))
        .containsExactly(new int[] {100, 6}, new int[] {300, 8});
    assertThatThrownBy(() -> Scoring.sizes("100x11"))
        .hasMessage("Cannot score ensemble '100x11': expected trees by depth, such as 300x8");
  }
}
