package org.oneshottuner.jobs.rows;

import static org.apache.spark.sql.types.DataTypes.DoubleType;
import static org.apache.spark.sql.types.DataTypes.IntegerType;
import static org.apache.spark.sql.types.DataTypes.LongType;
import static org.apache.spark.sql.types.DataTypes.StringType;

import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.oneshottuner.jobs.storage.TableFormat;
import org.oneshottuner.measure.Draw;
import org.oneshottuner.measure.Request;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.workload.TuningTask;

/** The table of candidates that a sample drew: what to measure. */
public final class CandidateRows {
  /** Its columns. */
  public static final TableFormat FORMAT =
      new TableFormat(
          "candidates",
          new StructType()
              .add("task", StringType, false)
              .add("kind", StringType, false)
              .add("target", StringType, false)
              .add("space", StringType, false)
              .add("schedule", StringType, false)
              .add("sampler", StringType, false)
              .add("round", IntegerType, false)
              .add("seed", LongType, false)
              .add("proposal_probability", DoubleType, false)
              .add("inclusion_probability", DoubleType, false),
          List.of());

  private CandidateRows() {}

  /** Returns the row of a candidate and its draw. */
  public static Row row(Request request) {
    TuningTask task = request.candidate().task();
    Schedule schedule = request.candidate().schedule();
    Draw draw = request.draw();
    return RowFactory.create(
        task.key(),
        task.workload().kind(),
        task.target().name(),
        schedule.spaceId(),
        schedule.text(),
        draw.sampler(),
        draw.round(),
        draw.seed(),
        draw.proposalProbability(),
        draw.inclusionProbability());
  }

  /** Returns the candidate and its draw. */
  public static Request request(Row row) {
    return new Request(candidate(row), drawOf(row));
  }

  static Candidate candidate(Row row) {
    return new Candidate(
        TuningTask.parse(row.getAs("task")),
        Schedule.parse(row.getAs("space"), row.getAs("schedule")));
  }

  static Draw drawOf(Row row) {
    return new Draw(
        row.getAs("sampler"),
        row.<Integer>getAs("round"),
        row.<Long>getAs("seed"),
        row.<Double>getAs("proposal_probability"),
        row.<Double>getAs("inclusion_probability"));
  }
}
