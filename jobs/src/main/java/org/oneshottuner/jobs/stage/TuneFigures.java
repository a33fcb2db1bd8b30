package org.oneshottuner.jobs.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

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
   * @param bestNanos time of the schedule that the search found fastest, measured once more in the
   *     end, side by side with the default schedule and with what the other searches found; empty
   *     if it found none, or that failed in the end
   * @param defaultNanos time of the default schedule, so measured; empty if it failed
   * @param schedule that had the least label while searching; {@code none} if all failed
   * @param bestAfter the least label after 1, 2, 4, 8, … trials; empty until one did not fail
   */
  public record Result(
      String workload,
      String search,
      int trials,
      OptionalDouble bestNanos,
      OptionalDouble defaultNanos,
      String schedule,
      List<OptionalDouble> bestAfter) {
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
              "%-9s %4d trials  %10s us  (default %10s us)  %s  <-  %s",
              result.search(),
              result.trials(),
              micros(result.bestNanos()),
              micros(result.defaultNanos()),
              result.workload(),
              result.schedule()));
    }
    lines.add(String.format(Locale.ROOT, "%d labels in %.1f s", labels, labelSeconds));
    return lines;
  }

  private static String micros(OptionalDouble nanos) {
    return nanos.isPresent() ? TextTable.micros(nanos) : "failed";
  }
}
