package org.oneshottuner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.oneshottuner.train.RankedTaskTest.EXACTLY;
import static org.oneshottuner.train.RankedTaskTest.timed;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.oneshottuner.predict.FrozenModel.Metric;
import org.oneshottuner.space.SplitMix64;

class RankingMetricsTest {
  private static RankedTask task(double best, double first, double second) {
    return new RankedTask(
        "t" + best, best, 1000, List.of(timed("a", 2, first), timed("b", 1, second)));
  }

  @Test
  void regretsAreSpreadOverTasks() {
    Regrets regrets = Regrets.of(0.5, 0, 0.1, 1);
    assertThat(regrets.tasks()).isEqualTo(4);
    assertThat(regrets.median()).isEqualTo(0.3, EXACTLY);
    assertThat(regrets.geometricMean()).isEqualTo(Math.pow(1.5 * 1 * 1.1 * 2, 0.25) - 1, EXACTLY);
    assertThat(regrets.p95()).isEmpty();
    assertThat(regrets.worst()).isEqualTo(1, EXACTLY);
    assertThatIllegalArgumentException().isThrownBy(Regrets::of);
    assertThatIllegalArgumentException().isThrownBy(() -> Regrets.of(-0.1));
  }

  @Test
  void aTailIsToldOnlyOfTasksEnoughToHaveOne() {
    Regrets of19 = Regrets.of(IntStream.range(0, 19).mapToDouble(i -> i).toArray());
    assertThat(of19.p95()).isEmpty();
    Regrets of20 = Regrets.of(IntStream.range(0, 20).mapToDouble(i -> i).toArray());
    assertThat(of20.p95().orElseThrow()).isEqualTo(0.95 * 19, EXACTLY);
    assertThat(of20.p99()).isEmpty();
    Regrets of100 = Regrets.of(IntStream.range(0, 100).mapToDouble(i -> i).toArray());
    assertThat(of100.p99().orElseThrow()).isEqualTo(0.99 * 99, EXACTLY);
    assertThat(RankingMetrics.of(List.of(task(100, 200, 100))).metrics())
        .extracting(Metric::name)
        .doesNotContain("regret@1 p95", "regret@1 p99");
  }

  @Test
  void anIntervalIsToldOnlyOfTasksEnoughToHaveOne() {
    Bootstrap bootstrap = new Bootstrap(100, 0.9, 5);
    Bootstrap.Interval of4 = bootstrap.interval(List.of(1, 2, 3, 4), RankingMetricsTest::mean);
    assertThat(of4).isEqualTo(Bootstrap.Interval.ofFew(2.5));
    assertThat(bootstrap.interval(List.of(1, 2, 3, 4, 5), RankingMetricsTest::mean).low())
        .isPresent();
  }

