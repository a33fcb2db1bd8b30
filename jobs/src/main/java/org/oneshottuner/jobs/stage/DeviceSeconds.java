package org.oneshottuner.jobs.stage;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lag;
import static org.apache.spark.sql.functions.least;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.unix_micros;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;
import org.oneshottuner.lower.Templates;

/**
 * How long a device was busy with the measurements of each task, failed ones among them. A device
 * builds, checks and times many kernels side by side, so that a measurement counts the time since
 * the one that was done before it on that device; a longer pause than {@link #PAUSE} is one between
 * two sessions, and counts no more than that.
 */
final class DeviceSeconds {
  /** The most that one measurement counts. */
  static final Duration PAUSE = Duration.ofSeconds(10);

  private static final double MICROS = 1e6;
  private final Map<String, Long> microsByTask;

  private DeviceSeconds(Map<String, Long> microsByTask) {
    this.microsByTask = Map.copyOf(microsByTask);
  }

  /**
   * Adds up what was spent, repeated labels and other versions of the templates left out.
   *
   * @param measurements rows of the table of measurements
   */
  static DeviceSeconds of(Dataset<Row> measurements) {
    WindowSpec inOrder =
        Window.partitionBy("device", "campaign").orderBy("measured_at", "task", "schedule");
    Map<String, Long> micros = new HashMap<>();
    measurements
        .select(
            col("task"),
            col("sampler"),
            col("codegen"),
            least(
                    coalesce(
                        unix_micros(col("measured_at"))
                            .minus(lag(unix_micros(col("measured_at")), 1).over(inOrder)),
                        lit(0L)),
                    lit(PAUSE.toNanos() / 1000))
                .as("micros"))
        .filter(col("sampler").notEqual(MeasureJob.REPEAT))
        .filter(col("codegen").equalTo(Templates.VERSION))
        .groupBy("task")
        .agg(sum("micros"))
        .collectAsList()
        .forEach(row -> micros.put(row.getString(0), row.getLong(1)));
    return new DeviceSeconds(micros);
  }

  /** Returns what the measurements of some tasks took. */
  double of(Collection<String> tasks) {
    return tasks.stream().mapToLong(task -> microsByTask.getOrDefault(task, 0L)).sum() / MICROS;
  }
}
