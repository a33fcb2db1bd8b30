package org.oneshottuner.jobs.kernels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.oneshottuner.compile.Choice;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.compile.Standing;
import org.oneshottuner.explain.Contributions;
import org.oneshottuner.feature.FeatureColumn;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.jobs.stage.Figures;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.predict.Calibration;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.TuningTask;

/**
 * What was chosen for some tasks, and why.
 *
 * @param model the file that chose
 * @param target canonical text of what was chosen for
 * @param threads that run an operator
 * @param calibratedBy tasks of whose like the picks' regret was told in training
 * @param regretAtMost with 90 % coverage, what a pick for a task like those takes at most over the
 *     best that was measured of one, less one; empty if those are too few to tell
 * @param choices one a task, in their order
 */
public record ChooseFigures(
    String model,
    String target,
    int threads,
    int calibratedBy,
    OptionalDouble regretAtMost,
    List<Chosen> choices)
    implements Figures {
  private static final int SHOWN_DECISIONS = 6;
  private static final int SHOWN_CONTRIBUTIONS = 8;

  /** Contributions below this share of the difference of two scores are not told. */
  private static final double LEAST_SHARE = 1e-3;

  /**
   * What was chosen for a task.
   *
   * @param workload canonical text
   * @param schedule text of the chosen schedule
   * @param template its template
   * @param basis {@code predicted}, or {@code default} where the model has learnt from nothing like
   *     the task
   * @param beyond features of the task that are beyond what it has learnt from
   * @param score predicted; only comparable within the task; larger is faster
   * @param rank among all candidates; 1 where it was predicted to be the best
   * @param candidates how many schedules it was chosen from
   * @param gap how much more another of them may score at most; 0 unless they are too many to prove
   *     that none does
   * @param chooseNanos time to choose, in this process's present state
   * @param defaultSchedule what would be used if nothing were known
   * @param defaultScore predicted
   * @param defaultRank among all candidates
   * @param runnerUpSchedule the best but one; the chosen one where there is no other
   * @param runnerUpScore predicted
   * @param decisions what other decisions would cost, the dearest first
   * @param contributions what moves the score from the default schedule's to the chosen one's, the
   *     largest first; none unless they were asked for
   */
  public record Chosen(
      String workload,
      String schedule,
      String template,
      String basis,
      List<String> beyond,
      float score,
      long rank,
      long candidates,
      double gap,
      long chooseNanos,
      String defaultSchedule,
      float defaultScore,
      long defaultRank,
      String runnerUpSchedule,
      float runnerUpScore,
      List<Decision> decisions,
      List<Contribution> contributions) {
    /** Copies the lists. */
    public Chosen {
      beyond = List.copyOf(beyond);
      decisions = List.copyOf(decisions);
      contributions = List.copyOf(contributions);
    }
  }

  /**
   * What a feature adds to the difference of two scores; all together add up to it.
   *
   * @param feature column of the feature schema
   * @param unit of its values
   * @param chosen its value for the chosen schedule; NaN if missing
   * @param byDefault its value for the default schedule
   * @param moved how much more the chosen schedule scores for it, a Shapley value
   */
  public record Contribution(
      String feature, String unit, double chosen, double byDefault, double moved) {}

  /**
   * A decision, and what another would cost.
   *
   * @param decision {@code template} or a knob
   * @param chosen what was decided
   * @param other the best of the other choices
   * @param scoreLost how much lower the best score with it is
   */
  public record Decision(String decision, String chosen, String other, float scoreLost) {}

  /** Copies the list. */
  public ChooseFigures {
    choices = List.copyOf(choices);
  }

  /**
   * Chooses for each task.
   *
   * @param model its file's name
   * @param tasks of one target and number of threads; not empty
   * @param explain whether to tell what moved the scores
   */
  public static ChooseFigures of(
      OneShotTuner tuner, String model, List<TuningTask> tasks, boolean explain) {
    return new ChooseFigures(
        model,
        tasks.get(0).target().text(),
        tasks.get(0).threads(),
        tuner.model().calibration().tasks(),
        tuner.model().calibration().atMost(Calibration.COVERAGE),
        tasks.stream().map(task -> chosen(tuner, task, explain)).toList());
  }

  private static Chosen chosen(OneShotTuner tuner, TuningTask task, boolean explain) {
    long begin = System.nanoTime();
    Choice choice = tuner.choose(task);
    long nanos = System.nanoTime() - begin;
    Standing fallback = tuner.standing(task, Templates.defaultSchedule(task));
    return new Chosen(
        task.workload().text(),
        choice.schedule().text(),
        choice.schedule().template(),
        choice.basis().name().toLowerCase(Locale.ROOT),
        choice.beyond(),
        choice.score(),
        choice.basis() == Choice.Basis.PREDICTED ? 1 : fallback.rank(),
        choice.candidates(),
        choice.gap(),
        nanos,
        fallback.schedule().text(),
        fallback.score(),
        fallback.rank(),
        choice.runnerUp().text(),
        choice.runnerUpScore(),
        choice.alternatives().stream()
            .map(
                other ->
                    new Decision(
                        other.decision(), other.chosen(), other.other(), other.scoreLost()))
            .toList(),
        explain ? contributions(tuner, task, choice.schedule(), fallback.schedule()) : List.of());
  }

  private static List<Contribution> contributions(
      OneShotTuner tuner, TuningTask task, Schedule chosen, Schedule other) {
    float[] row = row(task, chosen);
    float[] reference = row(task, other);
    double[] moved = Contributions.between(tuner.model().ensemble(), row, reference);
    double least = LEAST_SHARE * Arrays.stream(moved).map(Math::abs).sum();
    List<FeatureColumn> columns = FeatureSchema.CURRENT.columns();
    return IntStream.range(0, moved.length)
        .filter(column -> Math.abs(moved[column]) > least)
        .boxed()
        .sorted(Comparator.comparingDouble(column -> -Math.abs(moved[column])))
        .map(
            column ->
                new Contribution(
                    columns.get(column).name(),
                    columns.get(column).unit(),
                    row[column],
                    reference[column],
                    moved[column]))
        .toList();
  }

  private static float[] row(TuningTask task, Schedule schedule) {
    ScheduleSpace space = Templates.space(task);
    float[] row = new float[FeatureSchema.CURRENT.size()];
    SpaceFeatures.of(task, space).fill(space.indexOf(schedule), 1, row);
    return row;
  }

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (Chosen chosen : choices) {
      if (!lines.isEmpty()) {
        lines.add("");
      }
      lines.addAll(lines(chosen));
    }
    lines.add("");
    lines.addAll(Wrapped.lines("", bound()));
    return lines;
  }

  private String bound() {
    return regretAtMost.isPresent()
        ? String.format(
            Locale.ROOT,
            "A pick is at most %.1f %% slower than the best measured, with %.0f %% coverage"
                + " (%d tasks unseen in training).",
            100 * regretAtMost.getAsDouble(),
            100 * Calibration.COVERAGE,
            calibratedBy)
        : "How far a pick is from the best cannot be bounded: "
            + calibratedBy
            + " tasks unseen in training are too few.";
  }

  private static List<String> lines(Chosen chosen) {
    List<String> lines = new ArrayList<>(Wrapped.lines("", chosen.workload()));
    lines.addAll(Wrapped.lines("  schedule   ", chosen.schedule()));
    lines.addAll(
        Wrapped.lines(
            "  rank       ",
            String.format(
                Locale.ROOT,
                "%d of %,d scored, score %.4f, chosen in %.1f ms",
                chosen.rank(),
                chosen.candidates(),
                chosen.score(),
                chosen.chooseNanos() / 1e6)));
    if (!chosen.beyond().isEmpty()) {
      lines.addAll(
          Wrapped.lines(
              "  basis      ",
              "the default: the model has learnt from nothing like it in "
                  + String.join(", ", chosen.beyond())));
    }
    if (chosen.gap() > 0) {
      lines.addAll(
          Wrapped.lines(
              "  gap        ",
              String.format(Locale.ROOT, "another may score up to %.4f more", chosen.gap())));
    }
    lines.addAll(
        Wrapped.lines(
            "  runner-up  ",
            chosen.runnerUpSchedule().equals(chosen.schedule())
                ? "none: the space has this schedule alone"
                : String.format(
                    Locale.ROOT,
                    "score %.4f; %s",
                    chosen.runnerUpScore(),
                    difference(chosen.runnerUpSchedule(), chosen.schedule()))));
    lines.addAll(
        Wrapped.lines(
            "  default    ",
            String.format(
                Locale.ROOT,
                "rank %,d, score %.4f; %s",
                chosen.defaultRank(),
                chosen.defaultScore(),
                difference(chosen.defaultSchedule(), chosen.schedule()))));
    String label = "  why        ";
    for (Decision decision :
        chosen.decisions().subList(0, Math.min(SHOWN_DECISIONS, chosen.decisions().size()))) {
      lines.addAll(
          Wrapped.lines(
              label,
              String.format(
                  Locale.ROOT,
                  "%s %s: at best %.4f less with %s",
                  decision.decision(),
                  decision.chosen(),
                  decision.scoreLost(),
                  decision.other())));
      label = " ".repeat(label.length());
    }
    label = "  moved by   ";
    for (Contribution contribution :
        chosen
            .contributions()
            .subList(0, Math.min(SHOWN_CONTRIBUTIONS, chosen.contributions().size()))) {
      lines.addAll(
          Wrapped.lines(
              label,
              String.format(
                  Locale.ROOT,
                  "%+.4f %s (%s): %.4g, default %.4g",
                  contribution.moved(),
                  contribution.feature(),
                  contribution.unit(),
                  contribution.chosen(),
                  contribution.byDefault())));
      label = " ".repeat(label.length());
    }
    return lines;
  }

  /** Says how one schedule differs from another, by text. */
  private static String difference(String text, String other) {
    Schedule schedule = Schedule.parse("", text);
    Schedule from = Schedule.parse("", other);
    if (!schedule.template().equals(from.template())) {
      return text;
    }
    List<String> differing =
        schedule.settings().stream()
            .filter(setting -> !from.settings().contains(setting))
            .map(setting -> setting.knob() + "=" + setting.value())
            .toList();
    return differing.isEmpty() ? "the same schedule" : "differs in " + String.join(" ", differing);
  }
}
