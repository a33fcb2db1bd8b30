package org.oneshottuner.jobs.stage;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.workload.TuningTask;

/** Finds the schedules that are compared with libraries: by a search, or among what is measured. */
public final class BenchJob {
  /** Of each task: the label that is least by chance is seldom the least twice. */
  private static final int FINALISTS = 3;

  private final Settings settings;
  private final Measuring measuring;

  /** Prepares the job. */
  public BenchJob(Settings settings, Measuring measuring) {
    this.settings = requireNonNull(settings, "settings");
    this.measuring = requireNonNull(measuring, "measuring");
  }

  /**
   * What is compared.
   *
   * @param text a line a schedule: the task's key, a tab and the schedule's text
   * @param untuned tasks that nothing is known of, and of which the default of each template is
   *     compared
   */
  public record Plan(String text, List<TuningTask> untuned) {
    /** Copies the list. */
    public Plan {
      requireNonNull(text, "text");
      untuned = List.copyOf(untuned);
    }
  }

  /** Searches, so that more is known. */
  public TuneFigures search(List<TuningTask> tasks, List<String> searches, int trials)
      throws InterruptedException {
    return new TuneJob(settings, measuring).run(tasks, searches, trials);
  }

  /** Returns what is compared: of each task the schedules that are known as the fastest. */
  public Plan plan(List<TuningTask> tasks) {
    Map<TuningTask, List<Candidate>> known = BestKnown.of(measuring, settings, tasks, FINALISTS);
    StringBuilder text = new StringBuilder();
    known.forEach(
        (task, best) -> {
          List<Schedule> schedules =
              best.isEmpty()
                  ? Templates.templateDefaults(task)
                  : best.stream().map(Candidate::schedule).toList();
          schedules.forEach(
              schedule ->
                  text.append(task.key()).append('\t').append(schedule.text()).append('\n'));
        });
    return new Plan(
        text.toString(),
        tasks.stream().filter(task -> known.getOrDefault(task, List.of()).isEmpty()).toList());
  }
}
