package org.oneshottuner.jobs.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.oneshottuner.train.Bootstrap;

/**
 * How picks without measurement do on tasks of unseen networks.
 *
 * @param tasks one by one
 * @param baselines ways to choose, ours among them, with the geometric mean of their regret
 * @param geomeanRegret of the picks
 * @param geomeanDefaultRegret of the default schedules
 * @param geomeanRandomRegret of random picks
 * @param peakGflops what the shares of peak are of: billions of floating-point operations a second
 *     that the processors of a kernel do, multiply-adds on vectors of the target's width, measured
 *     beside the picks
 * @param labels that were measured for it
 * @param labelSeconds that took
 * @param report the page
 */
public record EvaluateFigures(
    List<Task> tasks,
    List<Way> baselines,
    double geomeanRegret,
    double geomeanDefaultRegret,
    double geomeanRandomRegret,
    double peakGflops,
    long labels,
    double labelSeconds,
    String report)
    implements Figures {
  /** Copies the lists. */
  public EvaluateFigures {
    tasks = List.copyOf(tasks);
    baselines = List.copyOf(baselines);
  }

  /**
   * An unseen task.
   *
   * @param workload its text
   * @param network that has it
   * @param pickNanos measured time of the pick
   * @param bestNanos the least time of all that was measured: the searches' best, and the pick
   * @param defaultNanos time of the default schedule
   * @param randomNanos geometric mean of the times of random schedules: what a random pick takes
   * @param regret {@code pickNanos / bestNanos - 1}
   * @param gflops of the pick: the operations of the operator as it is defined, over its time. A
   *     Winograd kernel does fewer, 2.25 times fewer multiplications at {@code F(2,3)} and 4 times
   *     at {@code F(4,3)}
   * @param shareOfPeak {@code gflops / peakGflops}; so that of a Winograd kernel may pass 1
   * @param chooseNanos how long choosing took
   * @param schedule that was picked
   */
  public record Task(
      String workload,
      String network,
      double pickNanos,
      double bestNanos,
      double defaultNanos,
      double randomNanos,
      double regret,
      double gflops,
      double shareOfPeak,
      long chooseNanos,
      String schedule) {}

  /**
   * A way to choose.
   *
   * @param name what it is called
   * @param regret geometric mean over tasks
   * @param slowerThanPick how much longer its schedules take than our picks of the same tasks,
   *     geometric mean; the interval is that of the ratios, task by task, so that what makes a task
   *     hard for every way does not widen it
   */
  public record Way(String name, Share regret, Share slowerThanPick) {}

  /**
   * A share with its interval of 95 %, by a bootstrap over tasks.
   *
   * @param figure of all tasks
   * @param low lower end
   * @param high upper end
   */
  public record Share(double figure, double low, double high) {
    static Share of(Bootstrap.Interval interval) {
      return new Share(interval.figure(), interval.low(), interval.high());
    }

    Bootstrap.Interval interval() {
      return new Bootstrap.Interval(low, figure, high);
    }
  }

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%-14s %10s %10s %8s %10s %10s %8s %6s %9s  %s",
            "network",
            "pick us",
            "best us",
            "regret",
            "default us",
            "random us",
            "GFLOP/s",
            "peak",
            "choose ms",
            "workload"));
    for (Task task : tasks) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%-14s %10.1f %10.1f %7.1f%% %10.1f %10.1f %8.1f %5.0f%% %9.1f  %s",
              task.network(),
              task.pickNanos() / 1e3,
              task.bestNanos() / 1e3,
              100 * task.regret(),
              task.defaultNanos() / 1e3,
              task.randomNanos() / 1e3,
              task.gflops(),
              100 * task.shareOfPeak(),
              task.chooseNanos() / 1e6,
              task.workload()));
    }
    lines.add("");
    for (Way way : baselines) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%-34s regret %6.1f%%  %-20s slower than the pick by %6.1f%%  (%.1f%% to %.1f%%)",
              way.name(),
              100 * way.regret().figure(),
              String.format(
                  Locale.ROOT,
                  "(%.1f%% to %.1f%%)",
                  100 * way.regret().low(),
                  100 * way.regret().high()),
              100 * way.slowerThanPick().figure(),
              100 * way.slowerThanPick().low(),
              100 * way.slowerThanPick().high()));
    }
    lines.add(
        String.format(
            Locale.ROOT,
            "peak: %.1f GFLOP/s, measured at the target's vector width; operations are counted as"
                + " defined, so Winograd may pass it",
            peakGflops));
    lines.add(
        String.format(
            Locale.ROOT, "%d labels in %.1f s; report: %s", labels, labelSeconds, report));
    return lines;
  }
}
