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
    if (!judged.isEmpty()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%-16s %-24s %6s %9s %-18s %9s %7s",
              "split",
              "predictor",
              "tasks",
              "regret@1",
              "  within",
              "regret@8",
              "tau"));
    }
    for (Judged one : judged) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%-16s %-24s %6d %8.1f%% %-18s %9s %7s",
              one.split(),
              one.predictor(),
              one.tasks(),
              100 * one.regretAt1(),
              String.format(
                  Locale.ROOT,
                  "(%.1f%% to %.1f%%)",
                  100 * one.regretAt1Low(),
                  100 * one.regretAt1High()),
              shown("%.1f%%", 100, one.regretAt8()),
              shown("%.3f", 1, one.kendallTau())));
    }
    return lines;
  }

  private static String shown(String format, double scale, OptionalDouble figure) {
    return figure.isPresent()
        ? String.format(Locale.ROOT, format, scale * figure.getAsDouble())
        : "-";
  }
}
