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
   * @param threads of the task
   * @param search its name
   * @param trials that it used
   * @param failed how many of them have no time
   * @param members of the task's space
   * @param labelNanos label of {@code schedule} while searching; empty if all failed
   * @param bestNanos time of {@code schedule}, the mean of what it was measured once more in the
   *     end, side by side with other schedules of few nanoseconds, the default schedule, and what
   *     the other searches found; empty if the search found none, or all failed in the end
   * @param defaultNanos time of the default schedule, so measured; empty if it failed
   * @param schedule that was fastest in the end, of those with the least labels while searching;
   *     {@code none} if all failed
   * @param bestAfter the least label after 1, 2, 4, 8, … trials; empty until one did not fail
   */
  public record Result(
      String workload,
      int threads,
      String search,
      int trials,
      long failed,
      long members,
      OptionalDouble labelNanos,
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
              "%-12s %5d trials, %3d failed  label %10s us  confirmed %10s us  (default %10s us)"
                  + "  %s threads=%d  <-  %s",
              result.search(),
              result.trials(),
              result.failed(),
              micros(result.labelNanos()),
              micros(result.bestNanos()),
              micros(result.defaultNanos()),
              result.workload(),
              result.threads(),
              result.schedule()));
    }
    long whole = results.stream().filter(result -> result.trials() == result.members()).count();
    if (whole > 0) {
      lines.add(
          whole + " of " + results.size() + " searches tried the whole space: it is no larger");
    }
    lines.add(String.format(Locale.ROOT, "%d labels in %.1f s", labels, labelSeconds));
    return lines;
  }

  private static String micros(OptionalDouble nanos) {
    return nanos.isPresent() ? TextTable.micros(nanos) : "failed";
  }
}
