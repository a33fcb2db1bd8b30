package org.oneshottuner.train;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How regret is spread over tasks. A quantile is interpolated between the two nearest tasks
 * (Hyndman and Fan 1996, "Sample Quantiles in Statistical Packages", type 7).
 *
 * @param tasks how many, at least one
 * @param median half of the tasks do no worse
 * @param geometricMean geometric mean of (1 + regret), minus 1
 * @param p95 95 % of the tasks do no worse; empty of fewer than {@link #FEWEST_FOR_P95} tasks
 * @param p99 99 % of the tasks do no worse; empty of fewer than {@link #FEWEST_FOR_P99} tasks
 * @param worst of all tasks
 */
public record Regrets(
    int tasks,
    double median,
    double geometricMean,
    OptionalDouble p95,
    OptionalDouble p99,
    double worst) {
  /** Of fewer tasks, the 95th percentile says little but the worst, and there is none. */
  public static final int FEWEST_FOR_P95 = 20;

  /** Likewise of the 99th. */
  public static final int FEWEST_FOR_P99 = 100;

  /**
   * Summarises the regret of each task.
   *
   * @param regrets at least one, none below 0
   */
  public static Regrets of(double... regrets) {
    if (regrets.length == 0 || Arrays.stream(regrets).anyMatch(regret -> !(regret >= 0))) {
      throw new IllegalArgumentException(
          "Cannot summarise regrets "
              + Arrays.toString(regrets)
              + ": need one or more, least is 0");
    }
    double[] sorted = regrets.clone();
    Arrays.sort(sorted);
    return new Regrets(
        sorted.length,
        quantile(sorted, 0.5),
        geometricMean(sorted),
        tail(sorted, 0.95, FEWEST_FOR_P95),
        tail(sorted, 0.99, FEWEST_FOR_P99),
        sorted[sorted.length - 1]);
  }

  /** Summarises regret@k of each task. */
  public static Regrets at(int k, List<RankedTask> tasks) {
    return of(tasks.stream().mapToDouble(task -> task.regretAt(k)).toArray());
  }

  /**
   * Summarises regret@k of the tasks that have more than {@code k} candidates: the best of all has
   * no regret, whoever ranks them.
   *
   * @return empty if there is no such task
   */
  public static Optional<Regrets> amongMore(int k, List<RankedTask> tasks) {
    List<RankedTask> larger = tasks.stream().filter(task -> task.ranked().size() > k).toList();
    return larger.isEmpty() ? Optional.empty() : Optional.of(at(k, larger));
  }

  /** Returns the geometric mean of (1 + regret), minus 1. */
  public static double geometricMean(double[] regrets) {
    double logs = 0;
    for (double regret : regrets) {
      logs += StrictMath.log1p(regret);
    }
    return StrictMath.expm1(logs / regrets.length);
  }

  private static OptionalDouble tail(double[] sorted, double share, int fewest) {
    return sorted.length < fewest
        ? OptionalDouble.empty()
        : OptionalDouble.of(quantile(sorted, share));
  }

  private static double quantile(double[] sorted, double share) {
    double at = share * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}
