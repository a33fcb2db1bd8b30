package org.oneshottuner.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.Tree;
import org.oneshottuner.space.SplitMix64;

class ContributionsTest {
  private static final int COLUMNS = 6;
  private static final int TRIALS = 300;
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  private final SplitMix64 random = new SplitMix64(SEED);

  private Ensemble ensemble() {
    List<Tree> trees = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      List<Integer> columns = new ArrayList<>();
      List<Float> values = new ArrayList<>();
      grow(columns, values, 0);
      boolean[] missingLeft = new boolean[columns.size()];
      for (int i = 0; i < missingLeft.length; i++) {
        missingLeft[i] = columns.get(i) >= 0 && random.nextLong(2) == 0;
      }
      float[] numbers = new float[values.size()];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = values.get(i);
      }
      trees.add(
          Tree.of(columns.stream().mapToInt(Integer::intValue).toArray(), numbers, missingLeft));
    }
    return Ensemble.of("drawn", COLUMNS, 0.5f, trees);
  }

  private void grow(List<Integer> columns, List<Float> values, int depth) {
    if (depth == 7 || random.nextLong(5) == 0) {
      columns.add(Tree.LEAF);
      values.add((float) random.nextDouble() - 0.5f);
    } else {
      columns.add((int) random.nextLong(COLUMNS));
      values.add((float) random.nextLong(8));
      grow(columns, values, depth + 1);
      grow(columns, values, depth + 1);
    }
  }

  private float[] row() {
    float[] row = new float[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) {
      row[c] = random.nextLong(6) == 0 ? Float.NaN : random.nextLong(9);
    }
    return row;
  }

  /** The definition: over all orders in which columns take the row's values, what each changes. */
  private static double[] shapley(Ensemble ensemble, float[] row, float[] reference) {
    double[] scores = new double[1 << COLUMNS];
    for (int set = 0; set < scores.length; set++) {
      float[] mixed = reference.clone();
      for (int c = 0; c < COLUMNS; c++) {
        mixed[c] = (set >> c & 1) != 0 ? row[c] : reference[c];
      }
      scores[set] = ensemble.score(mixed);
    }
    double[] moved = new double[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) {
      for (int set = 0; set < scores.length; set++) {
        if ((set >> c & 1) == 0) {
          int size = Integer.bitCount(set);
          double weight = factorial(size) * factorial(COLUMNS - 1 - size) / factorial(COLUMNS);
          moved[c] += weight * (scores[set | 1 << c] - scores[set]);
        }
      }
    }
    return moved;
  }

  private static double factorial(int n) {
    return n < 2 ? 1 : n * factorial(n - 1);
  }

  @Test
  void areTheShapleyValuesOfTheirDefinition() {
    for (int trial = 0; trial < TRIALS; trial++) {
      Ensemble ensemble = ensemble();
      float[] row = row();
      float[] reference = row();
      double[] moved = Contributions.between(ensemble, row, reference);
      double[] expected = shapley(ensemble, row, reference);
      for (int c = 0; c < COLUMNS; c++) {
        assertThat(moved[c])
            .as("column %s of trial %s, -Dtests.seed=%s", c, trial, SEED)
            .isCloseTo(expected[c], within(1e-5));
      }
      assertThat(Arrays.stream(moved).sum())
          .as("trial %s, -Dtests.seed=%s", trial, SEED)
          .isCloseTo((double) ensemble.score(row) - ensemble.score(reference), within(1e-5));
    }
  }

  @Test
  void whatIsAlikeMovesNothing() {
    Ensemble ensemble = ensemble();
    float[] row = row();
    assertThat(Contributions.between(ensemble, row, row)).containsOnly(0);
    float[] other = row.clone();
    other[2] = 100;
    double[] moved = Contributions.between(ensemble, other, row);
    for (int c = 0; c < COLUMNS; c++) {
      if (c != 2) {
        assertThat(moved[c]).isZero();
      }
    }
  }

  @Test
  void rowsOfAnotherWidthAreRefused() {
    Ensemble ensemble = ensemble();
    assertThatThrownBy(() -> Contributions.between(ensemble, row(), new float[5]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot explain rows of 6 and 5 columns: the ensemble has 6");
  }
}
