package org.oneshottuner.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.oneshottuner.space.SplitMix64;

class CalibrationTest {
  private static final int DRAWS = 20_000;

  @Test
  void boundsByTheRankOfTheCoverage() {
    float[] regrets = new float[19];
    for (int i = 0; i < regrets.length; i++) {
      regrets[i] = (19 - i) / 100f;
    }
    Calibration calibration = Calibration.of(regrets);
    assertThat(calibration.tasks()).isEqualTo(19);
    assertThat(calibration.regrets()).isSorted();
    // 20 * 0.9 = 18: the 18th of 19
    assertThat(calibration.atMost(0.9)).hasValue(0.18f);
    assertThat(calibration.atMost(0.5)).hasValue(0.1f);
    assertThat(calibration.atMost(0.95)).hasValue(0.19f);
    assertThat(calibration.atMost(0.96)).isEmpty();
    assertThat(Calibration.NONE.atMost(0.9)).isEmpty();
    assertThat(Calibration.of(new float[8]).atMost(0.9)).isEmpty();
    assertThat(Calibration.of(new float[9]).atMost(0.9)).hasValue(0);
  }

  /** The promise itself: of tasks drawn alike, at least the coverage, and one rank more at most. */
  @Test
  void coversWhatItPromises() {
    long seed = DrawnEnsembles.seed();
    SplitMix64 random = new SplitMix64(seed);
    for (int tasks : new int[] {9, 25, 60}) {
      int covered = 0;
      for (int draw = 0; draw < DRAWS; draw++) {
        float[] regrets = new float[tasks];
        for (int i = 0; i < tasks; i++) {
          regrets[i] = regret(random);
        }
        if (regret(random) <= Calibration.of(regrets).atMost(0.9).orElseThrow()) {
          covered++;
        }
      }
      // four standard deviations of a share of 20,000 are under 0.01
      assertThat((double) covered / DRAWS)
          .as("%s tasks, -Dtests.seed=%s", tasks, seed)
          .isBetween(0.9 - 0.01, 0.9 + 1.0 / (tasks + 1) + 0.01);
    }
  }

  private static float regret(SplitMix64 random) {
    double draw = random.nextDouble();
    return (float) (draw * draw * draw);
  }

  @Test
  void refusesWhatIsNoRegret() {
    for (float regret : new float[] {-0.1f, Float.NaN, Float.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> Calibration.of(new float[] {0, regret}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("Cannot calibrate by a regret of " + regret);
    }
    for (double coverage : new double[] {0, 1, Double.NaN}) {
      assertThatThrownBy(() -> Calibration.NONE.atMost(coverage))
          .hasMessageStartingWith("Cannot bound a regret with coverage " + coverage);
    }
  }
}
