package org.oneshottuner.jobs.stage;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Draw;
import org.oneshottuner.measure.Request;
import org.oneshottuner.search.Search;
import org.oneshottuner.search.Searches;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.TuningTask;

/**
 * Searches tasks' spaces by measuring, as the baselines do. All searches of all tasks advance side
 * by side, so that the device always has enough kernels to visit in turn. A search that was stopped
 * is run again from its start, over the labels that are there.
 */
public final class TuneJob {
  private static final int ROUNDS = 4;

  private final Settings settings;
  private final Measuring measuring;

  /** Prepares the job. */
  public TuneJob(Settings settings, Measuring measuring) {
    this.settings = requireNonNull(settings, "settings");
    this.measuring = requireNonNull(measuring, "measuring");
  }

  /** A search of one task, and what it has tried. */
  static final class Running {
    final TuningTask task;
    final ScheduleSpace space;
    final Search search;
    final List<Search.Trial> trials = new ArrayList<>();

    Running(TuningTask task, ScheduleSpace space, Search search) {
      this.task = task;
      this.space = space;
      this.search = search;
    }

    Candidate candidate(long member) {
      return new Candidate(task, space.at(member));
    }

    /** Returns the fastest trial; empty if all failed. */
    List<Search.Trial> best() {
      return trials.stream()
          .filter(trial -> trial.nanos().isPresent())
          .sorted(Comparator.comparingDouble(Search.Trial::speed).reversed())
          .limit(1)
          .toList();
    }
  }

  /**
   * Searches.
   *
   * @param searches by name
   * @param trials that each may use of a task
   */
  public TuneFigures run(List<TuningTask> tasks, List<String> searches, int trials)
      throws InterruptedException {
    Labels labels = new Labels(measuring, settings, tasks);
    long before = measuring.labels();
    double secondsBefore = measuring.seconds();
    List<Request> defaults = new ArrayList<>();
    for (TuningTask task : tasks) {
      defaults.add(
          new Request(
              new Candidate(task, Templates.defaultSchedule(task)), Draw.chosen("default")));
    }
    Map<String, OptionalDouble> defaultLabels = labels.of("default schedules", defaults);
    List<TuneFigures.Result> results = new ArrayList<>();
    for (Running running : search(labels, tasks, searches, trials)) {
      String key = new Candidate(running.task, Templates.defaultSchedule(running.task)).key();
      double ofDefault = defaultLabels.getOrDefault(key, OptionalDouble.empty()).orElse(Double.NaN);
      results.add(result(running, ofDefault));
    }
    return new TuneFigures(
        results, measuring.labels() - before, measuring.seconds() - secondsBefore);
  }

  /** Runs searches to their ends. */
  List<Running> search(Labels labels, List<TuningTask> tasks, List<String> names, int trials)
      throws InterruptedException {
    List<Running> all = new ArrayList<>();
    for (TuningTask task : tasks) {
      ScheduleSpace space = Templates.space(task);
      for (String name : names) {
        all.add(
            new Running(
                task,
                space,
                Searches.named(name, task, space, new Searches.Budget(settings.seed(), trials))));
      }
    }
    int batch = Math.max(1, (trials + ROUNDS - 1) / ROUNDS);
    for (int round = 0; advance(labels, all, new Round(round, batch, trials)); round++) {
      // each round measures what all searches propose
    }
    return all;
  }

  private record Round(int number, int batch, int trials) {}

  private boolean advance(Labels labels, List<Running> all, Round round)
      throws InterruptedException {
    Map<Running, List<Long>> proposed = new LinkedHashMap<>();
    List<Request> requests = new ArrayList<>();
    for (Running running : all) {
      int left = Math.min(round.batch(), round.trials() - running.trials.size());
      List<Long> members =
          left > 0 ? running.search.propose(running.trials, left) : List.<Long>of();
      if (!members.isEmpty()) {
        proposed.put(running, members);
      }
      for (long member : members) {
        requests.add(
            new Request(
                running.candidate(member),
                new Draw(running.search.name(), round.number(), settings.seed(), 1, 1)));
      }
    }
    if (proposed.isEmpty()) {
      return false;
    }
    Map<String, OptionalDouble> measured =
        labels.of("search round " + (round.number() + 1), requests);
    proposed.forEach(
        (running, members) -> {
          for (long member : members) {
            OptionalDouble nanos =
                measured.getOrDefault(running.candidate(member).key(), OptionalDouble.empty());
            running.trials.add(new Search.Trial(member, nanos));
          }
        });
    return true;
  }

  private static TuneFigures.Result result(Running running, double defaultNanos) {
    List<Double> bestAfter = new ArrayList<>();
    double best = Double.POSITIVE_INFINITY;
    int next = 1;
    for (int i = 0; i < running.trials.size(); i++) {
      best = Math.min(best, running.trials.get(i).nanos().orElse(Double.POSITIVE_INFINITY));
      if (i + 1 == next) {
        bestAfter.add(best);
        next *= 2;
      }
    }
    List<Search.Trial> fastest = running.best();
    return new TuneFigures.Result(
        running.task.workload().text(),
        running.search.name(),
        running.trials.size(),
        best,
        defaultNanos,
        fastest.isEmpty() ? "none" : running.space.at(fastest.get(0).member()).text(),
        bestAfter);
  }
}
