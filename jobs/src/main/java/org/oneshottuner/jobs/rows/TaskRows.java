package org.oneshottuner.jobs.rows;

import static org.apache.spark.sql.types.DataTypes.IntegerType;
import static org.apache.spark.sql.types.DataTypes.LongType;
import static org.apache.spark.sql.types.DataTypes.StringType;

import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.oneshottuner.jobs.storage.TableFormat;
import org.oneshottuner.sample.TaskDraw;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.TuningTask;

/** The table of tasks that a sample drew. */
public final class TaskRows {
  /** Its columns. */
  public static final TableFormat FORMAT =
      new TableFormat(
          "tasks",
          new StructType()
              .add("task", StringType, false)
              .add("kind", StringType, false)
              .add("target", StringType, false)
              .add("threads", IntegerType, false)
              .add("flops", LongType, false)
              .add("space", StringType, false)
              .add("space_size", LongType, false)
              .add("sampler", StringType, false)
              .add("draw", LongType, false)
              .add("seed", LongType, false),
          List.of());

  private TaskRows() {}

  /** Returns the row of a drawn task. */
  public static Row row(TaskDraw draw, ScheduleSpace space) {
    TuningTask task = draw.task();
    return RowFactory.create(
        task.key(),
        task.workload().kind(),
        task.target().name(),
        task.threads(),
        task.workload().flops(),
        space.id(),
        space.size(),
        draw.sampler(),
        draw.index(),
        draw.seed());
  }
}
