package org.oneshottuner.jobs.rows;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.types.DataTypes.DoubleType;
import static org.apache.spark.sql.types.DataTypes.IntegerType;
import static org.apache.spark.sql.types.DataTypes.LongType;
import static org.apache.spark.sql.types.DataTypes.StringType;
import static org.apache.spark.sql.types.DataTypes.TimestampType;

import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.oneshottuner.jobs.storage.TableFormat;
import org.oneshottuner.measure.Canary;
import org.oneshottuner.measure.Draw;
import org.oneshottuner.measure.Label;
import org.oneshottuner.measure.Measurement;
import org.oneshottuner.measure.Outcome;
import org.oneshottuner.measure.Visit;
import org.oneshottuner.workload.TuningTask;

/**
 * The table of measurements, failures among them. Every visit is kept, those before a failure too;
 * {@code label_nanos}, {@code label_spread} and {@code cold_nanos} are derived from the visits and
 * stand beside them for whoever reads the table with other tools. They are as told at the time, by
 * the fastest canary known until then; where labels are compared, {@link #atOneClock} tells all of
 * them anew.
 */
public final class MeasurementRows {
  /** What stands in {@code outcome} where a kernel was timed. */
  public static final String TIMED = "TIMED";

  private static final StructType VISIT =
      new StructType()
          .add("offset_millis", LongType, false)
          .add("cold_nanos", LongType, true)
          .add("calls_per_window", IntegerType, false)
          .add("window_nanos", DataTypes.createArrayType(LongType, false), false)
          .add("runs", LongType, false)
          .add("discarded", LongType, false)
          .add("canary_fma_nanos", LongType, false)
          .add("canary_memory_nanos", LongType, false);

  /** Its columns. */
  public static final TableFormat FORMAT =
      new TableFormat(
          "measurements",
          new StructType()
              .add("task", StringType, false)
              .add("kind", StringType, false)
              .add("target", StringType, false)
              .add("space", StringType, false)
              .add("schedule", StringType, false)
              .add("codegen", StringType, false)
              .add("source_sha256", StringType, false)
              .add("toolchain", StringType, false)
              .add("protocol", StringType, false)
              .add("outcome", StringType, false)
              .add("detail", StringType, true)
              .add("visits", DataTypes.createArrayType(VISIT, false), false)
              .add("quiet_fma_nanos", LongType, true)
              .add("quiet_memory_nanos", LongType, true)
              .add("label_nanos", DoubleType, true)
              .add("label_spread", DoubleType, true)
              .add("cold_nanos", LongType, true)
              .add("flops", LongType, false)
              .add("sampler", StringType, false)
              .add("round", IntegerType, false)
              .add("seed", LongType, false)
              .add("proposal_probability", DoubleType, false)
              .add("inclusion_probability", DoubleType, false)
              .add("measured_at", TimestampType, false),
          List.of("device", "campaign"));

  private MeasurementRows() {}

  /**
   * Returns whether a row is a failure that {@linkplain Outcome.Failed#mayBeChance may be chance}.
   */
  public static Column mayBeChance() {
    Object[] kinds =
        Arrays.stream(Outcome.Kind.values())
            .filter(kind -> new Outcome.Failed(kind, "").mayBeChance())
            .map(Outcome.Kind::name)
            .toArray();
    Column lateCompiler =
        col("outcome")
            .equalTo(Outcome.Kind.BUILD_FAILED.name())
            .and(col("detail").startsWith(Outcome.Failed.LATE_COMPILER));
    return col("outcome").isin(kinds).or(lateCompiler);
  }

  /**
   * Returns the same rows with labels that can be compared: {@code label_nanos} at the clock of the
   * fastest canary of all rows of their device and protocol, as {@link Label#warmNanosAt} tells it.
   *
   * @param measurements rows with the partition columns
   */
  public static Dataset<Row> atOneClock(Dataset<Row> measurements) {
    Dataset<Row> fastest =
        measurements
            .groupBy("device", "protocol")
            .agg(min("quiet_fma_nanos").as("fastest_fma_nanos"));
    return measurements
        .join(broadcast(fastest), new String[] {"device", "protocol"})
        .withColumn(
            "label_nanos",
            col("label_nanos").multiply(col("fastest_fma_nanos")).divide(col("quiet_fma_nanos")))
        .selectExpr(measurements.columns());
  }

