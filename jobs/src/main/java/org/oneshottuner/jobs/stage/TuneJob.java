package org.oneshottuner.jobs.stage;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Draw;
import org.oneshottuner.measure.Request;
import org.oneshottuner.search.OnlineSearch;
import org.oneshottuner.search.SearchAlgorithm;
import org.oneshottuner.search.Trial;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.workload.TuningTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Searches tasks' spaces by measuring: the baselines, and the yardstick for the best known time.
 * All searches of all tasks advance side by side, so that the device always has enough kernels to
 * visit in turn. A search that was stopped, or is to make more trials, is run again from its start,
 * over the labels that are there.
 */
public final class TuneJob {
  /** Into which a short search divides its trials, so that a model guides all but the first. */
  private static final int ROUNDS = 4;

  /** The least that a search plans at once: fewer trials teach a model too little. */
  private static final int LEAST_ROUND = 8;

  /** From so many trials on all rounds are the same, so that more trials go on where fewer end. */
  private static final int LONG_SEARCH = 2 * OnlineSearch.ROUND_TRIALS;

  /** What a search found fastest, as many: the least label is often the luckiest. */
  private static final int FINALISTS = 5;

  /** How often they are measured once more. */
  private static final int FINAL_TIMES = 2;

  private static final Logger LOG = LoggerFactory.getLogger(TuneJob.class);

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
   * @param trials that it may make
   */
  record Running(SearchAlgorithm algorithm, OnlineSearch search, int trials) {
    TuningTask task() {
      return search.task();
    }

    String name() {
      return algorithm.text();
    }

    Candidate candidate(Schedule schedule) {
      return new Candidate(search.task(), schedule);
    }

    /** Returns how many trials it ends with. */
    int most() {
      return (int) Math.min(trials, search.space().size());
    }

    /** Returns what has the least labels, fastest first. */
    List<Candidate> fastest(int most) {
      return search.trials().stream()
          .filter(trial -> trial.nanos().isPresent())
          .sorted(Comparator.comparingDouble(trial -> trial.nanos().orElseThrow()))
          .limit(most)
          .map(trial -> candidate(trial.schedule()))
          .toList();
    }
  }

  /**
   * Searches, and measures what was found fastest once more, side by side. A space that has no more
   * members than there may be trials is tried whole instead, whatever was asked for.
   *
   * @param searches by name
   * @param trials that each may use of a task
   */
  public TuneFigures run(List<TuningTask> tasks, List<String> searches, int trials)
      throws InterruptedException {
    Labels labels = new Labels(measuring, settings, tasks);
    long before = measuring.labels();
    double secondsBefore = measuring.seconds();
    List<Running> all = new ArrayList<>();
    for (TuningTask task : tasks) {
      boolean whole = Templates.space(task).size() <= trials;
      List<String> names = whole ? List.of(SearchAlgorithm.EXHAUSTIVE.text()) : searches;
      names.forEach(name -> all.add(start(task, name, trials)));
    }
    search(labels, all);
    List<Request> finals = new ArrayList<>();
    for (TuningTask task : tasks) {
      finals.add(last(byDefault(task)));
      all.stream()
          .filter(running -> running.task().equals(task))
          .flatMap(running -> running.fastest(FINALISTS).stream())
          .forEach(candidate -> finals.add(last(candidate)));
    }
    Map<String, OptionalDouble> sideBySide = labels.finals(finals, FINAL_TIMES);
    List<TuneFigures.Result> results =
        all.stream().map(running -> result(running, labels, sideBySide)).toList();
    return new TuneFigures(
        results, measuring.labels() - before, measuring.seconds() - secondsBefore);
  }

  /** Runs searches by name to their ends, all of each task. */
  List<Running> search(Labels labels, List<TuningTask> tasks, List<String> names, int trials)
      throws InterruptedException {
    List<Running> all = new ArrayList<>();
    for (TuningTask task : tasks) {
      names.forEach(name -> all.add(start(task, name, trials)));
    }
    search(labels, all);
    return all;
  }

  private Running start(TuningTask task, String name, int trials) {
    SearchAlgorithm algorithm = SearchAlgorithm.named(name);
    int roundTrials =
        trials >= LONG_SEARCH
            ? OnlineSearch.ROUND_TRIALS
            : Math.max(LEAST_ROUND, Math.min(OnlineSearch.ROUND_TRIALS, trials / ROUNDS));
    return new Running(algorithm, algorithm.search(task, settings.seed(), roundTrials), trials);
  }

  private void search(Labels labels, List<Running> all) throws InterruptedException {
    long trials = all.stream().mapToLong(Running::most).sum();
    try (Progress progress = Progress.of("search", "labels", trials)) {
      SearchQueue queue = new SearchQueue(labels, all, settings.seed(), progress);
      int unfinished = queue.replay();
      LOG.info("{} of {} searches have labels to measure", unfinished, all.size());
      while (queue.hasNext()) {
        labels.measure(queue, queue::done, progress);
      }
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
  }

  private static Candidate byDefault(TuningTask task) {
    return new Candidate(task, Templates.defaultSchedule(task));
  }

  private static Request last(Candidate candidate) {
    return new Request(candidate, Draw.chosen(Labels.FINAL));
  }

  private static TuneFigures.Result result(
      Running running, Labels labels, Map<String, OptionalDouble> sideBySide) {
    List<Trial> trials = running.search().trials();
    List<OptionalDouble> bestAfter = new ArrayList<>();
    OptionalDouble best = OptionalDouble.empty();
    for (int i = 0; i < trials.size(); i++) {
      OptionalDouble nanos = labels.nanos(running.candidate(trials.get(i).schedule()).key());
      if (nanos.isPresent() && nanos.getAsDouble() < best.orElse(Double.POSITIVE_INFINITY)) {
        best = nanos;
      }
      if (Integer.bitCount(i + 1) == 1) {
        bestAfter.add(best);
      }
    }
    Map<Candidate, Double> confirmed = new LinkedHashMap<>();
    for (Candidate candidate : running.fastest(FINALISTS)) {
      nanos(candidate, sideBySide).ifPresent(nanos -> confirmed.put(candidate, nanos));
    }
    Optional<Candidate> winner =
        confirmed.entrySet().stream().min(Map.Entry.comparingByValue()).map(Map.Entry::getKey);
    winner = winner.isPresent() ? winner : running.fastest(1).stream().findFirst();
    return new TuneFigures.Result(
        running.task().workload().text(),
        running.task().threads(),
        running.name(),
        trials.size(),
        trials.stream().filter(trial -> trial.nanos().isEmpty()).count(),
        running.search().space().size(),
        winner.map(one -> labels.nanos(one.key())).orElse(OptionalDouble.empty()),
        winner.map(one -> nanos(one, sideBySide)).orElse(OptionalDouble.empty()),
        nanos(byDefault(running.task()), sideBySide),
        winner.map(one -> one.schedule().text()).orElse("none"),
        bestAfter);
  }

  private static OptionalDouble nanos(Candidate candidate, Map<String, OptionalDouble> labels) {
    return labels.getOrDefault(candidate.key(), OptionalDouble.empty());
  }
}
