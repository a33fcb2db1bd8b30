package org.oneshottuner.jobs.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.oneshottuner.train.Bootstrap;
import org.oneshottuner.train.Prediction;
import org.oneshottuner.train.RankedTask;
import org.oneshottuner.train.RankingMetrics;
import org.oneshottuner.train.Regrets;

/** How a predictor ranks the measured candidates of tasks. */
final class Judging {
  /** One candidate is ranked rightly by anything. */
  private static final int LEAST_CANDIDATES = 2;

  private static final Bootstrap INTERVAL = new Bootstrap(1000, 0.95, 1);

  private Judging() {}

  /**
   * Returns the tasks of scored rows in order of key, those of one candidate left out. The best
   * known time of a task is that of its best row.
   *
   * @param scored rows with columns {@code task}, {@code schedule}, {@code prediction} and {@code
   *     label_nanos}
   */
  static List<RankedTask> ranked(Dataset<Row> scored) {
    Map<String, List<Prediction>> byTask = new TreeMap<>();
    for (Row row : scored.select("task", "schedule", "prediction", "label_nanos").collectAsList()) {
      byTask
          .computeIfAbsent(row.getString(0), task -> new ArrayList<>())
          .add(
              new Prediction(
                  row.getString(1),
                  ((Number) row.get(2)).doubleValue(),
                  OptionalDouble.of(row.getDouble(3))));
    }
    List<RankedTask> ranked = new ArrayList<>();
    byTask.forEach(
        (task, predictions) -> {
          double[] nanos =
              predictions.stream().mapToDouble(one -> one.labelNanos().orElseThrow()).toArray();
          double best = java.util.Arrays.stream(nanos).min().orElseThrow();
          double worst = java.util.Arrays.stream(nanos).max().orElseThrow();
          if (nanos.length >= LEAST_CANDIDATES) {
            ranked.add(new RankedTask(task, best, worst, predictions));
          }
        });
    return ranked;
  }

  /**
   * Returns the figures of ranked tasks; empty if there is none.
   *
   * @param bySeed the same tasks as ranked by the learner with each seed, that of the model which
   *     ships first
   */
  static Optional<TrainFigures.Judged> judged(
      String split, String predictor, List<List<RankedTask>> bySeed) {
    List<RankedTask> ranked = bySeed.get(0);
    if (ranked.isEmpty()) {
      return Optional.empty();
    }
    RankingMetrics metrics = RankingMetrics.of(ranked);
    Bootstrap.Interval regret =
        INTERVAL.interval(ranked, tasks -> Regrets.at(1, tasks).geometricMean());
    return Optional.of(
        new TrainFigures.Judged(
            split,
            predictor,
            ranked.size(),
            ranked.stream().mapToInt(task -> task.ranked().size()).average().orElseThrow(),
            regret.figure(),
            regret.low(),
            regret.high(),
            bySeed.stream().map(tasks -> Regrets.at(1, tasks).geometricMean()).toList(),
            random(ranked),
            metrics
                .regretAt8()
                .map(regrets -> OptionalDouble.of(regrets.geometricMean()))
                .orElse(OptionalDouble.empty()),
            metrics.agreement().kendallTau()));
  }

  /** Returns what a random pick among the ranked candidates gets. */
  static double random(List<RankedTask> ranked) {
    return Regrets.geometricMean(ranked.stream().mapToDouble(RankedTask::randomRegret).toArray());
  }
}
