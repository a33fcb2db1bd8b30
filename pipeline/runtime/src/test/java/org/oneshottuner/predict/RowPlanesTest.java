package org.oneshottuner.predict;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TestSeed;

class RowPlanesTest {
  private static final int MOST = 4200;
  private static final float[] ODD = {
    Float.NaN,
    Float.NEGATIVE_INFINITY,
    -Float.MAX_VALUE,
    -1,
    -Float.MIN_VALUE,
    -0.0f,
    0.0f,
    Float.MIN_VALUE,
    1,
    Float.MAX_VALUE,
    Float.POSITIVE_INFINITY,
    Float.intBitsToFloat(0xffc00001)
  };

  @RepeatedTest(Tree.MAX_DEPTH)
  void rowsGetTheBitsOfSingleScores(RepetitionInfo repetition) {
    int depth = repetition.getCurrentRepetition();
    SplitMix64 random = TestSeed.random("rows by planes", Integer.toString(depth));
    int columns = 1 + (int) random.nextLong(12);
    Rows rows = new Rows(columns, DrawnEnsembles.rows(random, columns, MOST));
    rows.check(DrawnEnsembles.ensemble(random, columns, 25, depth));
    // thresholds are values that rows have, or their neighbours
    rows.check(ThresholdTrees.ensemble("drawn-1", columns, rows.values, random));
  }

  @RepeatedTest(10)
  void columnsMayHaveOneValueOrNone(RepetitionInfo repetition) {
    int number = repetition.getCurrentRepetition();
    SplitMix64 random = TestSeed.random("same values", Integer.toString(number));
    int columns = 2 * ODD.length;
    float[] values = new float[columns * MOST];
    for (int i = 0; i < values.length; i++) {
      int column = i % columns;
      // the first columns have one value each, the others one but for a few rows
      values[i] =
          column < ODD.length || random.nextLong(500) > 0
              ? ODD[column % ODD.length]
              : ODD[(int) random.nextLong(ODD.length)];
    }
    // some have one value for a while, then another
    for (int row = 0; row < MOST; row++) {
      values[row * columns] = row < 64 * number ? -1 : 1;
      values[row * columns + 1] = row < 200 * number ? Float.NaN : 1;
    }
    new Rows(columns, values).check(ThresholdTrees.ensemble("drawn-1", columns, values, random));
  }

  @Test
  void everyValueIsHeldAgainstEveryThreshold() {
    Tree[] trees = new Tree[2 * ODD.length];
    for (int i = 0; i < trees.length; i++) {
      float threshold = ODD[i / 2];
      trees[i] =
          Tree.of(
              new int[] {0, Tree.LEAF, Tree.LEAF},
              new float[] {Float.isNaN(threshold) ? 2 : threshold, 1 << (i / 2), 0},
              new boolean[] {i % 2 == 0, false, false});
    }
    float[] values = new float[MOST];
    for (int row = 0; row < MOST; row++) {
      values[row] = ODD[row * 7 % ODD.length];
    }
    for (Tree tree : trees) {
      new Rows(1, values).check(Ensemble.of("odd-1", 1, 0, List.of(tree)));
    }
    new Rows(1, values).check(Ensemble.of("odd-1", 1, 0, List.of(trees)));
  }

  @Test
  void treesMayBeLeavesOrNone() {
    SplitMix64 random = TestSeed.random("leaves");
    Rows rows = new Rows(2, DrawnEnsembles.rows(random, 2, MOST));
    rows.check(Ensemble.of("drawn-1", 2, 0.25f, List.of()));
    Tree leaf = Tree.of(new int[] {Tree.LEAF}, new float[] {-0.0f}, new boolean[1]);
    rows.check(Ensemble.of("drawn-1", 2, -0.0f, List.of(leaf, leaf)));
  }

  /** Rows that are scored many at once, and one by one. */
  private static final class Rows {
    private final int columns;
    private final float[] values;

    Rows(int columns, float[] values) {
      this.columns = columns;
      this.values = values;
    }

    void check(Ensemble ensemble) {
      int[] expected = new int[MOST];
      for (int row = 0; row < MOST; row++) {
        float score =
            ensemble.score(Arrays.copyOfRange(values, row * columns, (row + 1) * columns));
        expected[row] = Float.floatToRawIntBits(score);
      }
      for (int count :
          new int[] {1, 63, 64, 65, 127, 128, 129, 191, 2047, 2048, 2049, 2111, 4096, MOST}) {
        float[] out = new float[count + 1];
        out[count] = 7;
        new RowPlanes(ensemble.ranked(), columns, count).score(values, count, ensemble.base(), out);
        assertThat(Arrays.copyOf(bits(out), count))
            .as("%s rows of %s columns, %s", count, columns, TestSeed.rerun())
            .isEqualTo(Arrays.copyOf(expected, count));
        assertThat(out[count]).isEqualTo(7);
      }
    }

    private static int[] bits(float[] values) {
      int[] bits = new int[values.length];
      Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
      return bits;
    }
  }
}
