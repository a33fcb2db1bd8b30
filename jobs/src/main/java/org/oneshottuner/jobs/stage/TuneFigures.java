package org.oneshottuner.jobs.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What online searches found.
 *
 * @param results of each search on each task
 * @param labels that were measured for it; the others were known
 * @param labelSeconds that took
 */
public record TuneFigures(List<Result> results, long labels, double labelSeconds)
    implements Figures {
  /** Copies the list. */
  public TuneFigures {
    results = List.copyOf(results);
  }

  /**
   * What one search found for one task.
   *
   * @param workload its text
   * @param search its name
   * @param trials that it used
   * @param bestNanos time of the schedule that the search found fastest; NaN if it found none. It
   *     is measured once more in the end, side by side with the default schedule and with what the
   *     other searches found
   * @param defaultNanos time of the default schedule, so measured
   * @param schedule that had the least label while searching
   * @param bestAfter the least label after 1, 2, 4, 8, … trials
   */
  public record Result(
      String workload,
      String search,
      int trials,
      double bestNanos,
      double defaultNanos,
      String schedule,
      List<Double> bestAfter) {
    /** Copies the list. */
    public Result {
      bestAfter = List.copyOf(bestAfter);
    }
  }

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (Result result : results) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%-9s %4d trials  %10.1f us  (default %10.1f us)  %s  <-  %s",
              result.search(),
              result.trials(),
              result.bestNanos() / 1e3,
              result.defaultNanos() / 1e3,
              result.workload(),
              result.schedule()));
    }
    lines.add(String.format(Locale.ROOT, "%d labels in %.1f s", labels, labelSeconds));
    return lines;
  }
}
