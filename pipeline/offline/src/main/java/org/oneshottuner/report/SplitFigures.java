package org.oneshottuner.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.oneshottuner.predict.FrozenModel.Metric;
import org.oneshottuner.train.Bootstrap;

/**
 * What is said of a learner on every split alike, under these names.
 *
 * @param tasks that were judged by
 * @param candidates of a task that were ranked, on average
 * @param regretAt1 geometric mean, with its interval by a bootstrap over tasks, of enough tasks
 * @param seedRegrets regret@1 by each seed of the learner, that of the model which ships first
 * @param randomRegret geometric mean of what a random one of the same candidates gets
 */
public record SplitFigures(
    int tasks,
    double candidates,
    Bootstrap.Interval regretAt1,
    List<Double> seedRegrets,
    double randomRegret) {
  static final String TASKS = "tasks";
  static final String CANDIDATES = "candidates a task";
  static final String REGRET = "regret@1 geometric mean";
  static final String LOW = REGRET + ", from";
  static final String HIGH = REGRET + ", to";
  static final String SEEDS = "seeds";
  static final String SEEDS_MEAN = REGRET + ", mean of seeds";
  static final String LEAST = REGRET + ", least of seeds";
  static final String MOST = REGRET + ", most of seeds";
  static final String RANDOM = "regret@1 of a random pick";

  /** The best of the eight first-ranked. */
  public static final String REGRET_AT_8 = "regret@8 geometric mean";

  /** Agreement of the orders. */
  public static final String TAU = "kendall tau-b";

  /** Copies the list. */
  public SplitFigures {
    seedRegrets = List.copyOf(seedRegrets);
  }

  /** Returns them by name; what seeds do only if there are several. */
  public List<Metric> metrics() {
    List<Metric> metrics =
        new ArrayList<>(
            List.of(
                new Metric(TASKS, tasks),
                new Metric(CANDIDATES, candidates),
                new Metric(REGRET, regretAt1.figure())));
    regretAt1.low().ifPresent(low -> metrics.add(new Metric(LOW, low)));
    regretAt1.high().ifPresent(high -> metrics.add(new Metric(HIGH, high)));
    metrics.add(new Metric(RANDOM, randomRegret));
    if (seedRegrets.size() > 1) {
      double[] regrets = seedRegrets.stream().mapToDouble(Double::doubleValue).toArray();
      metrics.add(new Metric(SEEDS, regrets.length));
      metrics.add(new Metric(SEEDS_MEAN, Arrays.stream(regrets).average().orElseThrow()));
      metrics.add(new Metric(LEAST, Arrays.stream(regrets).min().orElseThrow()));
      metrics.add(new Metric(MOST, Arrays.stream(regrets).max().orElseThrow()));
    }
    return List.copyOf(metrics);
  }
}
