package org.oneshottuner.jobs.stage;

import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import org.oneshottuner.predict.Calibration;
import org.oneshottuner.train.Bootstrap;
import org.oneshottuner.train.Regrets;

/**
 * How picks without measurement do on tasks of unseen networks.
 *
 * @param tasks one by one
 * @param baselines ways to choose, ours first
 * @param seeds the same learner trained with each seed, that of the model which ships first; none
 *     if it was trained with but one
 * @param geomeanRegret of the picks
 * @param geomeanDefaultRegret of the default schedules
 * @param geomeanRandomRegret of random picks
 * @param peakGflops what the shares of peak are of: billions of floating-point operations a second
 *     that the processors of a kernel do, multiply-adds on vectors of the target's width, measured
 *     beside the picks
 * @param bound what the model's calibration promises of the picks, and whether they keep it
 * @param notJudged tasks of which no schedule could be timed, the default among them
 * @param labels that were measured for it
 * @param labelSeconds that took
 * @param report the page
 */
public record EvaluateFigures(
    List<Task> tasks,
    List<Way> baselines,
    List<Seed> seeds,
    double geomeanRegret,
    double geomeanDefaultRegret,
    double geomeanRandomRegret,
    double peakGflops,
    Bound bound,
    int notJudged,
    long labels,
    double labelSeconds,
    String report)
    implements Figures {
  /** Copies the lists. */
  public EvaluateFigures {
    tasks = List.copyOf(tasks);
    baselines = List.copyOf(baselines);
    seeds = List.copyOf(seeds);
  }

  /**
   * A bound on the regret of picks.
   *
   * @param coverage the least share of tasks, drawn as those of the calibration, that keep it
   * @param calibratedBy tasks unseen in training that it was told from
   * @param regretAtMost the bound; empty if those are too few
   * @param kept the share of the tasks here that keep it; empty if there is no bound
   */
  public record Bound(
      double coverage, int calibratedBy, OptionalDouble regretAtMost, OptionalDouble kept) {
    /** Returns a calibration's bound, and who keeps it. */
    static Bound of(Calibration calibration, double coverage, List<Double> regrets) {
      OptionalDouble most = calibration.atMost(coverage);
      return new Bound(
          coverage,
          calibration.tasks(),
          most,
          most.isPresent()
              ? OptionalDouble.of(
                  (double) regrets.stream().filter(regret -> regret <= most.getAsDouble()).count()
                      / regrets.size())
              : OptionalDouble.empty());
    }

    String line() {
      return regretAtMost.isPresent()
          ? String.format(
              Locale.ROOT,
              "bound: regret of a pick at most %s with %.0f %% coverage, by %d tasks unseen in"
                  + " training; %s of the tasks here keep it",
              TextTable.percent(regretAtMost),
              100 * coverage,
              calibratedBy,
              TextTable.percent(kept))
          : "bound: none, " + calibratedBy + " tasks unseen in training are too few to tell";
    }
  }

  /**
   * An unseen task.
   *
   * @param workload its text
   * @param network that has it
   * @param pickNanos measured time of the pick; empty if the pick failed
   * @param bestNanos the least time of all that was measured side by side: what was chosen, by us,
   *     by searches and by other ways, and random schedules
   * @param measuredSchedules of which the best is one; the space may hold better
   * @param defaultNanos time of the default schedule; empty if that failed
   * @param randomNanos geometric mean of the times of random schedules: what a random pick takes;
   *     empty if none was drawn
   * @param regret {@code pickNanos / bestNanos - 1}; that of the default schedule if the pick
   *     failed
   * @param gflops of the pick: the operations of the operator as it is defined, over its time. A
   *     Winograd kernel does fewer, 2.25 times fewer multiplications at {@code F(2,3)} and 4 times
   *     at {@code F(4,3)}; a direct convolution skips the taps in the padding, which are counted.
   *     Empty if the pick failed
   * @param shareOfPeak {@code gflops / peakGflops}; may pass 1 by fewer operations than are
   *     counted, and because the measured peak may be a percent low
   * @param chooseNanos how long choosing took
   * @param schedule that was picked
   * @param beyond features of the task that are beyond what the model has learnt from: the pick is
   *     the default schedule then
   */
  public record Task(
      String workload,
      String network,
      OptionalDouble pickNanos,
      double bestNanos,
      int measuredSchedules,
      OptionalDouble defaultNanos,
      OptionalDouble randomNanos,
      double regret,
      OptionalDouble gflops,
      OptionalDouble shareOfPeak,
      long chooseNanos,
      String schedule,
      List<String> beyond) {
    /** Copies the list. */
    public Task {
      beyond = List.copyOf(beyond);
    }
  }

  /**
   * A way to choose.
   *
   * @param name what it is called
   * @param tasks that it was judged by: those of which it had something to say, so that a
   *     template's default is judged by the tasks that have the template
   * @param failed tasks for which its choice failed, each counted with the default schedule's time;
   *     of the random pick, schedules
   * @param regret geometric mean over its tasks, with its interval of 95 %, by a bootstrap over
   *     tasks
   * @param median of the regrets
   * @param p95 of the regrets; empty of too few tasks
   * @param p99 of the regrets; empty of too few tasks
   * @param worst of the regrets
   * @param slowerThanPick how much longer its schedules take than our picks of the same tasks,
   *     geometric mean; the interval is that of the ratios, task by task, so that what makes a task
   *     hard for every way does not widen it
   */
  public record Way(
      String name,
      int tasks,
      int failed,
      Bootstrap.Interval regret,
      double median,
      OptionalDouble p95,
      OptionalDouble p99,
      double worst,
      Bootstrap.Interval slowerThanPick) {}

  /**
   * A training of the same learner.
   *
   * @param seed of it
   * @param regret of its picks, geometric mean over the tasks
   */
  public record Seed(long seed, double regret) {}

  /** Returns the mean of the seeds' regrets, the least and the most; empty if there is none. */
  Optional<OverSeeds> overSeeds() {
    DoubleSummaryStatistics all = seeds.stream().mapToDouble(Seed::regret).summaryStatistics();
    return seeds.isEmpty()
        ? Optional.empty()
        : Optional.of(new OverSeeds(all.getAverage(), all.getMin(), all.getMax()));
  }

  /**
   * The seeds' regrets.
   *
   * @param mean of all
   * @param least of them
   * @param most of them
   */
  record OverSeeds(double mean, double least, double most) {}

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>(taskLines());
    lines.add("");
    lines.addAll(wayLines());
    lines.add("");
    overSeeds()
        .ifPresent(
            over ->
                lines.add(
                    "regret of the pick by seed of the training: "
                        + String.join(
                            ", ",
                            seeds.stream()
                                .map(seed -> seed.seed() + " " + TextTable.percent(seed.regret()))
                                .toList())
                        + "; mean "
                        + TextTable.percent(over.mean())
                        + " ("
                        + TextTable.range(over.least(), over.most())
                        + "); the first ships"));
    lines.add(
        "tasks: layers drawn by kind in turn, and within a kind as often as their network runs"
            + " them; each counts once");
    lines.add(
        "regret: time over the best known, less one; a choice that failed counts with the default"
            + " schedule's time; of the random pick, failed schedules are counted");
    lines.add(bound.line());
    long beyond = tasks.stream().filter(task -> !task.beyond().isEmpty()).count();
    lines.add(
        "basis: "
            + (tasks.size() - beyond)
            + " picks predicted, "
            + beyond
            + " by default, their tasks beyond what the model has learnt from");
    lines.add("best known: " + bestKnown() + "; the whole space may hold better");
    lines.add(
        "p95 from "
            + Regrets.FEWEST_FOR_P95
            + " tasks on, p99 from "
            + Regrets.FEWEST_FOR_P99
            + ", intervals from "
            + Bootstrap.FEWEST_TASKS
            + " on");
    lines.add(
        "within: 95 % of a bootstrap over the tasks; that of slower-than-pick is of the ratios to our"
            + " pick, task by task");
    lines.add(
        String.format(
            Locale.ROOT,
            "peak: %.1f GFLOP/s, measured at the target's vector width, perhaps a percent low;"
                + " operations are counted as defined, taps in the padding too: Winograd, and"
                + " direct convolutions that skip padding, may pass it",
            peakGflops));
    if (notJudged > 0) {
      lines.add(notJudged + " more tasks are not judged by: nothing of them could be timed");
    }
    lines.add(
        String.format(
            Locale.ROOT, "%d labels in %.1f s; report: %s", labels, labelSeconds, report));
    return lines;
  }

  /** Returns what the best known times are the best of. */
  String bestKnown() {
    IntSummaryStatistics all = tasks.stream().mapToInt(Task::measuredSchedules).summaryStatistics();
    return all.getMin() == all.getMax()
        ? "the best of " + all.getMax() + " schedules measured of a task"
        : "the best of " + all.getMin() + " to " + all.getMax() + " schedules measured of a task";
  }

  private List<String> taskLines() {
    TextTable table =
        new TextTable()
            .words("network")
            .figures("pick us")
            .figures("best us")
            .figures("regret")
            .figures("default us")
            .figures("random us")
            .figures("GFLOP/s")
            .figures("peak")
            .figures("choose ms")
            .words("workload");
    for (Task task : tasks) {
      table.row(
          task.network(),
          task.pickNanos().isPresent() ? TextTable.micros(task.pickNanos()) : "failed",
          TextTable.micros(OptionalDouble.of(task.bestNanos())),
          TextTable.percent(task.regret()),
          TextTable.micros(task.defaultNanos()),
          TextTable.micros(task.randomNanos()),
          TextTable.fixed(1, task.gflops().orElse(Double.NaN)),
          TextTable.percent(task.shareOfPeak()),
          TextTable.fixed(1, task.chooseNanos() / 1e6),
          task.workload());
    }
    return table.lines();
  }

  private List<String> wayLines() {
    TextTable table =
        new TextTable()
            .words("way of choosing")
            .figures("tasks")
            .figures("failed")
            .figures("regret")
            .figures("within")
            .figures("median")
            .figures("p95")
            .figures("p99")
            .figures("worst")
            .figures("slower than pick")
            .figures("within");
    for (Way way : baselines) {
      table.row(
          way.name(),
          Integer.toString(way.tasks()),
          Integer.toString(way.failed()),
          TextTable.percent(way.regret().figure()),
          TextTable.range(way.regret()),
          TextTable.percent(way.median()),
          TextTable.percent(way.p95()),
          TextTable.percent(way.p99()),
          TextTable.percent(way.worst()),
          TextTable.percent(way.slowerThanPick().figure()),
          TextTable.range(way.slowerThanPick()));
    }
    return table.lines();
  }
}
