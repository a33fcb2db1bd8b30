package org.oneshottuner.jobs.stage;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
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

  /** Where schedules come from of tasks of which nothing is known. */
  private static final String DEFAULT = "default";

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
   * @param text a line a schedule: the task's key, a tab, where it comes from, a tab and the
   *     schedule's text
   * @param origins a line a task: where its schedules come from
   */
  public record Plan(String text, List<String> origins) {
    /** Copies the list. */
    public Plan {
      requireNonNull(text, "text");
      origins = List.copyOf(origins);
    }
  }

  /** Searches, so that more is known. */
  public TuneFigures search(List<TuningTask> tasks, List<String> searches, int trials)
      throws InterruptedException {
    return new TuneJob(settings, measuring).run(tasks, searches, trials);
  }

  /** Where what is known of tasks comes from. */
  public enum Source {
    /** What was measured before. */
    KNOWN("best known"),
    /** A search of this command's. */
    SEARCH("searched");

    private final String text;

    Source(String text) {
      this.text = text;
    }
  }

  /**
   * Returns what is compared: of each task the schedules that are known as the fastest, or the
   * default of each template where nothing is known.
   */
  public Plan plan(List<TuningTask> tasks, Source source) {
    Map<TuningTask, BestKnown> known = BestKnown.of(measuring, settings, tasks, FINALISTS);
    StringBuilder text = new StringBuilder();
    List<String> origins = new ArrayList<>();
    known.forEach(
        (task, best) -> {
          schedules(task, best)
              .forEach(
                  schedule ->
                      text.append(task.key())
                          .append('\t')
                          .append(best.fastest().isEmpty() ? DEFAULT : source.text)
                          .append('\t')
                          .append(schedule.text())
                          .append('\n'));
          origins.add(
              task.workload().text() + " threads=" + task.threads() + "  <-  " + origin(best));
        });
    return new Plan(text.toString(), origins);
  }

  private static List<Schedule> schedules(TuningTask task, BestKnown best) {
    return best.fastest().isEmpty()
        ? Templates.templateDefaults(task)
        : best.fastest().stream()
            // the least of several that are alike would be less by chance
            .limit(best.confirmed() ? 1 : FINALISTS)
            .map(Candidate::schedule)
            .toList();
  }

  private static String origin(BestKnown best) {
    if (best.fastest().isEmpty()) {
      return best.trials() == 0
          ? "defaults of its templates, nothing is measured"
          : "defaults of its templates, all of " + best.trials() + " trials failed";
    }
    return "best known of "
        + best.trials()
        + (best.trials() == 1 ? " trial, " : " trials, ")
        + (best.confirmed() ? "confirmed" : "not confirmed");
  }
}
