package org.oneshottuner.jobs.stage;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.min;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.rows.MeasurementRows;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.TuningTask;

/**
 * The candidates of tasks that a table of measurements knows as the fastest on its device. A least
 * label is an optimistic one: whoever compares takes a few of them and measures once more.
 */
final class BestKnown {
  private BestKnown() {}

  /**
   * Returns the candidates of each task, fastest first; none for a task of which nothing is known.
   *
   * @param most of each task
   */
  static Map<TuningTask, List<Candidate>> of(
      Measuring measuring, Settings settings, List<TuningTask> tasks, int most) {
    Dataset<Row> measured =
        TrainingRows.comparable(measuring.table().read(measuring.table().snapshot()), settings)
            .filter(col("device").equalTo(measuring.device().fingerprint().id()));
    Map<String, List<Row>> rows =
        MeasurementRows.atOneClock(measured)
            .filter(col("outcome").equalTo(MeasurementRows.TIMED))
            .filter(col("task").isin(tasks.stream().map(TuningTask::key).toArray()))
            .groupBy("task", "schedule")
            .agg(min("label_nanos").as("nanos"))
            .orderBy("nanos", "schedule")
            .collectAsList()
            .stream()
            .collect(Collectors.groupingBy(row -> row.getAs("task")));
    Map<TuningTask, List<Candidate>> best = new LinkedHashMap<>();
    for (TuningTask task : tasks) {
      ScheduleSpace space = Templates.space(task);
      best.put(
          task,
          rows.getOrDefault(task.key(), List.of()).stream()
              .limit(most)
              .map(row -> space.at(space.indexOfText(row.getAs("schedule"))))
              .map(schedule -> new Candidate(task, schedule))
              .toList());
    }
    return best;
  }
}
