package org.oneshottuner.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.oneshottuner.workload.TuningTask;

class SearchQualityTest {
  private static final int SEEDS = 3;
  private static final int BUDGET = 192;

  @ParameterizedTest
  @CsvSource({"ANNEALING, 64", "ANNEALING, 16", "EVOLUTIONARY, 64", "GENETIC, 16"})
  void beatsRandomWhereFeaturesTell(SearchAlgorithm algorithm, int roundTrials) {
    for (TuningTask task : List.of(TestTasks.CONVOLUTION, TestTasks.PRODUCT)) {
      double ratio =
          logBest(SearchAlgorithm.RANDOM, roundTrials, task)
              - logBest(algorithm, roundTrials, task);
      assertThat(StrictMath.exp(ratio / SEEDS))
          .as("%s over random on %s; %s", algorithm, task, TestSeed.note())
          .isGreaterThan(1.02);
    }
  }

  /** Returns the sum over seeds of the logarithm of the best time. */
  private static double logBest(SearchAlgorithm algorithm, int roundTrials, TuningTask task) {
    Landscape landscape = Landscape.failing(task, 20);
    double sum = 0;
    for (int i = 0; i < SEEDS; i++) {
      OnlineSearch search = algorithm.search(task, TestSeed.value() + i, roundTrials);
      SearchCurve curve = new SearchRun(search, BUDGET, 64).run(landscape::measure);
      sum += StrictMath.log(curve.bestNanosAfter(BUDGET).orElseThrow());
    }
    return sum;
  }
}
