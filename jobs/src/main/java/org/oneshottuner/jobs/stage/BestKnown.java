package org.oneshottuner.jobs.stage;

import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.when;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.rows.MeasurementRows;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.TuningTask;

/**
 * What a table of measurements knows of a task's space on its device.
 *
 * @param fastest candidates, fastest first, without those that failed when they were measured once
 *     more; none if nothing was timed
 * @param trials schedules that were measured, those that failed among them
 * @param confirmed whether the fastest was measured once more, side by side with others
 */
record BestKnown(List<Candidate> fastest, long trials, boolean confirmed) {
  /**
   * How much slower than its least label a candidate is thought to be that was not confirmed: of
   * many labels the least is an optimistic one, by about twice their deviation.
   */
  private static final double OPTIMISM = 1 + 2 * MeasureJob.USUAL_LABEL_SD;

  BestKnown {
    fastest = List.copyOf(fastest);
  }

  /**
   * Returns what is known of each task.
   *
   * @param most of the fastest candidates of a task
   */
  static Map<TuningTask, BestKnown> of(
      Measuring measuring, Settings settings, List<TuningTask> tasks, int most) {
    Dataset<Row> measured =
        TrainingRows.comparable(measuring.table().read(measuring.table().snapshot()), settings)
            .filter(col("device").equalTo(measuring.device().fingerprint().id()));
    Column last = col("sampler").equalTo(Labels.FINAL);
    Map<String, List<Row>> rows =
        MeasurementRows.atOneClock(measured)
            .filter(col("task").isin(tasks.stream().map(TuningTask::key).toArray()))
            .withColumn(
                "label_nanos",
                when(col("outcome").equalTo(MeasurementRows.TIMED), col("label_nanos")))
            .groupBy("task", "space", "schedule")
            .agg(
                min(when(not(last), col("label_nanos"))).multiply(OPTIMISM).as("searched"),
                avg(when(last, col("label_nanos"))).as("confirmed"),
                max(last.and(col("label_nanos").isNull())).as("refuted"))
            .withColumn(
                "nanos", when(not(col("refuted")), coalesce(col("confirmed"), col("searched"))))
            .orderBy(col("nanos").asc_nulls_last(), col("schedule"))
            .collectAsList()
            .stream()
            .collect(Collectors.groupingBy(row -> row.getAs("task")));
    Map<TuningTask, BestKnown> known = new LinkedHashMap<>();
    for (TuningTask task : tasks) {
      known.put(task, of(task, rows.getOrDefault(task.key(), List.of()), most));
    }
    return known;
  }

  private static BestKnown of(TuningTask task, List<Row> rows, int most) {
    ScheduleSpace space = Templates.space(task);
    List<Row> members =
        rows.stream().filter(row -> space.id().equals(row.<String>getAs("space"))).toList();
    List<Row> fastest =
        members.stream().filter(row -> !row.isNullAt(row.fieldIndex("nanos"))).limit(most).toList();
    return new BestKnown(
        fastest.stream()
            .map(row -> space.at(space.indexOfText(row.getAs("schedule"))))
            .map(schedule -> new Candidate(task, schedule))
            .toList(),
        members.size(),
        fastest.stream().limit(1).anyMatch(row -> !row.isNullAt(row.fieldIndex("confirmed"))));
  }
}