  @Test
  void topKScoresDifferInHowTheySum() {
    List<NetworkTask> tasks =
        List.of(
            new NetworkTask(weights("one", 2), task(100, 200, 100), 100),
            new NetworkTask(weights("one", 1), task(50, 50, 60), 50),
            new NetworkTask(weights("two", 1), task(16, 20, 16), 10));
    // one: (2*100 + 50) / (2*200 + 50), two: 10 / 20
    assertThat(RankingMetrics.tensetTopK(1, tasks)).isEqualTo((250 / 450.0 + 0.5) / 2, EXACTLY);
    assertThat(RankingMetrics.tlpTopK(1, tasks)).isEqualTo(260 / 470.0, EXACTLY);
    assertThat(RankingMetrics.tensetTopK(2, tasks)).isEqualTo((1 + 10 / 16.0) / 2, EXACTLY);
    assertThat(RankingMetrics.tlpTopK(2, tasks)).isEqualTo(260 / 266.0, EXACTLY);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new NetworkTask(weights("one", 1), task(50, 50, 60), 51))
        .withMessageContaining("Cannot judge t50.0 by a best of 51.0 ns");
  }

  private static SortedMap<String, Double> weights(String network, double weight) {
    return new TreeMap<>(Map.of(network, weight));
  }

  @Test
  void figuresHaveExactNames() {
    RankingMetrics metrics = RankingMetrics.of(List.of(task(100, 200, 100), task(50, 50, 60)));
    assertThat(metrics.metrics()).contains(new Metric("tasks", 2), new Metric("regret@1 worst", 1));
    // the better of two among two has no regret by any order
    assertThat(metrics.regretAt2()).isEmpty();
    assertThat(metrics.metrics().stream().map(Metric::name)).noneMatch(n -> n.contains("@2"));
    assertThat(metrics.metrics().stream().map(Metric::name)).doesNotHaveDuplicates();
    assertThat(metrics.agreement().kendallTau().orElseThrow()).isEqualTo(0, EXACTLY);
  }

  @Test
  void bootstrapDrawsTasksByItsSeed() {
    List<Integer> tasks = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      tasks.add(i);
    }
    Bootstrap bootstrap = new Bootstrap(1000, 0.9, 5);
    Bootstrap.Interval interval = bootstrap.interval(tasks, RankingMetricsTest::mean);
    assertThat(interval.figure()).isEqualTo(49.5, EXACTLY);
    // the standard error of the mean is 2.887, and 90 % lie within 1.645 of them
    assertThat(interval.low().orElseThrow()).isBetween(49.5 - 4.75 - 0.8, 49.5 - 4.75 + 0.8);
    assertThat(interval.high().orElseThrow()).isBetween(49.5 + 4.75 - 0.8, 49.5 + 4.75 + 0.8);
    assertThat(bootstrap.interval(tasks, RankingMetricsTest::mean)).isEqualTo(interval);
    assertThat(new Bootstrap(1000, 0.9, 6).interval(tasks, RankingMetricsTest::mean))
        .isNotEqualTo(interval);
    assertThatIllegalArgumentException().isThrownBy(() -> new Bootstrap(1, 0.9, 5));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> bootstrap.interval(List.<Integer>of(), RankingMetricsTest::mean));
  }

  private static double mean(List<Integer> numbers) {
    return numbers.stream().mapToInt(i -> i).average().orElseThrow();
  }

  @Test
  void noiseSetsACeiling() {
    SplitMix64 draw = new SplitMix64(3);
    List<RankedTask> tasks = new ArrayList<>();
    for (int t = 0; t < 30; t++) {
      List<Prediction> candidates = new ArrayList<>();
      candidates.add(timed("best", 0, 100));
      for (int i = 0; i < 50; i++) {
        candidates.add(timed("s" + i, draw.nextDouble(), 100 + 100 * draw.nextDouble()));
      }
      tasks.add(new RankedTask("t" + t, 100, 300, candidates));
    }
    RankingMetrics none = NoiseCeiling.of(tasks, 0, 1, 1).metrics();
    assertThat(none.regretAt1().worst()).isZero();
    assertThat(none.agreement().kendallTau().orElseThrow()).isEqualTo(1, EXACTLY);
    RankingMetrics little = NoiseCeiling.of(tasks, 0.02, 20, 1).metrics();
    RankingMetrics much = NoiseCeiling.of(tasks, 0.1, 20, 1).metrics();
    assertThat(little.regretAt1().geometricMean()).isBetween(0.001, 0.02);
    assertThat(much.regretAt1().geometricMean())
        .isGreaterThan(3 * little.regretAt1().geometricMean());
    assertThat(much.agreement().kendallTau().orElseThrow())
        .isLessThan(little.agreement().kendallTau().orElseThrow());
    assertThat(NoiseCeiling.of(tasks, 0.02, 20, 1).metrics()).isEqualTo(little);
  }

  @Test
  void learningCurvesTellWhatAScoreCosts() {
    LearningCurve curve =
        new LearningCurve(
            "uniform",
            List.of(
                new LearningCurve.Point(100, 10, 0.4, 0.3, 0.5),
                new LearningCurve.Point(1000, 100, 0.8, 0.7, 0.9),
                new LearningCurve.Point(10000, 1000, 1, 0.9, 1)));
    assertThat(curve.labelsToReach(0.8).orElseThrow()).isEqualTo(1000, EXACTLY);
    assertThat(curve.labelsToReach(0.9).orElseThrow())
        .isEqualTo(1000 * Math.sqrt(10), within(1e-9));
    assertThat(curve.deviceSecondsToReach(0.6).orElseThrow())
        .isEqualTo(10 * Math.sqrt(10), within(1e-9));
    assertThat(curve.labelsToReach(0.3)).isEmpty();
    assertThat(curve.area()).isEqualTo((0.6 + 0.9) / 2, EXACTLY);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new LearningCurve(
                    "x",
                    List.of(
                        new LearningCurve.Point(10, 1, 0.4, 0.3, 0.5),
                        new LearningCurve.Point(10, 1, 0.4, 0.3, 0.5))));
  }
}
