package org.oneshottuner.jobs.stage;

import static org.apache.spark.sql.functions.col;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.spark.api.java.function.FilterFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.oneshottuner.dataset.LeakAudit;
import org.oneshottuner.dataset.Split;
import org.oneshottuner.dataset.SplitTask;
import org.oneshottuner.jobs.conf.EvaluateSettings.SplitBy;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.train.RankedTask;
import org.oneshottuner.workload.TuningTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges the predictor by splits that stand beside unseen tasks and networks, each with a training
 * of its own: easier ones, by other schedules of known tasks, and harder ones, by kinds of operator
 * and by sizes that were not learnt from, and by what was measured later.
 */
final class OtherSplits {
  private static final double LARGEST_SHARE = 0.2;
  private static final Logger LOG = LoggerFactory.getLogger(OtherSplits.class);

  private final Settings settings;
  private final Dataset<Row> rows;
  private final List<SplitTask> tasks;
  private final Progress progress;

  /**
   * Prepares the splits.
   *
   * @param rows to be split
   * @param keys of their tasks
   * @param progress of the trainings
   */
  OtherSplits(Settings settings, Dataset<Row> rows, List<String> keys, Progress progress) {
    this.settings = settings;
    this.rows = rows;
    this.progress = progress;
    tasks = keys.stream().map(key -> new SplitTask(TuningTask.parse(key), List.of())).toList();
  }

  /** Returns how many trainings there are if each split that is asked for has both sides. */
  static long trainings(Settings settings, List<String> keys) {
    long kinds =
        keys.stream().map(key -> TuningTask.parse(key).workload().kind()).distinct().count();
    long splits =
        Stream.of(SplitBy.WITHIN_TASK, SplitBy.UNSEEN_SHAPE, SplitBy.LATER_IN_TIME)
            .filter(settings.evaluate()::judgesBy)
            .count();
    return settings.evaluate().seeds()
        * (splits + (settings.evaluate().judgesBy(SplitBy.UNSEEN_KIND) ? kinds : 0));
  }

  /** Returns the figures of each split that the settings ask for and that has both sides. */
  List<TrainFigures.Judged> judged() {
    List<TrainFigures.Judged> judged = new ArrayList<>();
    if (settings.evaluate().judgesBy(SplitBy.WITHIN_TASK)) {
      within().ifPresent(judged::add);
    }
    if (settings.evaluate().judgesBy(SplitBy.UNSEEN_KIND)) {
      kinds().ifPresent(judged::add);
    }
    if (settings.evaluate().judgesBy(SplitBy.UNSEEN_SHAPE)) {
      Split split = Split.unseenShape(tasks, LARGEST_SHARE);
      judged(split.name(), ranked(split)).ifPresent(judged::add);
    }
    if (settings.evaluate().judgesBy(SplitBy.LATER_IN_TIME)) {
      later().ifPresent(judged::add);
    }
    return judged;
  }

  private Optional<TrainFigures.Judged> judged(String split, List<List<RankedTask>> bySeed) {
    return Judging.judged(split, Learners.name(settings.train()), bySeed);
  }

  /** Every task is on both sides here, and no schedule of it: there is no leak to look for. */
  private Optional<TrainFigures.Judged> within() {
    Map<String, List<String>> schedules = new TreeMap<>();
    for (Row row : rows.select("task", "schedule").collectAsList()) {
      schedules.computeIfAbsent(row.getString(0), task -> new ArrayList<>()).add(row.getString(1));
    }
    Map<String, Set<String>> heldOut = new HashMap<>();
    schedules.forEach(
        (task, all) ->
            heldOut.put(
                task,
                Set.copyOf(
                    Split.heldOutWithinTask(
                        task, all, TrainJob.VALIDATION_SHARE, settings.seed()))));
    FilterFunction<Row> held =
        row ->
            heldOut
                .getOrDefault(row.<String>getAs("task"), Set.of())
                .contains(row.getAs("schedule"));
    FilterFunction<Row> learnt = row -> !held.call(row);
    return judged(
        "within task",
        ranked(TrainingRows.alone(rows.filter(learnt), settings.train()), rows.filter(held)));
  }

  /** Leaves each kind out in turn; its tasks are judged together with those of the others. */
  private Optional<TrainFigures.Judged> kinds() {
    TreeSet<String> kinds = new TreeSet<>();
    tasks.forEach(task -> kinds.add(task.task().workload().kind()));
    List<List<RankedTask>> bySeed = nothing();
    for (String kind : kinds) {
      List<List<RankedTask>> ofKind = ranked(Split.unseenKind(tasks, kind));
      for (int seed = 0; seed < bySeed.size(); seed++) {
        bySeed.get(seed).addAll(ofKind.get(seed));
      }
    }
    return judged("unseen kind", bySeed);
  }

  /** Cuts the time in two where half of the labels are older, and learns from those alone. */
  private Optional<TrainFigures.Judged> later() {
    List<Long> times =
        rows.select("last_micros").orderBy("last_micros").collectAsList().stream()
            .map(row -> row.getLong(0))
            .toList();
    long cut = times.get(times.size() / 2);
    Dataset<Row> early = rows.filter(col("last_micros").lt(cut));
    Set<String> begun = new TreeSet<>();
    early.select("task").distinct().collectAsList().forEach(row -> begun.add(row.getString(0)));
    Split split = Split.laterInTime(tasks, begun, TrainJob.VALIDATION_SHARE, settings.seed());
    List<String> train = split.keys(Split.Side.TRAIN);
    List<String> test = split.keys(Split.Side.TEST);
    LeakAudit.check(train, test);
    Dataset<Row> learnt = TrainJob.of(early, train);
    Dataset<Row> judgedBy = TrainJob.of(rows.filter(col("first_micros").geq(cut)), test);
    LOG.debug("Cut the time at {} of {} labels", early.count(), times.size());
    return judged(
        split.name(),
        train.isEmpty() || learnt.isEmpty() || judgedBy.isEmpty()
            ? untrained()
            : ranked(TrainingRows.alone(learnt, settings.train()), judgedBy));
  }

  private List<List<RankedTask>> ranked(Split split) {
    List<String> train = split.keys(Split.Side.TRAIN);
    List<String> test = split.keys(Split.Side.TEST);
    LeakAudit.check(train, test);
    return train.isEmpty() || test.isEmpty()
        ? untrained()
        : ranked(TrainJob.of(rows, train), TrainJob.of(rows, test));
  }

  /** Leaves a split's trainings out. */
  private List<List<RankedTask>> untrained() {
    progress.fewer(settings.evaluate().seeds());
    return nothing();
  }

  private List<List<RankedTask>> nothing() {
    List<List<RankedTask>> bySeed = new ArrayList<>();
    Learners.seeds(settings).forEach(seed -> bySeed.add(new ArrayList<>()));
    return bySeed;
  }

  private List<List<RankedTask>> ranked(Dataset<Row> train, Dataset<Row> test) {
    LOG.debug("Training for a split");
    Dataset<Row> learnt = Learners.arranged(train, settings.workers()).cache();
    Dataset<Row> judgedBy = test.cache();
    try {
      return Learners.seeds(settings).stream()
          .map(
              one ->
                  Judging.ranked(
                      Learners.xgboost(learnt, one, settings.workers(), progress)
                          .transform(judgedBy)))
          .toList();
    } finally {
      List.of(learnt, judgedBy).forEach(Dataset::unpersist);
    }
  }
}
