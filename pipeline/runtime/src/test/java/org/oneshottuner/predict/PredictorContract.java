package org.oneshottuner.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.oneshottuner.space.SplitMix64;

/** What every predictor promises. */
abstract class PredictorContract {

  /** Returns the predictor under test, the same function at every call. */
  abstract Predictor predictor();

  private float[] rows(int count) {
    return DrawnEnsembles.rows(new SplitMix64(DrawnEnsembles.seed()), predictor().columns(), count);
  }

  private static float[] oneByOne(Predictor predictor, float[] rows, int count) {
    float[] scores = new float[count];
    int columns = predictor.columns();
    for (int i = 0; i < count; i++) {
      scores[i] = predictor.score(Arrays.copyOfRange(rows, i * columns, (i + 1) * columns));
    }
    return scores;
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }

  @Test
  void bulkScoresHaveTheBitsOfSingleScores() {
    Predictor predictor = predictor();
    float[] rows = rows(5000);
    float[] expected = oneByOne(predictor, rows, 5000);
    for (int count : new int[] {0, 1, 2, 7, 8, 9, 63, 64, 65, 255, 256, 257, 1000, 2049, 5000}) {
      float[] out = new float[count];
      predictor.score(rows, count, out);
      assertThat(bits(out))
          .as("%s rows, -Dtests.seed=%s", count, DrawnEnsembles.seed())
          .isEqualTo(bits(Arrays.copyOf(expected, count)));
    }
  }

  @Test
  void scoringTouchesNothingButTheScoresAskedFor() {
    Predictor predictor = predictor();
    float[] rows = rows(20);
    float[] before = rows.clone();
    float[] out = new float[20];
    Arrays.fill(out, 7);
    predictor.score(rows, 13, out);
    assertThat(bits(rows)).isEqualTo(bits(before));
    assertThat(Arrays.copyOfRange(out, 13, 20)).containsOnly(7);
  }

  @Test
  void threadsGetTheSameBits() throws Exception {
    Predictor predictor = predictor();
    float[] rows = rows(500);
    int[] expected = bits(oneByOne(predictor, rows, 500));
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      Callable<int[]> work =
          () -> {
            float[] out = new float[500];
            for (int i = 0; i < 20; i++) {
              predictor.score(rows, 500, out);
            }
            return bits(out);
          };
      for (Future<int[]> result : threads.invokeAll(List.of(work, work, work, work))) {
        assertThat(result.get()).isEqualTo(expected);
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void rowsOfAnotherWidthAreRefused() {
    Predictor predictor = predictor();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> predictor.score(new float[predictor.columns() + 1]))
        .withMessageStartingWith("Cannot score a row of " + (predictor.columns() + 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> predictor.score(rows(3), 4, new float[4]))
        .withMessageStartingWith("Cannot score 4 rows");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> predictor.score(rows(4), 4, new float[3]))
        .withMessageContaining("3 scores");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> predictor.score(rows(1), -1, new float[1]));
  }

  @Test
  void saysWhatItReads() {
    assertThat(predictor().schemaId()).isNotBlank();
    assertThat(predictor().columns()).isPositive();
  }
}
