package org.oneshottuner.jobs.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
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
   * @param regretAt1 geometric mean
   * @param regretAt1Low lower end of its interval of 95 %, by a bootstrap over tasks
   * @param regretAt1High upper end
   * @param regretAt8 geometric mean over the tasks of more than eight candidates; empty if there is
   *     none
   * @param kendallTau mean over tasks; empty if it is not defined
   */
  public record Judged(
      String split,
      String predictor,
      int tasks,
      double regretAt1,
      double regretAt1Low,
      double regretAt1High,
      OptionalDouble regretAt8,
      OptionalDouble kendallTau) {}

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
            .figures("regret@1")
            .figures("within")
            .figures("regret@8")
            .figures("tau");
    for (Judged one : judged) {
      table.row(
          one.split(),
          one.predictor(),
          Integer.toString(one.tasks()),
          TextTable.percent(one.regretAt1()),
          TextTable.range(one.regretAt1Low(), one.regretAt1High()),
          TextTable.percent(one.regretAt8()),
          TextTable.fixed(3, one.kendallTau().orElse(Double.NaN)));
    }
    lines.addAll(table.lines());
    return lines;
  }
}
