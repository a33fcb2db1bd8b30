package org.oneshottuner.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * What compiling kernels costs, in processor seconds a kernel.
 *
 * @param kernels how many were compiled
 * @param kernelsOfAFile how many a file holds
 * @param medianSeconds of a kernel in a file with others
 * @param percentile99Seconds of a kernel in a file with others
 * @param aloneMedianSeconds of a kernel in a file of its own
 * @param alonePercentile99Seconds of a kernel in a file of its own
 * @param worst the kernels that cost most, in a file with others, the most expensive first
 */
record CompileFigures(
    int kernels,
    int kernelsOfAFile,
    double medianSeconds,
    double percentile99Seconds,
    double aloneMedianSeconds,
    double alonePercentile99Seconds,
    List<Worst> worst) {
  /** What a kernel may cost in the median. */
  static final double MOST_MEDIAN_SECONDS = 0.1;

  /** What all kernels but one of a hundred may cost. */
  static final double MOST_PERCENTILE99_SECONDS = 0.5;

  private static final int WORST = 10;

  CompileFigures {
    worst = List.copyOf(worst);
  }

  /**
   * An expensive kernel.
   *
   * @param task the task's key
   * @param schedule the schedule's text
   * @param seconds in a file with others
   * @param aloneSeconds in a file of its own
   */
  record Worst(String task, String schedule, double seconds, double aloneSeconds) {}

  /** Summarises at least one cost. */
  static CompileFigures of(List<CompileCost> costs, int kernelsOfAFile) {
    return new CompileFigures(
        costs.size(),
        kernelsOfAFile,
        percentile(costs, 0.5, CompileCost::fileSeconds),
        percentile(costs, 0.99, CompileCost::fileSeconds),
        percentile(costs, 0.5, CompileCost::aloneSeconds),
        percentile(costs, 0.99, CompileCost::aloneSeconds),
        costs.stream()
            .sorted(Comparator.comparingDouble(CompileCost::fileSeconds).reversed())
            .limit(WORST)
            .map(CompileFigures::worst)
            .toList());
  }

  private static Worst worst(CompileCost cost) {
    return new Worst(
        cost.candidate().task().key(),
        cost.candidate().schedule().text(),
        cost.fileSeconds(),
        cost.aloneSeconds());
  }

  /** Returns the least seconds that this share of the kernels does not exceed. */
  private static double percentile(
      List<CompileCost> costs, double share, ToDoubleFunction<CompileCost> seconds) {
    double[] sorted = costs.stream().mapToDouble(seconds).sorted().toArray();
    return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
  }

  /** Returns the figures as lines for a person. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%d kernels, %d a file: median %.3f s (at most %.1f), 99th percentile %.3f s (at most"
                + " %.1f); alone: %.3f s, %.3f s",
            kernels,
            kernelsOfAFile,
            medianSeconds,
            MOST_MEDIAN_SECONDS,
            percentile99Seconds,
            MOST_PERCENTILE99_SECONDS,
            aloneMedianSeconds,
            alonePercentile99Seconds));
    for (Worst kernel : worst) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%.3f s, alone %.3f s: %s: %s",
              kernel.seconds(),
              kernel.aloneSeconds(),
              kernel.task(),
              kernel.schedule()));
    }
    return lines;
  }
}