  /** Returns the row of a measurement, without the partition columns. */
  public static Row row(Measurement measurement) {
    TuningTask task = measurement.candidate().task();
    Draw draw = measurement.draw();
    Optional<Outcome.Timed> timed =
        measurement.outcome().fold(Optional::of, failed -> Optional.empty());
    Optional<Outcome.Failed> failure =
        measurement.outcome().fold(outcome -> Optional.empty(), Optional::of);
    Optional<Label> label = timed.map(Label::of);
    Object[] values = {
      task.key(),
      task.workload().kind(),
      task.target().name(),
      measurement.candidate().schedule().spaceId(),
      measurement.candidate().schedule().text(),
      measurement.build().codegenVersion(),
      measurement.build().sourceSha256(),
      measurement.build().toolchain(),
      measurement.protocol(),
      failure.map(failed -> failed.kind().name()).orElse(TIMED),
      failure.map(Outcome.Failed::detail).orElse(null),
      visitRows(measurement.outcome().visits()),
      timed.map(one -> one.quiet().fmaNanos()).orElse(null),
      timed.map(one -> one.quiet().memoryNanos()).orElse(null),
      label.map(Label::warmNanos).orElse(null),
      label.map(Label::spread).orElse(null),
      label.flatMap(l -> boxed(l.coldNanos())).orElse(null),
      task.workload().flops(),
      draw.sampler(),
      draw.round(),
      draw.seed(),
      draw.proposalProbability(),
      draw.inclusionProbability(),
      Timestamp.from(measurement.when())
    };
    return RowFactory.create(values);
  }

  /** Returns the measurement of a row, partition columns included. */
  public static Measurement measurement(Row row) {
    return new Measurement(
        CandidateRows.candidate(row),
        CandidateRows.drawOf(row),
        row.getAs("device"),
        row.getAs("protocol"),
        new Measurement.Build(
            row.getAs("codegen"), row.getAs("source_sha256"), row.getAs("toolchain")),
        outcome(row),
        row.<Timestamp>getAs("measured_at").toInstant());
  }

  private static Outcome outcome(Row row) {
    String outcome = row.getAs("outcome");
    return outcome.equals(TIMED)
        ? timed(row)
        : new Outcome.Failed(Outcome.Kind.valueOf(outcome), row.getAs("detail"), visits(row));
  }

  private static Outcome.Timed timed(Row row) {
    return new Outcome.Timed(
        visits(row),
        new Canary(row.<Long>getAs("quiet_fma_nanos"), row.<Long>getAs("quiet_memory_nanos")));
  }

  private static List<Visit> visits(Row row) {
    List<Visit> visits = new ArrayList<>();
    for (Row visit : row.<Row>getList(row.fieldIndex("visits"))) {
      visits.add(visit(visit));
    }
    return visits;
  }

  private static List<Row> visitRows(List<Visit> visits) {
    return visits.stream()
        .map(
            visit ->
                RowFactory.create(
                    visit.offsetMillis(),
                    boxed(visit.coldNanos()).orElse(null),
                    visit.callsPerWindow(),
                    visit.windowNanos(),
                    visit.runs(),
                    visit.discarded(),
                    visit.canary().fmaNanos(),
                    visit.canary().memoryNanos()))
        .toList();
  }

  private static Visit visit(Row row) {
    int cold = row.fieldIndex("cold_nanos");
    return new Visit(
        row.<Long>getAs("offset_millis"),
        row.isNullAt(cold) ? OptionalLong.empty() : OptionalLong.of(row.getLong(cold)),
        row.<Integer>getAs("calls_per_window"),
        List.copyOf(row.<Long>getList(row.fieldIndex("window_nanos"))),
        row.<Long>getAs("runs"),
        row.<Long>getAs("discarded"),
        new Canary(row.<Long>getAs("canary_fma_nanos"), row.<Long>getAs("canary_memory_nanos")));
  }

  private static Optional<Long> boxed(OptionalLong value) {
    return value.isPresent() ? Optional.of(value.getAsLong()) : Optional.empty();
  }
}
