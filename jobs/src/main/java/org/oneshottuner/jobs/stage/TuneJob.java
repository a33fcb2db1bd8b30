package org.oneshottuner.jobs.stage;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Draw;
import org.oneshottuner.measure.Request;
import org.oneshottuner.search.OnlineSearch;
import org.oneshottuner.search.SearchAlgorithm;
import org.oneshottuner.search.SearchCurve;
import org.oneshottuner.search.Trial;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.workload.TuningTask;

/**
 * Searches tasks' spaces by measuring, as the baselines do. All searches of all tasks advance side
 * by side, so that the device always has enough kernels to visit in turn. A search that was stopped
 * is run again from its start, over the labels that are there.
 */
public final class TuneJob {
  /** Into which a search divides its trials, so that a model guides all but the first. */
  private static final int ROUNDS = 4;

  /**
   * The least that a search plans at once: fewer trials teach a model too little, and all searches
   * wait for the last label of a round.
   */
  private static final int LEAST_ROUND = 8;

  private final Settings settings;
  private final Measuring measuring;

  /** Prepares the job. */
  public TuneJob(Settings settings, Measuring measuring) {
    this.settings = requireNonNull(settings, "settings");
    this.measuring = requireNonNull(measuring, "measuring");
  }

  /**
   * A search of one task.
   *
   * @param algorithm how it searches
   * @param search what it has tried, and tries next
   */
  record Running(SearchAlgorithm algorithm, OnlineSearch search) {
    TuningTask task() {
      return search.task();
    }

    String name() {
      return algorithm.text();
    }

    Candidate candidate(Schedule schedule) {
      return new Candidate(search.task(), schedule);
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
    List<Running> searched = search(labels, tasks, searches, trials);
    List<Request> finals = new ArrayList<>();
    for (TuningTask task : tasks) {
      finals.add(last(new Candidate(task, Templates.defaultSchedule(task))));
    }
    for (Running running : searched) {
      running
          .search()
          .best()
          .ifPresent(best -> finals.add(last(running.candidate(best.schedule()))));
    }
    Map<String, OptionalDouble> sideBySide = labels.finals(finals);
    List<TuneFigures.Result> results =
        searched.stream().map(running -> result(running, sideBySide)).toList();
    return new TuneFigures(
        results, measuring.labels() - before, measuring.seconds() - secondsBefore);
  }

  /** Runs searches to their ends. */
  List<Running> search(Labels labels, List<TuningTask> tasks, List<String> names, int trials)
      throws InterruptedException {
    List<Running> all = new ArrayList<>();
    int roundTrials = Math.max(LEAST_ROUND, Math.min(OnlineSearch.ROUND_TRIALS, trials / ROUNDS));
    for (TuningTask task : tasks) {
      for (String name : names) {
        SearchAlgorithm algorithm = SearchAlgorithm.named(name);
        all.add(new Running(algorithm, algorithm.search(task, settings.seed(), roundTrials)));
      }
    }
    for (int round = 0; advance(labels, all, new Round(round, roundTrials, trials)); round++) {
      // each round measures what all searches propose
    }
    return all;
  }

  /**
   * A step that all searches take at once.
   *
   * @param number of the rounds before it
   * @param roundTrials that each may make in it
   * @param trials that each may make in all
   */
  private record Round(int number, int roundTrials, int trials) {}

  private boolean advance(Labels labels, List<Running> all, Round round)
      throws InterruptedException {
    Map<Running, List<Schedule>> proposed = new LinkedHashMap<>();
    List<Request> requests = new ArrayList<>();
    for (Running running : all) {
      int left = Math.min(round.roundTrials(), round.trials() - running.search().tried());
      List<Schedule> schedules = left > 0 ? running.search().propose(left) : List.<Schedule>of();
      if (!schedules.isEmpty()) {
        proposed.put(running, schedules);
      }
      for (Schedule schedule : schedules) {
        requests.add(
            new Request(
                running.candidate(schedule),
                new Draw(running.name(), round.number(), settings.seed(), 1, 1)));
      }
    }
    if (proposed.isEmpty()) {
      return false;
    }
    Map<String, OptionalDouble> measured =
        labels.of("search round " + (round.number() + 1), requests);
    proposed.forEach(
        (running, schedules) -> {
          List<Trial> trials = new ArrayList<>();
          for (Schedule schedule : schedules) {
            OptionalDouble nanos =
                measured.getOrDefault(running.candidate(schedule).key(), OptionalDouble.empty());
            trials.add(new Trial(schedule, nanos));
          }
          running.search().report(trials);
        });
    return true;
  }

  private static Request last(Candidate candidate) {
    return new Request(candidate, Draw.chosen(Labels.FINAL));
  }

  private static TuneFigures.Result result(
      Running running, Map<String, OptionalDouble> sideBySide) {
    SearchCurve curve = new SearchCurve(running.search().trials());
    List<OptionalDouble> bestAfter = new ArrayList<>();
    for (int count = 1; count <= curve.trials().size(); count *= 2) {
      bestAfter.add(curve.bestNanosAfter(count));
    }
    return new TuneFigures.Result(
        running.task().workload().text(),
        running.name(),
        curve.trials().size(),
        running
            .search()
            .best()
            .map(fastest -> nanos(running, fastest.schedule(), sideBySide))
            .orElse(OptionalDouble.empty()),
        nanos(running, Templates.defaultSchedule(running.task()), sideBySide),
        running.search().best().map(fastest -> fastest.schedule().text()).orElse("none"),
        bestAfter);
  }

  private static OptionalDouble nanos(
      Running running, Schedule schedule, Map<String, OptionalDouble> labels) {
    return labels.getOrDefault(running.candidate(schedule).key(), OptionalDouble.empty());
  }
}
