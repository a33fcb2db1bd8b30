package org.oneshottuner.jobs.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.oneshottuner.jobs.rows.MeasurementRows;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.report.EvaluationReport;
import org.oneshottuner.report.Figures;
import org.oneshottuner.report.RankGrid;
import org.oneshottuner.train.Bootstrap;
import org.oneshottuner.train.NetworkTask;
import org.oneshottuner.train.NoiseCeiling;
import org.oneshottuner.train.RankedTask;
import org.oneshottuner.train.RankingMetrics;
import org.oneshottuner.workload.Workload;

/** Puts an evaluation's figures on a page. */
final class EvaluateReport {
  private static final int RANK_BINS = 10;
  private static final List<Integer> TOP = List.of(1, 5);
  private static final int CEILING_DRAWS = 50;

  private EvaluateReport() {}

  /** What the page says beside the figures. */
  record Context(FrozenModel model, EvaluateJob.Page page, Figures.Failures failures) {}

  /** Returns how many of some measurements failed. */
  static Figures.Failures failures(Dataset<Row> measurements) {
    long all = 0;
    List<Figures.FailureCount> kinds = new ArrayList<>();
    for (Row row : measurements.groupBy("outcome").count().orderBy("outcome").collectAsList()) {
      all += row.getLong(1);
      if (!row.getString(0).equals(MeasurementRows.TIMED)) {
        kinds.add(new Figures.FailureCount(row.getString(0), row.getLong(1)));
      }
    }
    return new Figures.Failures(all, kinds);
  }

  /**
   * Writes the page.
   *
   * @param layers random candidates of each task, as the model ranks them
   */
  static void write(EvaluateFigures figures, List<NetworkTask> layers, Context context) {
    List<RankedTask> ranked = layers.stream().map(NetworkTask::task).toList();
    // where no random schedule could be timed, there is no order to judge
    Optional<NoiseCeiling> ceiling =
        ranked.isEmpty()
            ? Optional.empty()
            : Optional.of(NoiseCeiling.of(ranked, context.page().labelSd(), CEILING_DRAWS, 1));
    List<FrozenModel.SplitMetrics> splits = new ArrayList<>(context.model().evaluation());
    ceiling.ifPresent(
        one -> {
          splits.add(
              new FrozenModel.SplitMetrics("unseen network, drawn here", metrics(layers, ranked)));
          splits.add(new FrozenModel.SplitMetrics("its noise ceiling", one.metrics().metrics()));
        });
    Figures page =
        new Figures(
            "One-Shot Tuner: picks without measurement",
            String.format(
                Locale.ROOT,
                "%d layers of networks that the model has not seen, the kinds of operator in turn and"
                    + " within a kind as often as its network runs a layer, on this machine; %d"
                    + " labels in %.0f s to judge by. Best known is %s.",
                figures.tasks().size(),
                figures.labels(),
                figures.labelSeconds(),
                figures.bestKnown()),
            headlines(figures),
            figures.baselines().stream()
                .map(
                    way ->
                        new Figures.Baseline(
                            way.name(),
                            way.tasks(),
                            way.failed(),
                            way.regret(),
                            way.p95(),
                            way.p99(),
                            way.slowerThanPick()))
                .toList(),
            context.page().training().curves(),
            ceiling
                .map(one -> OptionalDouble.of(1 / (1 + one.metrics().regretAt1().geometricMean())))
                .orElse(OptionalDouble.empty()),
            figures.seeds().stream()
                .map(seed -> new Figures.SeedRegret(seed.seed(), seed.regret()))
                .toList(),
            regrets(figures),
            RankGrid.of(ranked, RANK_BINS),
            splits,
            picks(figures),
            context.page().samplers(),
            context.failures(),
            context.model().manifest());
    EvaluationReport.write(page, context.page().page());
  }

  private static List<FrozenModel.Metric> metrics(
      List<NetworkTask> layers, List<RankedTask> ranked) {
    List<FrozenModel.Metric> metrics = new ArrayList<>();
    Judging.judged("", "", List.of(ranked)).ifPresent(one -> metrics.addAll(one.metrics()));
    Set<String> known = new TreeSet<>(metrics.stream().map(FrozenModel.Metric::name).toList());
    RankingMetrics.of(ranked).metrics().stream()
        .filter(metric -> !known.contains(metric.name()))
        .forEach(metrics::add);
    for (int k : TOP) {
      metrics.add(
          new FrozenModel.Metric(
              "top-" + k + " score (TenSet)", RankingMetrics.tensetTopK(k, layers)));
      metrics.add(
          new FrozenModel.Metric("top-" + k + " score (TLP)", RankingMetrics.tlpTopK(k, layers)));
    }
    return metrics;
  }

  private static List<Figures.Headline> headlines(EvaluateFigures figures) {
    List<Figures.Headline> headlines = new ArrayList<>();
    List<String> labels =
        List.of("Regret of the pick", "Of the default schedule", "Of a random pick");
    for (int i = 0; i < labels.size(); i++) {
      Bootstrap.Interval regret = figures.baselines().get(i).regret();
      headlines.add(
          new Figures.Headline(
              labels.get(i),
              percent(regret.figure()),
              regret.low().isPresent()
                  ? range(regret.low().getAsDouble(), regret.high().orElseThrow())
                      + ", by a bootstrap over tasks"
                  : "too few tasks for an interval"));
    }
    figures
        .overSeeds()
        .ifPresent(
            over ->
                headlines.add(
                    1,
                    new Figures.Headline(
                        "Mean over " + figures.seeds().size() + " seeds",
                        percent(over.mean()),
                        range(over.least(), over.most())
                            + ", from least to most; the first ships")));
    return headlines;
  }

  private static String range(double low, double high) {
    return percent(low) + " to " + percent(high);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  private static List<Figures.KindRegrets> regrets(EvaluateFigures figures) {
    Map<String, List<Double>> kinds = new TreeMap<>();
    for (EvaluateFigures.Task task : figures.tasks()) {
      kinds
          .computeIfAbsent(Workload.parse(task.workload()).kind(), kind -> new ArrayList<>())
          .add(task.regret());
    }
    List<Figures.KindRegrets> regrets = new ArrayList<>();
    kinds.forEach((kind, values) -> regrets.add(new Figures.KindRegrets(kind, values)));
    return regrets;
  }

  private static List<Figures.TaskPick> picks(EvaluateFigures figures) {
    return figures.tasks().stream()
        .map(
            task ->
                new Figures.TaskPick(
                    task.workload(),
                    task.network(),
                    task.pickNanos(),
                    task.defaultNanos(),
                    task.randomNanos(),
                    task.bestNanos(),
                    task.regret(),
                    task.gflops(),
                    task.shareOfPeak(),
                    task.chooseNanos()))
        .toList();
  }
}
