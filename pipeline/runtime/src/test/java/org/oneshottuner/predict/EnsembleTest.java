package org.oneshottuner.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.oneshottuner.space.SplitMix64;

class EnsembleTest {
  private static final Tree STUMP =
      Tree.of(
          new int[] {1, Tree.LEAF, Tree.LEAF},
          new float[] {2.5f, -1, 1},
          new boolean[] {true, false, false});

  @Nested
  class Drawn extends PredictorContract {
    @Override
    Predictor predictor() {
      return DrawnEnsembles.ensemble(new SplitMix64(DrawnEnsembles.seed()), 11, 60, 10);
    }
  }

  /** Many rows are scored otherwise where there are many trees. */
  @Nested
  class DrawnLarge extends PredictorContract {
    @Override
    Predictor predictor() {
      return DrawnEnsembles.ensemble(new SplitMix64(DrawnEnsembles.seed()), 11, 200, 6);
    }
  }

  @Nested
  class WithoutTrees extends PredictorContract {
    @Override
    Predictor predictor() {
      return Ensemble.of("drawn-1", 3, 0.25f, List.of());
    }
  }

  @Test
  void goesLeftIffBelowTheThreshold() {
    Ensemble ensemble = Ensemble.of("s", 2, 10, List.of(STUMP));
    assertThat(ensemble.score(new float[] {9, Math.nextDown(2.5f)})).isEqualTo(9);
    assertThat(ensemble.score(new float[] {9, 2.5f})).isEqualTo(11);
    assertThat(ensemble.score(new float[] {9, Float.POSITIVE_INFINITY})).isEqualTo(11);
    assertThat(ensemble.score(new float[] {9, Float.NaN})).isEqualTo(9);
  }

  @Test
  void sumsInFloatFromTheBaseInTreeOrder() {
    Tree small = Tree.of(new int[] {-1}, new float[] {1e-8f}, new boolean[1]);
    Tree large = Tree.of(new int[] {-1}, new float[] {1}, new boolean[1]);
    // a small term is lost beside a large one, unless enough of them come first
    assertThat(
            Ensemble.of("s", 1, 1, List.of(small, small, small, small, small, small))
                .score(new float[1]))
        .isEqualTo(1);
    float sum = 0;
    for (int i = 0; i < 6; i++) {
      sum += 1e-8f;
    }
    assertThat(
            Ensemble.of("s", 1, 0, List.of(small, small, small, small, small, small, large))
                .score(new float[1]))
        .isEqualTo(sum + 1);
  }

  @Test
  void refusesWhatIsNoTree() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tree.of(new int[0], new float[0], new boolean[0]));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tree.of(new int[] {0, -1}, new float[2], new boolean[2]))
        .withMessageContaining("not whole");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tree.of(new int[] {-1, -1}, new float[2], new boolean[2]))
        .withMessageContaining("whole after 1");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> Tree.of(new int[] {0, -1, -1}, new float[] {Float.NaN, 0, 0}, new boolean[3]));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> Tree.of(new int[] {-1}, new float[] {Float.NEGATIVE_INFINITY}, new boolean[1]));
    int[] deep = new int[23];
    Arrays.fill(deep, 11, 23, Tree.LEAF);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tree.of(deep, new float[23], new boolean[23]))
        .withMessageContaining("depth 10");
  }

  @Test
  void refusesColumnsThatRowsLack() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Ensemble.of("s", 1, 0, List.of(STUMP)))
        .withMessageContaining("column 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Ensemble.of("s", 1, Float.NaN, List.of()));
    assertThatIllegalArgumentException().isThrownBy(() -> Ensemble.of("s", 0, 0, List.of()));
  }
}
