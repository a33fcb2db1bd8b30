package org.oneshottuner.jobs.stage;

import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.report.SplitFigures;
import org.oneshottuner.train.Bootstrap;
import org.oneshottuner.train.LearningCurve;

/**
 * What training gave.
 *
 * @param model the frozen file
 * @param device whose labels were learnt
 * @param tasks that were learnt from
 * @param labels that were learnt from
 * @param leftOut tasks too near to what is judged by
 * @param seconds of wall-clock
 * @param trees of the frozen ensemble
 * @param bytes of the frozen file
 * @param seed that the model was trained with
 * @param judged how each predictor does on tasks held out of a training of their own
 * @param curves how the frozen kind's score on those grows with the labels it learns from
 */
public record TrainFigures(
    String model,
    String device,
    long tasks,
    long labels,
    long leftOut,
    double seconds,
    int trees,
    long bytes,
    long seed,
    List<Judged> judged,
    List<LearningCurve> curves)
    implements Figures {
  /** Copies the list. */
  public TrainFigures {
    judged = List.copyOf(judged);
    curves = List.copyOf(curves);
  }

  /**
   * A predictor on tasks that it has not seen, among the candidates that were measured.
   *
   * @param split the split's name
   * @param predictor its name
   * @param tasks how many
   * @param candidates of a task that are ranked, on average
   * @param regretAt1 geometric mean
   * @param regretAt1Low lower end of its interval of 95 %, by a bootstrap over tasks; empty of too
   *     few tasks
   * @param regretAt1High upper end, likewise
   * @param seedRegrets {@code regretAt1} by each seed of the learner, that of the model which ships
   *     first; one where it was trained with one
   * @param randomRegret geometric mean of what a random one of the same candidates gets
   * @param regretAt8 geometric mean over the tasks of more than eight candidates; empty if there is
   *     none
   * @param kendallTau mean over tasks; empty if it is not defined
   */
  public record Judged(
      String split,
      String predictor,
      int tasks,
      double candidates,
      double regretAt1,
      OptionalDouble regretAt1Low,
      OptionalDouble regretAt1High,
      List<Double> seedRegrets,
      double randomRegret,
      OptionalDouble regretAt8,
      OptionalDouble kendallTau) {
    /** Copies the list. */
    public Judged {
      seedRegrets = List.copyOf(seedRegrets);
    }

    /** Returns the figures by the names that reports know. */
    List<FrozenModel.Metric> metrics() {
      List<FrozenModel.Metric> metrics =
          new ArrayList<>(
              new SplitFigures(tasks, candidates, interval(), seedRegrets, randomRegret).metrics());
      regretAt8.ifPresent(
          regret -> metrics.add(new FrozenModel.Metric(SplitFigures.REGRET_AT_8, regret)));
      kendallTau.ifPresent(tau -> metrics.add(new FrozenModel.Metric(SplitFigures.TAU, tau)));
      return List.copyOf(metrics);
    }

    private Bootstrap.Interval interval() {
      return new Bootstrap.Interval(regretAt1Low, regretAt1, regretAt1High);
    }

    private String seeds() {
      DoubleSummaryStatistics seeds =
          seedRegrets.stream().mapToDouble(Double::doubleValue).summaryStatistics();
      return seeds.getCount() > 1
          ? TextTable.percent(seeds.getAverage())
              + " ("
              + TextTable.range(seeds.getMin(), seeds.getMax())
              + ")"
          : TextTable.UNKNOWN;
    }
  }

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "learnt from %d labels of %d tasks (%d left out) in %.1f s: %d trees, %d bytes -> %s",
            labels,
            tasks,
            leftOut,
            seconds,
            trees,
            bytes,
            model));
    TextTable table =
        new TextTable()
            .words("split")
            .words("predictor")
            .figures("tasks")
            .figures("of")
            .figures("regret@1")
            .figures("within")
            .figures("seeds: mean")
            .figures("random")
            .figures("regret@8")
            .figures("tau");
    for (Judged one : judged) {
      table.row(
          one.split(),
          one.predictor(),
          Integer.toString(one.tasks()),
          TextTable.fixed(1, one.candidates()),
          TextTable.percent(one.regretAt1()),
          TextTable.range(one.interval()),
          one.seeds(),
          TextTable.percent(one.randomRegret()),
          TextTable.percent(one.regretAt8()),
          TextTable.fixed(3, one.kendallTau().orElse(Double.NaN)));
    }
    lines.addAll(table.lines());
    if (!judged.isEmpty()) {
      lines.add(
          "regret@1: geometric mean over tasks of so many measured candidates each, within 95 % of a"
              + " bootstrap over tasks, from "
              + Bootstrap.FEWEST_TASKS
              + " on; random: what a random one of them gets");
      lines.add(
          "seeds: mean, least and most of the learner trained with each; the model that ships is of"
              + " the first, "
              + seed);
    }
    return lines;
  }
}
