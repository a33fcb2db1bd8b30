package org.oneshottuner.jobs.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
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
 * and by sizes that were not learnt from.
 */
final class OtherSplits {
  private static final double LARGEST_SHARE = 0.2;
  private static final Logger LOG = LoggerFactory.getLogger(OtherSplits.class);

  private final Settings settings;
  private final Dataset<Row> rows;
  private final List<SplitTask> tasks;

  /**
   * Prepares the splits.
   *
   * @param rows to be split
   * @param keys of their tasks
   */
  OtherSplits(Settings settings, Dataset<Row> rows, List<String> keys) {
    this.settings = settings;
    this.rows = rows;
    tasks = keys.stream().map(key -> new SplitTask(TuningTask.parse(key), List.of())).toList();
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
      Judging.judged(split.name(), Learners.name(settings.train()), ranked(split))
          .ifPresent(judged::add);
    }
    return judged;
  }

  /** Every task is on both sides here, and no schedule of it: there is no leak to look for. */
  private Optional<TrainFigures.Judged> within() {
    long seed = settings.seed();
    FilterFunction<Row> held =
        row ->
            Split.heldOutWithinTask(
                row.getAs("task"), row.getAs("schedule"), TrainJob.VALIDATION_SHARE, seed);
    FilterFunction<Row> learnt = row -> !held.call(row);
    List<RankedTask> ranked = ranked(rows.filter(learnt), rows.filter(held));
    return Judging.judged("within task", Learners.name(settings.train()), ranked);
  }

  /** Leaves each kind out in turn; its tasks are judged together with those of the others. */
  private Optional<TrainFigures.Judged> kinds() {
    TreeSet<String> kinds = new TreeSet<>();
    tasks.forEach(task -> kinds.add(task.task().workload().kind()));
    List<RankedTask> ranked = new ArrayList<>();
    for (String kind : kinds) {
      ranked.addAll(ranked(Split.unseenKind(tasks, kind)));
    }
    return Judging.judged("unseen kind", Learners.name(settings.train()), ranked);
  }

  private List<RankedTask> ranked(Split split) {
    List<String> train = split.keys(Split.Side.TRAIN);
    List<String> test = split.keys(Split.Side.TEST);
    LeakAudit.check(train, test);
    return train.isEmpty() || test.isEmpty()
        ? List.of()
        : ranked(TrainJob.of(rows, train), TrainJob.of(rows, test));
  }

  private List<RankedTask> ranked(Dataset<Row> train, Dataset<Row> test) {
    LOG.debug("Training for a split");
    Dataset<Row> learnt = Learners.arranged(train, settings.workers());
    return Judging.ranked(
        Learners.xgboost(learnt, settings.train(), settings.workers()).transform(test));
  }
}
