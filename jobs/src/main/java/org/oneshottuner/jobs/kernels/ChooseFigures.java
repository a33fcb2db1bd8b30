package org.oneshottuner.jobs.kernels;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.oneshottuner.compile.Choice;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.compile.Standing;
import org.oneshottuner.jobs.stage.Figures;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.workload.TuningTask;

/**
 * What was chosen for some tasks, and why.
 *
 * @param model the file that chose
 * @param target canonical text of what was chosen for
 * @param threads that run an operator
 * @param choices one a task, in their order
 */
public record ChooseFigures(String model, String target, int threads, List<Chosen> choices)
    implements Figures {
  private static final int SHOWN_DECISIONS = 6;

  /**
   * What was chosen for a task.
   *
   * @param workload canonical text
   * @param schedule text of the chosen schedule
   * @param template its template
   * @param score predicted; only comparable within the task; larger is faster
   * @param rank 1: the best predicted
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
   */
  public record Chosen(
      String workload,
      String schedule,
      String template,
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
      List<Decision> decisions) {
    /** Copies the list. */
    public Chosen {
      decisions = List.copyOf(decisions);
    }
  }

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
   */
  public static ChooseFigures of(OneShotTuner tuner, String model, List<TuningTask> tasks) {
    return new ChooseFigures(
        model,
        tasks.get(0).target().text(),
        tasks.get(0).threads(),
        tasks.stream().map(task -> chosen(tuner, task)).toList());
  }

  private static Chosen chosen(OneShotTuner tuner, TuningTask task) {
    long begin = System.nanoTime();
    Choice choice = tuner.choose(task);
    long nanos = System.nanoTime() - begin;
    Standing fallback = tuner.standing(task, Templates.defaultSchedule(task));
    return new Chosen(
        task.workload().text(),
        choice.schedule().text(),
        choice.schedule().template(),
        choice.score(),
        1,
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
            .toList());
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
    return lines;
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
