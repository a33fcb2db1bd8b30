package org.oneshottuner.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.ScheduleSpace;
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

  @ParameterizedTest
  @EnumSource(names = {"ANNEALING", "EVOLUTIONARY"})
  void findsTheBestOfThousandsInFiveHundredTrials(SearchAlgorithm algorithm) {
    for (TuningTask task : List.of(TestTasks.CONVOLUTION, TestTasks.PRODUCT)) {
      Landscape landscape = Landscape.failing(task, 20);
      ScheduleSpace space = Templates.space(task);
      assertThat(space.size()).isGreaterThan(1000);
      double best =
          LongStream.range(0, space.size())
              .mapToObj(space::at)
              .flatMapToDouble(one -> landscape.measure(List.of(one)).get(0).nanos().stream())
              .min()
              .orElseThrow();
      for (int i = 0; i < SEEDS; i++) {
        OnlineSearch search = algorithm.search(task, TestSeed.value() + i);
        SearchCurve curve = new SearchRun(search, 500, 64).run(landscape::measure);
        assertThat(curve.bestNanosAfter(500).orElseThrow() / best)
            .as("%s on %s; %s", algorithm, task, TestSeed.note())
            .isLessThan(1.02);
      }
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
